"""Makes training_ours.safetensors: what PyTorch makes of the parts of training that are not published:
running mean of weights, cosine learning rate, SSIM as a loss.

    python3 make_training_ours.py

Needs torch and safetensors. Weights and images come from formula.py.
"""
import pathlib

import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F

from formula import wave

DECAY = 0.8  # reached by (1 + u) / (10 + u) at the 35th update
UPDATES = 60
STEPS = 50


def average(out):
    model = nn.BatchNorm1d(6).double()
    mean = torch.optim.swa_utils.AveragedModel(
        model, use_buffers=True,
        avg_fn=lambda mean, now, u: mean + (1 - min(DECAY, (1 + int(u)) / (10 + int(u)))) * (now - mean))
    for update in range(UPDATES):
        with torch.no_grad():
            model.weight.copy_(wave((6,), update))
            model.running_var.copy_(wave((6,), 0.5 + update))
        mean.update_parameters(model)
        if update + 1 in (1, 5, UPDATES):
            out[f"{update + 1}.weight"] = mean.module.weight.detach().clone()
            out[f"{update + 1}.running_var"] = mean.module.running_var.clone()


def cosine(out):
    optimiser = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=0.3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, T_max=STEPS)
    rates = []
    for _ in range(STEPS):
        rates.append(schedule.get_last_lr()[0])
        optimiser.step()
        schedule.step()
    out["cosine"] = torch.tensor(rates, dtype=torch.float64)


def images(phase, side):
    return wave((2, 3, side, side), phase) * 0.5 + 0.5


def ssim(fake, targets):
    """Of every window of 11 x 11 on its own: its pixels in a row, weighted mean, variance, covariance."""
    line = torch.exp(-((torch.arange(11, dtype=torch.float64) - 5) ** 2) / (2 * 1.5**2))
    weights = torch.outer(line, line).flatten()[:, None]
    weights = weights / weights.sum()
    luminance = torch.tensor([0.2125, 0.7154, 0.0721], dtype=torch.float64)[:, None, None]
    x, y = (F.unfold((image * luminance).sum(1, keepdim=True), 11) for image in (fake, targets))
    mx, my = (x * weights).sum(1, keepdim=True), (y * weights).sum(1, keepdim=True)
    vx, vy = ((x - mx) ** 2 * weights).sum(1), ((y - my) ** 2 * weights).sum(1)
    vxy = ((x - mx) * (y - my) * weights).sum(1)
    mx, my, c1, c2 = mx[:, 0], my[:, 0], 0.01**2, 0.03**2
    return ((2 * mx * my + c1) * (2 * vxy + c2) / ((mx**2 + my**2 + c1) * (vx + vy + c2))).mean()


def losses(out):
    fake, targets = images(1.0, 16).requires_grad_(), images(2.0, 16)
    loss = 1 - ssim(fake, targets)
    out["ssim"] = loss.detach()
    out["ssim.gradient"] = torch.autograd.grad(loss, fake)[0][:, :, ::3, ::3].contiguous()


def main():
    out = {}
    average(out)
    cosine(out)
    losses(out)
    path = pathlib.Path(__file__).parent / "training_ours.safetensors"
    save_file(out, path)
    path.chmod(0o644)


if __name__ == "__main__":
    main()
