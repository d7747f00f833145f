"""The library's networks, losses and metrics as operators of torch.library, so that torch.compile
and torch.export keep them in their graphs whole, with the kernels of the library inside.

An operator is told what it runs by its recipe, JSON of a name in `makers` and its arguments, so that
an exported program finds it again in another process. Tensors a network learns are passed to it;
nothing random happens in them. The backward pass runs the network once more, as checkpoints do.
"""
import json
import threading
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

import torch

# By name, what makes things with parameters(), buffers(), train(on) and forward(inputs).
makers: dict[str, Callable[..., Any]] = {}
_lock = threading.Lock()  # what is made is shared, and lent the tensors of one call at a time


class Function:
    """A function of tensors as the networks are: it has learned nothing."""

    def __init__(self, function):
        self._function = function

    def parameters(self):
        return []

    buffers = parameters

    def train(self, on):
        pass

    def forward(self, inputs):
        return self._function(*inputs)


def recipe(name, **arguments):
    """What `run` is told to run: makers[name](**arguments)."""
    return json.dumps([name, arguments])


@cache
def made(text):
    """What a recipe makes; the same for the same."""
    name, arguments = json.loads(text)
    return makers[name](**arguments)


@contextmanager
def _lent(recipe, parameters, buffers, training):
    """The network of a recipe, with these tensors for its own until the end."""
    with _lock:
        network = made(recipe)
        own = [tensor for _, tensor in (*network.parameters(), *network.buffers())]
        for mine, given in zip(own, (*parameters, *buffers), strict=True):
            mine.data = given.detach()
        network.train(training)
        try:
            yield network
        finally:
            for mine in own:
                mine.data = mine.data.new_empty(0)


@torch.library.custom_op("afterimage::run", mutates_args=())
def run(recipe: str, inputs: Sequence[torch.Tensor], parameters: Sequence[torch.Tensor],
        buffers: Sequence[torch.Tensor], moving: Sequence[int], training: bool,
        shape: Sequence[int], dtype: torch.dtype) -> list[torch.Tensor]:
    """[what is made of the inputs, of `shape` and `dtype`, and the buffers in the rows `moving` as
    they are afterwards]."""
    now = [buffer.clone() if i in moving else buffer for i, buffer in enumerate(buffers)]
    with _lent(recipe, parameters, now, training) as network, torch.no_grad():
        output = network.forward(list(inputs)).contiguous()
    return [output, *(now[i] for i in moving)]


@run.register_fake
def _(recipe, inputs, parameters, buffers, moving, training, shape, dtype):
    return [inputs[0].new_empty(shape, dtype=dtype),
            *(torch.empty_like(buffers[i]) for i in moving)]


@torch.library.custom_op("afterimage::gradients", mutates_args=())
def gradients(recipe: str, given: torch.Tensor, inputs: Sequence[torch.Tensor],
              parameters: Sequence[torch.Tensor], buffers: Sequence[torch.Tensor], training: bool,
              wanted: Sequence[int]) -> list[torch.Tensor]:
    """Of [*inputs, *parameters], those in the rows `wanted`: their gradients, given that of what
    `run` makes."""
    differentiable = torch._C._SetExcludeDispatchKeyGuard(
        torch._C.DispatchKey.AutogradFunctionality, False)  # operators run below autograd
    if training:
        buffers = [buffer.clone() for buffer in buffers]  # it changes them
    with (_lent(recipe, parameters, buffers, training) as network, differentiable,
          torch.enable_grad()):
        inputs = [tensor.detach().requires_grad_(i in wanted) for i, tensor in enumerate(inputs)]
        leaves = [*inputs, *(tensor for _, tensor in network.parameters())]
        for i, leaf in enumerate(leaves):
            leaf.requires_grad_(i in wanted)
        leaves = [leaves[i] for i in wanted]
        found = torch.autograd.grad(network.forward(inputs), leaves, given, allow_unused=True)
        return [_laid_out(gradient, leaf) for gradient, leaf in zip(found, leaves)]


def _laid_out(gradient, leaf):
    """A tensor of its own with the strides that `empty_like` tells of."""
    own = torch.empty_like(leaf, requires_grad=False)
    with torch.no_grad():
        return own.zero_() if gradient is None else own.copy_(gradient)


@gradients.register_fake
def _(recipe, given, inputs, parameters, buffers, training, wanted):
    leaves = [*inputs, *parameters]
    return [torch.empty_like(leaves[i]) for i in wanted]


def _keep(ctx, inputs, output):
    ctx.recipe, tensors, parameters, buffers, moving, ctx.training, shape, _ = inputs
    # torch takes an empty list of numbers for one of tensors, and wants a gradient for each.
    ctx.no_gradients = [None if one else [] for one in (moving, shape)]
    now = list(buffers)
    for row, buffer in zip(moving, output[1:]):  # those given are about to be changed
        now[row] = buffer
    ctx.counts = len(tensors), len(parameters), len(buffers)
    ctx.save_for_backward(*tensors, *parameters, *now)


def _backward(ctx, given):
    inputs, parameters, buffers = ctx.counts
    kept = list(ctx.saved_tensors)
    needed = [*ctx.needs_input_grad[1], *ctx.needs_input_grad[2]]
    wanted = [i for i, one in enumerate(needed) if one]
    found = [None] * len(needed)
    if wanted and given[0] is not None:
        made = gradients(ctx.recipe, given[0], kept[:inputs], kept[inputs:inputs + parameters],
                         kept[inputs + parameters:], ctx.training, wanted)
        for i, gradient in zip(wanted, made):
            found[i] = gradient
    moving, shape = ctx.no_gradients
    return (None, found[:inputs], found[inputs:], [None] * buffers, moving, None, shape, None)


run.register_autograd(_backward, setup_context=_keep)


def call(recipe, inputs, shape, dtype):
    """What a recipe makes of the inputs: through the operator where a graph is being made."""
    if torch.compiler.is_compiling():
        return run(recipe, inputs, [], [], [], False, shape, dtype)[0]
    return made(recipe).forward(inputs)
