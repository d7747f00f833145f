"""Makes attention.safetensors: outputs and all gradients of IRFA's attention in PyTorch, with the
whole (n, h, c, y, x) tensors and autograd, in float64.

    python3 make_attention.py

Needs torch and safetensors. Inputs and parameters come from formula.py.
"""
import pathlib
import sys

import torch
from safetensors.torch import save_file

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from formula import fill, sample, wave
from irfa import Attention

N, BINS, STRIDE = 3, 2, 7
# Sensors of each array; not in order, so that arrays are gathered from all over the responses.
ARRAYS = [[0, 4, 5], [1], [2, 3, 6, 7]]
# name: kernel, side, channels, BatchNorm and ReLU, factor on the key weights, absent (sample, array)
CASES = {
    "k1": (1, 7, 4, False, 8, []),
    "k2": (2, 9, 4, False, 8, []),
    "k3": (3, 8, 4, True, 8, []),
    "k4": (4, 11, 6, False, 60, []),
    "k5": (5, 11, 4, False, 8, []),
    "k6": (6, 13, 4, True, 30, []),
    "k7": (7, 15, 4, False, 30, []),
    "small": (7, 4, 4, False, 60, []),  # no pixel has all taps inside
    "far": (4, 11, 6, False, 3000, []),  # beyond what float32's exponentials hold
    "farther": (4, 11, 6, False, 60000, []),  # and float64's
    "absent": (4, 11, 6, False, 60, [(0, 0), (2, 1), (2, 2)]),
}


def main():
    out = {}
    for name, (k, side, c, normalise, gain, missing) in CASES.items():
        model = fill(Attention([len(a) * BINS for a in ARRAYS], c, side, k, normalise).double())
        with torch.no_grad():
            model.key_weight *= gain
        responses = wave((N, sum(map(len, ARRAYS)), BINS)).requires_grad_()
        absent = torch.zeros(N, len(ARRAYS), dtype=torch.bool)
        for sample_, array in missing:
            absent[sample_, array] = True
        maps, weights = model([responses[:, a].flatten(1) for a in ARRAYS], absent)
        (maps * wave(maps.shape, 4.0)).sum().backward()
        out[f"{name}.maps"] = sample(maps, STRIDE)
        out[f"{name}.weights"] = sample(weights, STRIDE * STRIDE)
        out[f"{name}.grad.responses"] = responses.grad
        for key, parameter in model.named_parameters():
            out[f"{name}.grad.{key}"] = sample(parameter.grad, STRIDE if parameter.dim() > 2 else 1)
        scores = model.scores.detach()
        print(name, "scores from", scores.min().item(), "to", scores.max().item())
    save_file({k: v.detach().contiguous() for k, v in out.items()},
              pathlib.Path(__file__).parent / "attention.safetensors")


main()
