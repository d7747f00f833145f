"""Makes gaussian.safetensors: what PyTorch says of the projections `gaussian` and `tuned`, written
as in MonkeySee's Fig. 6, with the whole (n, sensor, y, x) tensor and autograd, in float64.

    python3 make_gaussian.py

Needs torch and safetensors. Inputs come from formula.py.
"""
import pathlib
import sys

import torch
from safetensors.torch import save_file

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from formula import sample, wave

N, SENSORS, BINS, FEATURES, SIDE = 2, 11, 2, 3, 21
GROUPS = [[0, 1, 2, 5], [3, 4], [6, 7, 8, 9, 10]]
STRIDE = 3


def fields():
    x = (wave((SENSORS,), 1.0) * 0.6 + 0.5).requires_grad_()  # some outside the stimulus
    y = (wave((SENSORS,), 2.0) * 0.6 + 0.5).requires_grad_()
    size = (0.02 + 0.15 * wave((SENSORS,), 3.0).abs()).requires_grad_()
    grid = (torch.arange(SIDE, dtype=torch.float64) + 0.5) / SIDE
    distance = (grid[None, None, :] - x[:, None, None]) ** 2 + (grid[None, :, None] - y[:, None, None]) ** 2
    return {"x": x, "y": y, "size": size}, torch.exp(-distance / (2 * size[:, None, None] ** 2))


def keep(name, maps, leaves, out):
    (maps * wave(maps.shape, 4.0)).sum().backward()
    out[f"{name}.maps"] = sample(maps, STRIDE)
    for key, leaf in leaves.items():
        out[f"{name}.grad.{key}"] = leaf.grad.clone()


def main():
    out = {}
    leaves, field = fields()
    leaves["responses"] = wave((N, SENSORS, BINS)).requires_grad_()
    placed = leaves["responses"][:, :, :, None, None] * field[None, :, None]  # (n, sensor, bin, y, x)
    maps = torch.cat([placed[:, group].sum(1) for group in GROUPS], 1)
    keep("gaussian", maps, leaves, out)

    leaves, field = fields()
    leaves["responses"] = wave((N, SENSORS, BINS)).requires_grad_()
    leaves["tuning"] = wave((SENSORS, BINS, FEATURES), 5.0).requires_grad_()
    maps = torch.einsum("nsb,sbc,syx->ncyx", leaves["responses"], leaves["tuning"], field)
    keep("tuned", maps, leaves, out)
    save_file({k: v.detach().contiguous() for k, v in out.items()},
              pathlib.Path(__file__).parent / "gaussian.safetensors")


main()
