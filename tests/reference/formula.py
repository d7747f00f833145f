"""Numbers that C++ and Python can both compute, in place of large fixtures (formula.h is its twin)."""
import torch


def wave(shape, phase=0.0):
    """sin(12.9898 i + phase) over the elements in row-major order, float64."""
    count = torch.Size(shape).numel()
    return torch.sin(torch.arange(count, dtype=torch.float64) * 12.9898 + phase).reshape(shape)


def weight(name, shape, phase):
    """A parameter by its name: variance is kept, and a dense layer's rows repeat after 61."""
    if len(shape) == 1:
        near_one = "norm" in name and name.endswith("weight")
        return wave(shape, phase) * 0.1 + (1.0 if near_one else 0.0)
    scale = 2 / (torch.Size(shape).numel() / shape[0]) ** 0.5
    if len(shape) == 4 or shape[0] <= 61:
        return wave(shape, phase) * scale
    rows = wave((61, shape[1]), phase) * scale
    return rows.repeat((shape[0] + 60) // 61, 1)[: shape[0]]


def fill(module):
    """Sets every parameter; its phase is its place in alphabetical order."""
    with torch.no_grad():
        for place, (name, parameter) in enumerate(sorted(module.named_parameters())):
            parameter.copy_(weight(name, tuple(parameter.shape), float(place)))
    return module


def pretrained_weight(name, shape, phase):
    """A weight or buffer of a pretrained network: normalisations near 1, embeddings of the order 1."""
    if name.endswith(("running_var", "gamma")) or (len(shape) == 1 and name.endswith("weight")):
        return 1 + wave(shape, phase) * 0.1
    if "embed" in name and len(shape) != 4 or name.endswith("token"):
        return wave(shape, phase) * 0.5
    return weight(name, shape, phase)


def fill_state(module):
    """Sets all of a pretrained network, in float32 as files have it; the phase is the place among
    the names in order."""
    state = {name: value for name, value in module.state_dict().items() if value.is_floating_point()}
    with torch.no_grad():
        for place, name in enumerate(sorted(state)):
            state[name].copy_(pretrained_weight(name, tuple(state[name].shape), float(place)).float())
    return module


def sample(tensor, stride):
    """Every stride-th element in row-major order."""
    return tensor.detach().flatten()[::stride].clone()
