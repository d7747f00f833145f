"""Makes shen.safetensors: the discriminator of Shen et al. (2019), smaller, and their losses, in
PyTorch, in float64.

    python3 make_shen.py

Needs torch and safetensors. Inputs and parameters come from formula.py. Without dropout: only its
shares can be compared.
"""
import pathlib

import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F

from formula import fill, sample, wave

WIDTH, SIDE, STRIDE = 2, 67, 11


class Discriminator(nn.Module):
    """As the prototxt has it, to the two units before the softmax."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, WIDTH, 7, 4)
        self.conv2 = nn.Conv2d(WIDTH, 2 * WIDTH, 5)
        self.conv3 = nn.Conv2d(2 * WIDTH, 4 * WIDTH, 3, 2)
        self.conv4 = nn.Conv2d(4 * WIDTH, 8 * WIDTH, 3)
        self.conv5 = nn.Conv2d(8 * WIDTH, 8 * WIDTH, 3, 2)
        self.dense1 = nn.Linear(8 * WIDTH, 8 * WIDTH)
        self.dense2 = nn.Linear(8 * WIDTH, 2)

    def forward(self, image):
        x = 255 * image - torch.tensor([123.0, 117.0, 104.0], dtype=image.dtype).view(3, 1, 1)
        for conv in (self.conv1, self.conv2, self.conv3, self.conv4, self.conv5):
            x = F.relu(conv(x))
        x = F.adaptive_avg_pool2d(x, 1).flatten(1)
        return self.dense2(F.relu(self.dense1(x)))


def main():
    out = {}
    model = fill(Discriminator().double())
    for label, name in ((0, "shown"), (1, "made")):
        image = (wave((3, 3, SIDE, SIDE)) * 0.5 + 0.5).requires_grad_()
        model.zero_grad()
        loss = F.cross_entropy(model(image), torch.full((3,), label))
        loss.backward()
        out[f"{name}.loss"] = loss.detach()
        out[f"{name}.gradient"] = sample(image.grad, STRIDE)
        for key, parameter in model.named_parameters():
            out[f"{name}.grad.{key}"] = sample(parameter.grad, STRIDE)

    # EuclideanLoss of Caffe on 0..255: sum of squared differences over 2 N.
    fake = (wave((4, 3, 8, 8)) * 0.5 + 0.5).requires_grad_()
    target = wave((4, 3, 8, 8), 1.0) * 0.5 + 0.5
    loss = ((255 * fake - 255 * target) ** 2).sum() / (2 * 4)
    loss.backward()
    out["squares"], out["squares.gradient"] = loss.detach(), sample(fake.grad, STRIDE)
    save_file(out, pathlib.Path(__file__).parent / "shen.safetensors")


main()
