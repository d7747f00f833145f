"""The projection `tuned` as a straight PyTorch module: whole fields, two products, autograd.

Prints milliseconds of forward and backward for the cases of bench_tuned. Threads: OMP_NUM_THREADS.
"""
import json
import statistics
import time

import torch

torch.set_flush_denormal(True)  # the far ends of Gaussians: ten times as slow without it
N, SIDE, FEATURES = 8, 96, 16
SIZES = torch.cat([torch.full((448,), 0.025), torch.full((256,), 0.076), torch.full((256,), 0.173)])


def fields(x, y, size):
    grid = (torch.arange(SIDE) + 0.5) / SIDE
    along_x = torch.exp(-0.5 * ((grid[None] - x[:, None]) / size[:, None]) ** 2)
    along_y = torch.exp(-0.5 * ((grid[None] - y[:, None]) / size[:, None]) ** 2)
    return (along_y[:, :, None] * along_x[:, None, :]).flatten(1)  # (sensor, y x)


def measure(learned, steps=15):
    torch.manual_seed(1)
    x, y = torch.rand(2, len(SIZES))
    leaves = [x.clone(), y.clone(), SIZES.log()]
    for leaf in leaves:
        leaf.requires_grad_(learned)
    tuning = torch.randn(len(SIZES), FEATURES).requires_grad_()
    responses, given = torch.randn(N, len(SIZES)), torch.randn(N, FEATURES, SIDE, SIDE)
    whole = None if learned else fields(x, y, SIZES)
    times = []
    for _ in range(steps):
        began = time.perf_counter()
        field = fields(leaves[0], leaves[1], leaves[2].exp()) if learned else whole
        weights = (responses[:, None, :] * tuning.t()[None]).flatten(0, 1)  # (n feature, sensor)
        (weights @ field).view(N, FEATURES, SIDE, SIDE).backward(given)
        tuning.grad = None
        for leaf in leaves:
            leaf.grad = None
        times.append(1e3 * (time.perf_counter() - began))
    return statistics.median(times[3:])


print(json.dumps({"tuned/free": measure(True), "tuned/frozen": measure(False)}))
