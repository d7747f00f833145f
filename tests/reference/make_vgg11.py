"""Makes vgg11.safetensors: what PyTorch says of VGG11 (configuration A), in float64.

    python3 make_vgg11.py

Needs torch and safetensors. Weights and inputs come from formula.py.
"""
import pathlib

import torch
from safetensors.torch import save_file
from torch import nn

from formula import fill, sample, wave
from networks import normalise

TAPS = [3, 18]  # of features: the second convolution and the last


def main():
    rows, channels = [], 3
    for width in [64, "M", 128, "M", 256, 256, "M", 512, 512, "M", 512, 512, "M"]:
        if width == "M":
            rows.append(nn.MaxPool2d(2, 2))
        else:
            rows += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU()]
            channels = width
    features = nn.Sequential(*rows)
    fill(features)  # in float32, as weights are kept
    features = features.double()
    images = (wave((1, 3, 32, 40)) * 0.5 + 0.5).requires_grad_()
    outputs = {tap: features[: tap + 1](normalise(images)) for tap in TAPS}
    total = sum((output * wave(output.shape, 2.0)).mean() for output in outputs.values())
    total.backward()
    out = {f"features.{tap}": sample(output, 1 + output.numel() // 300)
           for tap, output in outputs.items()}
    out["image_gradient"] = sample(images.grad, 29)
    save_file(out, pathlib.Path(__file__).parent / "vgg11.safetensors")


main()
