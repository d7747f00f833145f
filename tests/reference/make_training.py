"""Makes training.safetensors: PyTorch's losses, gradients and weights of the training step.

    python3 make_training.py SQUEEZENET_WEIGHTS     (assets/weights/squeezenet1_0.safetensors)

Needs torch and safetensors. Weights and inputs come from formula.py, except SqueezeNet's.
"""
import pathlib
import sys

import torch
from safetensors.torch import load_file, save_file
from torch import nn

from formula import fill, sample, wave
from networks import PatchGan, SqueezeNet, UNet
from training import SQUEEZENET_LAYERS, History, Step, perceptual

SEED = 11
ADVERSARIAL, PERCEPTUAL, PIXEL = 0.3, 0.02, 0.5


def images(phase, shape=(2, 3, 32, 32)):
    return wave(shape, phase) * 0.5 + 0.5


def objective(network, out):
    logits = (wave((2, 1, 3, 3)) * 4).requires_grad_()
    for label in (0, 1):
        loss = nn.functional.binary_cross_entropy_with_logits(
            logits, torch.full_like(logits, label))
        out[f"adversarial.{label}"] = loss.detach()
        out[f"adversarial.{label}.gradient"] = torch.autograd.grad(loss, logits)[0]
    fake, targets = images(1.0).requires_grad_(), images(2.0)
    for distance in ("l1", "l2", "relative"):
        for feature_sum, size in (("mean", 0), ("sum", 40)):
            loss = perceptual(network, fake, targets, SQUEEZENET_LAYERS, distance, feature_sum, size)
            name = f"perceptual.{distance}.{feature_sum}"
            out[name] = loss.detach()
            out[f"{name}.gradient"] = sample(torch.autograd.grad(loss, fake)[0], 17)


def history(out):
    """The numbers of the samples that were used: two new ones at each call."""
    buffer = History(3, torch.Generator().manual_seed(SEED))
    numbers = torch.arange(40).reshape(20, 2, 1, 1, 1)
    out["history"] = torch.stack([buffer(pair).flatten() for pair in numbers])


def stream(seed, purpose):
    """The random generator RunContext::generator gives (64-bit FNV-1a of seed and purpose)."""
    value = 14695981039346656037 ^ (seed * 0x9E3779B97F4A7C15 % 2**64)
    for c in purpose.encode():
        value = (value ^ c) * 1099511628211 % 2**64
    return torch.Generator().manual_seed(value)


def train(network, out):
    projection = fill(nn.Conv2d(4, 3, 1).double())
    unet = fill(UNet(3, width=2, blocks=3).double())
    discriminator = fill(PatchGan(6, width=2).double())
    weights = {"adversarial": ADVERSARIAL, "perceptual": PERCEPTUAL, "pixel": PIXEL}
    step = Step(projection, unet, discriminator, network, weights,
                History(5, stream(SEED, "history buffer")), SQUEEZENET_LAYERS, rate=2e-3)
    modules = {"projection": projection, "unet": unet, "discriminator": discriminator}

    def gradients(*names):
        """Kept the first time an optimiser has used them."""
        for prefix in names:
            for name, parameter in modules[prefix].named_parameters():
                out.setdefault(f"1.grad.{prefix}.{name}", parameter.grad.clone())

    step.discriminator_adam.register_step_post_hook(lambda *_: gradients("discriminator"))
    step.generator_adam.register_step_post_hook(lambda *_: gradients("projection", "unet"))

    for number in range(1, 11):
        losses = step(wave((3, 4, 32, 32), number), images(number + 0.5, (3, 3, 32, 32)), twice=False)
        for name, loss in losses.items():
            out[f"{number}.loss.{name}"] = loss.detach()
        if number in (1, 10):
            for prefix, module in modules.items():
                for name, tensor in module.state_dict().items():
                    out[f"{number}.weight.{prefix}.{name}"] = tensor.clone()


def main():
    network = SqueezeNet()
    network.load_state_dict(load_file(sys.argv[1]))
    network = network.double().eval()
    for name, part in {"objective": objective, "steps": train}.items():
        out = {}
        part(network, out)
        if part is objective:
            history(out)
        path = pathlib.Path(__file__).parent / f"{name}.safetensors"
        save_file(out, path)
        path.chmod(0o644)


if __name__ == "__main__":
    main()
