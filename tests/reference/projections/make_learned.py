"""Makes learned.safetensors: Brain2Pix's learned receptive fields (Eq. 4) in PyTorch, in float64:
maps and gradients, with and without the fixed map, full and of rank 2.

    python3 make_learned.py

Needs torch and safetensors. Inputs and parameters come from formula.py.
"""
import pathlib
import sys

import torch
from safetensors.torch import save_file
from torch import nn

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from formula import fill, sample, wave

SIDE, STRIDE = 8, 3
ROIS = [[0, 2, 3], [1, 4]]
PLACE = [(0.1, 0.3), (0.6, 0.6), (0.12, 0.3), None, (0.9, 0.05)]


def fixed(signals, roi):
    """Eq. 2 as it stands: each pixel is the mean of the voxels whose field it is."""
    maps = torch.zeros(signals.shape[0], SIDE, SIDE, dtype=signals.dtype)
    counts = torch.zeros(SIDE, SIDE)
    for column, voxel in enumerate(roi):
        if PLACE[voxel] is not None:
            x, y = (int(c * SIDE) for c in PLACE[voxel])
            mark = torch.zeros(SIDE, SIDE, dtype=signals.dtype)
            mark[y, x] = 1
            maps = maps + signals[:, column, None, None] * mark
            counts[y, x] += 1
    return maps / counts.clamp(min=1)


class Learned(nn.Module):
    def __init__(self, base, rank):
        super().__init__()
        self.base, self.rank = base, rank
        for g, roi in enumerate(ROIS):
            if rank:
                setattr(self, f"down_{g}", nn.Parameter(torch.zeros(rank, len(roi))))
            setattr(self, f"weight_{g}", nn.Parameter(torch.zeros(SIDE * SIDE, rank or len(roi))))
            setattr(self, f"bias_{g}", nn.Parameter(torch.zeros(SIDE * SIDE)))

    def forward(self, responses):
        maps = []
        for g, roi in enumerate(ROIS):
            for bin in range(responses.shape[2]):
                signals = responses[:, roi, bin]
                weight = getattr(self, f"weight_{g}")
                if self.rank:
                    weight = weight @ getattr(self, f"down_{g}")
                dense = signals @ weight.T + getattr(self, f"bias_{g}")
                dense = dense.view(-1, SIDE, SIDE)
                maps.append(dense + fixed(signals, roi) if self.base == "fixed" else dense)
        return torch.stack(maps, 1)


def main():
    out = {}
    for base in ("fixed", "none"):
        for rank in (0, 2):
            model = fill(Learned(base, rank).double())
            responses = wave((3, 5, 2)).requires_grad_()
            maps = model(responses)
            (maps * wave(maps.shape, 4.0)).sum().backward()
            name = f"{base}.{rank}"
            out[f"{name}.maps"] = maps.detach().clone()
            out[f"{name}.grad.responses"] = responses.grad.clone()
            for key, parameter in model.named_parameters():
                out[f"{name}.grad.{key}"] = sample(parameter.grad, STRIDE)
    save_file(out, pathlib.Path(__file__).parent / "learned.safetensors")


main()
