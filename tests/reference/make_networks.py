"""Makes networks.safetensors: what PyTorch says of the networks in networks.py, in float64.

    python3 make_networks.py SQUEEZENET_WEIGHTS     (assets/weights/squeezenet1_0.safetensors)

Needs torch and safetensors. Weights and inputs come from formula.py, except SqueezeNet's.
"""
import pathlib
import sys

import torch
from safetensors.torch import load_file, save_file

from formula import fill, sample, wave
from networks import FEATURE_NETWORKS, PatchGan, UNet, normalise

TAPS = {
    "squeezenet": ["features.1", "features.4", "features.12", "classifier.3"],
    "alexnet": ["features.2", "features.9", "classifier.1", "classifier.6"],
    "vgg19": ["features.7", "features.21", "features.34", "classifier.6"],
}


def differentiate(name, module, inputs, out):
    """One training pass: output, gradients of sum(output * wave), running statistics."""
    module = fill(module.double())
    inputs = [x.clone().requires_grad_() for x in inputs]
    output = module(*inputs)
    (output * wave(output.shape, 1.0)).sum().backward()
    out[f"{name}.output"] = sample(output, 17)
    for i, x in enumerate(inputs):
        out[f"{name}.input.{i}"] = sample(x.grad, 17)
    for key, parameter in module.named_parameters():
        out[f"{name}.grad.{key}"] = parameter.grad.clone()
    for key, buffer in module.named_buffers():
        out[f"{name}.buffer.{key}"] = buffer.clone()
    module.eval()
    out[f"{name}.eval"] = sample(module(*inputs), 17)


def read_features(name, module, out):
    module = module.double().eval()
    side = 32 if name == "vgg19" else 64  # to keep the C++ test quick
    images = (wave((1, 3, side, side + 8)) * 0.5 + 0.5).requires_grad_()
    outputs = {}
    for path in TAPS[name]:
        module.get_submodule(path).register_forward_hook(
            lambda _module, _inputs, output, path=path: outputs.__setitem__(path, output))
    module(normalise(images))
    total = sum((outputs[path] * wave(outputs[path].shape, 2.0)).mean() for path in TAPS[name])
    total.backward()
    for path in TAPS[name]:
        out[f"{name}.{path}"] = sample(outputs[path], 1 + outputs[path].numel() // 300)
    out[f"{name}.image_gradient"] = sample(images.grad, 29)


def main():
    out = {}
    differentiate("unet", UNet(3, width=2), [wave((3, 3, 64, 32))], out)
    differentiate("patchgan", PatchGan(5, width=3), [wave((3, 2, 32, 48)), wave((3, 3, 32, 48), 3.0)],
                  out)
    for name, make in FEATURE_NETWORKS.items():
        with torch.device("meta"):
            module = make()
        module = module.to_empty(device="cpu")
        if name == "squeezenet":
            module.load_state_dict(load_file(sys.argv[1]))
        else:
            fill(module)  # in float32, as weights are kept
        read_features(name, module, out)
    path = pathlib.Path(__file__).parent / "networks.safetensors"
    save_file(out, path)
    path.chmod(0o644)


main()
