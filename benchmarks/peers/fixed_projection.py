"""The peer of fixed_projection.cpp: responses times dense fields, summed over sensors, in PyTorch.

    python3 fixed_projection.py [--rounds 3]

Every sensor has a map of the whole stimulus, as the papers' scripts form it; a batch, an area and a
bin are one multiplication and one sum. Prints the median wall-clock milliseconds of a batch.
Threads: OMP_NUM_THREADS.
"""
import argparse
import json
import statistics
import time

import torch

BATCH, BINS, SENSORS, SIDE, AREAS = 8, 5, 3000, 96, 3


def maps(fields, responses):
    """fields (sensor, y, x) with overlaps averaged, responses (n, sensor, bin) -> (n, bin, y, x)"""
    out = torch.empty(len(responses), responses.shape[2], *fields.shape[1:])
    for i, trial in enumerate(responses):
        for b in range(responses.shape[2]):
            out[i, b] = (trial[:, b, None, None] * fields).sum(0)
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()

    torch.manual_seed(1)
    responses = torch.randn(BATCH, SENSORS, BINS)
    place = torch.rand(SENSORS, 2)
    cells = (torch.arange(SIDE) + 0.5) / SIDE
    result = {}
    for name in ("pixel", "gaussian"):
        if name == "pixel":
            fields = torch.zeros(SENSORS, SIDE, SIDE)
            rows, columns = (place * SIDE).long().unbind(1)
            fields[torch.arange(SENSORS), rows, columns] = 1
        else:
            along = torch.exp(-0.5 * ((cells - place[:, :, None]) / 0.02) ** 2)
            fields = along[:, 0, :, None] * along[:, 1, None, :]
        parts = [fields[i::AREAS] / fields[i::AREAS].sum(0).clamp_min(0.5) for i in range(AREAS)]
        times = []
        for _ in range(options.rounds + 1):
            began = time.perf_counter()
            torch.cat([maps(part, responses[:, i::AREAS]) for i, part in enumerate(parts)], 1)
            times.append(1e3 * (time.perf_counter() - began))
        result[f"fixed_projection/{name}"] = statistics.median(times[1:])
    print(json.dumps(result))


main()
