"""The peer of irfa_step.cpp: the same step in straightforward PyTorch, as published.

    python3 irfa_step.py [--steps 5]

The attention with its whole (n, h, c, y, x) tensors, in front of the step of training_step.py; so it
runs twice a step, as the generator does. Weights are random: they do not change the time. Prints
the median wall-clock milliseconds of a step and of the projection alone (forward and backward), and
the processor's of a step on standard error. Threads: OMP_NUM_THREADS.
"""
import argparse
import json
import pathlib
import sys
import warnings

import torch

from timing import milliseconds

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "tests" / "reference"))
from irfa import ARRAYS, Attention  # noqa: E402
from networks import PatchGan, SqueezeNet, UNet  # noqa: E402
from training import SQUEEZENET_LAYERS, History, Step  # noqa: E402

FEATURES, KERNEL = 16, 4


class Projection(Attention):
    def forward(self, arrays):
        return super().forward(arrays)[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--side", type=int, default=96)
    parser.add_argument("--batch", type=int, default=8)
    options = parser.parse_args()
    warnings.filterwarnings("ignore", message="Using padding='same'")

    torch.manual_seed(1)
    arrays = [torch.randn(options.batch, length) for length in ARRAYS]
    targets = torch.rand(options.batch, 3, options.side, options.side)
    given = torch.randn(options.batch, FEATURES, options.side, options.side)
    projection = Projection(ARRAYS, FEATURES, options.side, KERNEL)
    step = Step(projection, UNet(FEATURES), PatchGan(FEATURES + 3), SqueezeNet().eval(),
                {"adversarial": 0.01, "perceptual": 0.69, "pixel": 0.3},
                History(50, torch.Generator().manual_seed(1)), SQUEEZENET_LAYERS, rate=7.8e-4, detach_maps=False)

    def project():
        projection(arrays).backward(given)
        projection.zero_grad()

    alone, _ = milliseconds(project, options.steps)
    wall, processor = milliseconds(lambda: step(arrays, targets), options.steps)
    print(f"processor: {processor:.1f} ms", file=sys.stderr)
    print(json.dumps({"irfa_step/fp32": wall, "projection": alone}))


main()
