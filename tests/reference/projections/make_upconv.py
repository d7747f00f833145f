"""Makes upconv.safetensors: the generator of Shen et al. (2019) in PyTorch, smaller, in float64:
its images, and samples of all gradients.

    python3 make_upconv.py

Needs torch and safetensors. Inputs and parameters come from formula.py.
"""
import pathlib
import sys

import torch
from safetensors.torch import save_file
from torch import nn

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from formula import fill, sample, wave

INPUTS, HIDDEN, WIDTH, STRIDE = 6, 16, 16, 13


class Shen(nn.Module):
    """Three fully connected layers, then up-convolutions 4/2/1 with convolutions 3/1/1 between them."""

    def __init__(self, base, ups, convolutions):
        super().__init__()
        self.base = base
        for i, (a, b) in enumerate([(INPUTS, HIDDEN), (HIDDEN, HIDDEN), (HIDDEN, WIDTH * base * base)]):
            self.add_module(f"dense{i}", nn.Linear(a, b))
        self.steps = ["dense0", "dense1", "dense2"]
        channels = WIDTH
        for i, up in enumerate(ups):
            self.add_module(f"up{i}", nn.ConvTranspose2d(channels, up, 4, 2, 1))
            self.steps.append(f"up{i}")
            channels = up
            if i < len(convolutions):
                self.add_module(f"convolution{i}", nn.Conv2d(channels, convolutions[i], 3, 1, 1))
                self.steps.append(f"convolution{i}")
                channels = convolutions[i]

    def forward(self, x):
        for i, name in enumerate(self.steps):
            if i == 3:
                x = x.view(len(x), WIDTH, self.base, self.base)
            x = self.get_submodule(name)(x)
            if i + 1 < len(self.steps):
                x = nn.functional.leaky_relu(x, 0.3)
        return x


def main():
    out = {}
    for side, base, ups, convolutions in [(24, 3, [16, 16, 3], [32, 16]),
                                          (256, 4, [16, 16, 8, 4, 2, 3], [32, 16, 8, 4])]:
        model = fill(Shen(base, ups, convolutions).double())
        responses = wave((2, 3, 2)).requires_grad_()
        image = model(responses.flatten(1))
        (image * wave(image.shape, 4.0)).sum().backward()
        out[f"{side}.image"] = sample(image, STRIDE * side)
        out[f"{side}.grad.responses"] = responses.grad.clone()
        for key, parameter in model.named_parameters():
            out[f"{side}.grad.{key}"] = sample(parameter.grad, STRIDE)
    save_file(out, pathlib.Path(__file__).parent / "upconv.safetensors")


main()
