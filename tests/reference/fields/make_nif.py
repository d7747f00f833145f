"""Makes nif.safetensors: what PyTorch says of neural information flow, in float64.

    python3 make_nif.py

Needs torch and safetensors. The network is written from Seeliger et al. 2021 with PyTorch's own
modules, apart from the C++ one; weights and inputs come from ../formula.py.
"""
import pathlib
import sys

import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from formula import wave  # noqa: E402

SIDE, CHANNELS, RANK, SENSORS = 16, 3, 2, (4, 2, 3)


class Nif(nn.Module):
    """Images (n, 1, y, x) or clips (n, 1, t, y, x) to responses (n, sensor)."""

    def __init__(self, clips):
        super().__init__()
        self.clips = clips
        convolution = nn.Conv3d if clips else nn.Conv2d
        one = {"kernel_size": (1, 3, 3), "padding": (0, 1, 1)} if clips else {"kernel_size": 3, "padding": 1}
        self.lgn = convolution(1, 1, **one)
        self.layers = nn.ModuleList(convolution(1 if i == 0 else CHANNELS, CHANNELS, 3, padding=1)
                                    for i in range(3))
        for i, count in enumerate(SENSORS):
            side = SIDE // 2 ** (i + 1)
            for part, shape in (("scale", (count, RANK)), ("x", (count, RANK, side)),
                                ("y", (count, RANK, side)), ("channels", (count, CHANNELS)),
                                ("bias", (count,))):
                self.register_parameter(f"layer{i + 1}_readout_{part}", nn.Parameter(torch.zeros(shape)))

    def forward(self, x):
        x, out = self.lgn(x), []
        for i, layer in enumerate(self.layers):
            x = torch.sigmoid(layer(x))
            x = F.avg_pool3d(x, (1, 2, 2)) if self.clips else F.avg_pool2d(x, 2)
            seen = x.mean(2) if self.clips else x
            get = lambda part: getattr(self, f"layer{i + 1}_readout_{part}")  # noqa: E731,B023
            out.append(get("bias") + torch.einsum(
                "sk,skx,sky,sc,ncyx->ns", F.softplus(get("scale")), get("x").softmax(-1),
                get("y").softmax(-1), get("channels"), seen))
        return torch.cat(out, 1)


def plain_name(name):
    """lgn.weight -> lgn_weight, layers.0.weight -> layer1_weight"""
    parts = name.split(".")
    if parts[0] == "layers":
        return f"layer{int(parts[1]) + 1}_{parts[2]}"
    return "_".join(parts)


def main():
    out = {}
    for name, clips, shape in (("image", False, (3, 1, SIDE, SIDE)), ("clip", True, (2, 1, 4, SIDE, SIDE))):
        module = Nif(clips).double()
        with torch.no_grad():
            named = {plain_name(key): value for key, value in module.named_parameters()}
            for place, key in enumerate(sorted(named)):
                named[key].copy_(wave(named[key].shape, float(place)))
        stimuli = wave(shape).requires_grad_()
        responses = module(stimuli)
        (responses * wave(responses.shape, 1.0)).sum().backward()
        out[f"{name}.output"] = responses.detach()
        out[f"{name}.input"] = stimuli.grad
        for key, parameter in named.items():
            out[f"{name}.grad.{key}"] = parameter.grad
    path = pathlib.Path(__file__).parent / "nif.safetensors"
    save_file(out, path)
    path.chmod(0o644)


main()
