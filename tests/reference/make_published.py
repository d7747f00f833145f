"""Makes published.safetensors: what PyTorch makes of the options published decoders differ by.

    python3 make_published.py SQUEEZENET_WEIGHTS     (assets/weights/squeezenet1_0.safetensors)

Needs torch and safetensors. Weights and inputs come from formula.py, except SqueezeNet's.
"""
import math
import pathlib
import sys

import torch
from safetensors.torch import load_file, save_file
from torch import nn

from formula import fill, sample, wave
from make_training import SEED, images, stream
from networks import PatchGan, SqueezeNet, UNet
from training import SQUEEZENET_LAYERS, History, Step, perceptual

WEIGHTS = {"adversarial": 0.3, "perceptual": 0.02, "pixel": 0.5}


def objective(network, out):
    """The network's input: resized with aligned corners, not normalised, both."""
    for align_corners in (False, True):
        for normalised in (False, True):
            fake = images(1.0).requires_grad_()
            loss = perceptual(network, fake, images(2.0), SQUEEZENET_LAYERS, size=40,
                              align_corners=align_corners, normalised=normalised)
            name = f"input.{int(align_corners)}.{int(normalised)}"
            out[name] = loss.detach()
            out[f"{name}.gradient"] = sample(torch.autograd.grad(loss, fake)[0], 17)


def step(network, out, name, momentum, **options):
    """Three updates: losses of each, gradients of the first, weights and statistics at the end."""
    modules = {"projection": fill(nn.Conv2d(4, 3, 1).double()),
               "unet": fill(UNet(3, width=2, blocks=3, momentum=momentum).double()),
               "discriminator": fill(PatchGan(6, width=2).double())}
    update = Step(*modules.values(), network, WEIGHTS, History(5, stream(SEED, "history buffer")),
                  SQUEEZENET_LAYERS, rate=2e-3, **options)

    def gradients(*_):
        for prefix in ("projection", "unet"):
            for key, parameter in modules[prefix].named_parameters():
                out.setdefault(f"{name}.grad.{prefix}.{key}", parameter.grad.clone())

    update.generator_adam.register_step_post_hook(gradients)
    for number in range(1, 4):
        losses = update(wave((3, 4, 32, 32), number), images(number + 0.5, (3, 3, 32, 32)), twice=False)
        for key, loss in losses.items():
            out[f"{name}.{number}.loss.{key}"] = loss.detach()
    for prefix, module in modules.items():
        for key, tensor in module.state_dict().items():
            out[f"{name}.weight.{prefix}.{key}"] = tensor.clone()


def initialisation(out):
    """Spreads by PyTorch's own rules: IRFA's init_weights, and how far a module's default reaches."""
    unet = UNet(5, width=8)
    for key, parameter in unet.named_parameters():
        if parameter.dim() == 4:
            fan_out = nn.init._calculate_correct_fan(parameter, "fan_out")
            fan_in = nn.init._calculate_correct_fan(parameter, "fan_in")
            out[f"kaiming.{key}"] = torch.tensor(nn.init.calculate_gain("relu") / math.sqrt(fan_out))
            gain = nn.init.calculate_gain("leaky_relu", math.sqrt(5))  # of reset_parameters
            out[f"default.{key}"] = torch.tensor(math.sqrt(3) * gain / math.sqrt(fan_in))


def main():
    network = SqueezeNet()
    network.load_state_dict(load_file(sys.argv[1]))
    network = network.double().eval()
    out = {}
    objective(network, out)
    step(network, out, "attached", 0.1, detach_maps=False)
    step(network, out, "predicted", 0.9, predicted=True)
    initialisation(out)
    path = pathlib.Path(__file__).parent / "published.safetensors"
    save_file(out, path)
    path.chmod(0o644)


if __name__ == "__main__":
    main()
