"""Makes fully_connected.safetensors: the generator of Brain2Pix's fully connected baseline in
PyTorch, smaller, in float64: its image, and samples of all gradients.

    python3 make_fully_connected.py

Needs torch and safetensors. Inputs and parameters come from formula.py. Without dropout: only its
shares can be compared.
"""
import pathlib

import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F

from formula import fill, sample, wave

WIDTHS = [(36864, 73728), (147456, 294912), (589824, 1179648), (2949, 5898)]
DIVISOR, SIDE, STRIDE = 20000, 8, 7


class Skip(nn.Module):
    def __init__(self, inputs, level=0):
        super().__init__()
        down, up = (max(1, width // DIVISOR) for width in WIDTHS[level])
        self.down = nn.Linear(inputs, down)
        if level + 1 < len(WIDTHS):
            self.inner = Skip(down, level + 1)
            self.up = nn.Linear(self.inner.outputs, up)
        else:
            self.inner = nn.Identity()
            self.up = nn.Linear(down, up)
        self.outputs = inputs + up

    def forward(self, x):
        y = self.up(self.inner(F.leaky_relu(self.down(x), 0.2)))
        return F.relu(torch.cat([x, y], 1))


class FullyConnected(nn.Module):
    def __init__(self, channels):
        super().__init__()
        first = max(1, 1475 // DIVISOR)
        self.first = nn.Linear(channels * SIDE * SIDE, first)
        self.block = Skip(first)
        self.last = nn.Linear(self.block.outputs, 3 * SIDE * SIDE)

    def forward(self, maps):
        x = F.leaky_relu(self.first(maps.flatten(1)), 0.2)
        return torch.sigmoid(self.last(self.block(x))).view(-1, 3, SIDE, SIDE)


def main():
    model = fill(FullyConnected(2).double())
    maps = wave((4, 2, SIDE, SIDE)).requires_grad_()
    image = model(maps)
    (image * wave(image.shape, 4.0)).sum().backward()
    out = {"image": sample(image, STRIDE), "grad.maps": sample(maps.grad, STRIDE)}
    for key, parameter in model.named_parameters():
        out[f"grad.{key}"] = sample(parameter.grad, STRIDE)
    save_file(out, pathlib.Path(__file__).parent / "fully_connected.safetensors")


main()
