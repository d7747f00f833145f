"""The peer of training_step.cpp: the same step in straightforward PyTorch, as published.

    python3 training_step.py [--steps 20]

One SqueezeNet prefix pass per layer and image, its weights not frozen, the target in the graph, the
generator run twice, torch.optim.Adam. Weights are random: they do not change the time. Prints the
median wall-clock milliseconds of a step, and the processor's on standard error. Threads:
OMP_NUM_THREADS.
"""
import argparse
import json
import pathlib
import sys

import torch

from timing import milliseconds

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "tests" / "reference"))
from networks import PatchGan, SqueezeNet, UNet  # noqa: E402
from training import SQUEEZENET_LAYERS, History, Step  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--side", type=int, default=64)
    parser.add_argument("--batch", type=int, default=8)
    options = parser.parse_args()

    torch.manual_seed(1)
    shape = (options.batch, 15, options.side, options.side)
    maps, targets = torch.rand(shape), torch.rand(options.batch, 3, *shape[2:])
    step = Step(torch.nn.Identity(), UNet(15), PatchGan(18), SqueezeNet().eval(),
                {"adversarial": 0.01, "perceptual": 1.0, "pixel": 0.5},
                History(50, torch.Generator().manual_seed(1)), SQUEEZENET_LAYERS)
    wall, processor = milliseconds(lambda: step(maps, targets), options.steps)
    print(f"processor: {processor:.1f} ms", file=sys.stderr)
    print(json.dumps({"training_step/fp32": wall}))


main()
