"""The peer of attention.cpp: IRFA's attention in PyTorch as published, with the whole
(n, h, c, y, x) tensors.

    python3 attention.py [--steps 5]

Prints the median wall-clock milliseconds of forward and backward; the peak memory of the process,
over that before the first step, on standard error. Threads: OMP_NUM_THREADS.
"""
import argparse
import json
import pathlib
import resource
import statistics
import sys
import time
import warnings

import torch

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "tests" / "reference"))
from irfa import ARRAYS, Attention  # noqa: E402


def peak_mib():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--features", type=int, default=64)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args()
    warnings.filterwarnings("ignore", message="Using padding='same'")

    torch.manual_seed(1)
    model = Attention(ARRAYS, options.features, 64, 4).to(options.device)
    arrays = [torch.randn(options.batch, length, device=options.device) for length in ARRAYS]
    given = torch.randn(options.batch, options.features, 64, 64, device=options.device)
    before, times = peak_mib(), []
    for _ in range(options.steps + 1):
        began = time.perf_counter()
        model(arrays)[0].backward(given)
        model.zero_grad()
        if options.device != "cpu":
            torch.cuda.synchronize()
        times.append(1e3 * (time.perf_counter() - began))
    print(f"peak memory over that before: {peak_mib() - before:.0f} MiB", file=sys.stderr)
    print(json.dumps({"attention/64": statistics.median(times[1:])}))


main()
