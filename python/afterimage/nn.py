"""Projections, networks, losses and metrics as torch.nn.Modules and functions: differentiable, for
use with your own modules and optimisers. They are the ones the decoders are made of
(docs/decoders.md); `module.double()` and the like change their type, as in torch.

    front = ai.nn.Projection("gaussian", sensors=recording.sensors, bins=1, side=64)
    network = torch.nn.Sequential(front, ai.nn.UNet(front.channels))
    images = network(responses)                      # (n, sensor, bin) -> (n, 3, 64, 64)

All go through torch.compile and torch.export as one operator each.
"""
from functools import partial
from typing import Any

import torch

from . import _arrays, _core, _operators, commands


class _Part(torch.nn.Module):
    """A node of the tree of names; tensors stay the library's own, changed in place."""

    def _apply(self, fn, recurse=True):
        for child in self.children():
            child._apply(fn)
        for tensor in (*self._parameters.values(), *self._buffers.values()):
            tensor.data = fn(tensor.data)
            if tensor.grad is not None:
                tensor.grad.data = fn(tensor.grad.data)
        return self


class _Network(_Part):
    """A network of the library as a torch module."""

    _kind: str  # in _operators.makers

    def __init__(self, arguments):
        super().__init__()
        self._build(arguments)

    def _build(self, arguments):
        self._arguments = arguments
        self._recipe = _operators.recipe(self._kind, **arguments)
        self._native = _operators.makers[self._kind](**arguments)
        self._parameter_names = [name for name, _ in self._native.parameters()]
        self._buffer_names = [name for name, _ in self._native.buffers()]
        self._moving = [row for row, name in enumerate(self._buffer_names)
                        if name.endswith(("running_mean", "running_var", "num_batches_tracked"))]
        for name, tensor in self._native.parameters():
            tensor._is_param = True  # what torch.nn.Parameter is told by
            part, leaf = self._place(name)
            part.register_parameter(leaf, tensor)
        for name, tensor in self._native.buffers():
            part, leaf = self._place(name)
            part.register_buffer(leaf, tensor)

    def _place(self, name):
        *path, leaf = name.split(".")
        part = self
        for step in path:
            if step not in part._modules:
                part.add_module(step, _Part())
            part = part._modules[step]
        return part, leaf

    def train(self, mode=True):
        super().train(mode)
        self._native.train(mode)
        return self

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
        if not torch.compiler.is_compiling():
            return self._native.forward(list(inputs))
        parameters = [self.get_parameter(name) for name in self._parameter_names]
        buffers = [self.get_buffer(name) for name in self._buffer_names]
        moving = self._moving if self.training else []
        floating = [one.dtype for one in (*parameters, *buffers, inputs[0]) if one.is_floating_point()]
        output, *moved = _operators.run(self._recipe, inputs, parameters, buffers, moving,
                                        self.training, self._shape(*inputs), floating[0])
        for row, now in zip(moving, moved):
            buffers[row].copy_(now.detach())
        return output

    def _shape(self, *inputs):
        """Of what it makes."""
        raise NotImplementedError

    def __reduce__(self):
        return _again, (type(self), self._arguments, self.state_dict(), self.training,
                        {name: (value.dtype, value.device) for name, value in
                         self.state_dict().items()})

    def __deepcopy__(self, memo):
        make, arguments = self.__reduce__()
        return make(*arguments)


def _again(kind, arguments, state, training, types):
    """A network as it was pickled."""
    module = kind.__new__(kind)
    _Network.__init__(module, arguments)
    floating = [dtype for dtype, _ in types.values() if dtype.is_floating_point]
    if floating:
        module.to(floating[0])
    module.load_state_dict(state)
    return module.train(training)


def _text(options):
    return {name: ",".join(commands.words(value)) for name, value in options.items()}


def _run(seed, weights=""):
    return _core.Run(seed=seed, device="cpu", precision="fp32", weights=weights, listener=None)


class Projection(_Network):
    """Responses (n, sensor, bin), standardised, laid out in visual space: maps (n, channels, side,
    side).

    kind: "fixed", "learned", "gaussian", "tuned", "attention", "dense" or "upconv"
        (`afterimage list projections`)
    sensors: DataFrame or dict of columns: x, y, size (receptive fields in stimulus coordinates,
        0..1), roi, array, ...; or, for kinds that need no fields, how many there are
    bins: how many; side: of the maps, pixels; seed: of what starts at random
    options: those of the table [projection] (`afterimage train CONFIG --options`)
    """

    _kind = "projection"

    def __init__(self, kind: str, sensors: Any, *, bins: int = 1, side: int = 64, seed: int = 1,
                 **options: Any):
        columns = {} if isinstance(sensors, int) else _arrays.columns(sensors)
        count = sensors if isinstance(sensors, int) else len(next(iter(columns.values()), []))
        super().__init__(dict(kind=kind, sensors=columns, count=count, bins=bins, side=side,
                              settings=_text(options), seed=seed))

    def _build(self, arguments):
        super()._build(arguments)
        self._native.train(False)
        with torch.no_grad():
            one = self._native.forward([torch.zeros(1, arguments["count"], arguments["bins"])])
        self._native.train(True)
        self._channels = one.shape[1]

    @property
    def channels(self) -> int:
        """How many maps it makes."""
        return self._channels

    def _shape(self, responses):
        side = self._arguments["side"]
        return responses.shape[0], self._channels, side, side


class UNet(_Network):
    """The generator of Brain2Pix, MonkeySee and IRFA: maps (n, channels, y, x) to images (n, 3, y, x)
    in [0,1]; y and x are multiples of 2^(blocks + 1). Options: width, blocks, initialise,
    norm_momentum."""

    _kind = "unet"

    def __init__(self, channels: int, *, seed: int = 1, **options: Any):
        super().__init__(dict(channels=channels, settings=_text(options), seed=seed))

    def _shape(self, maps):
        return maps.shape[0], 3, maps.shape[2], maps.shape[3]


class PatchGAN(_Network):
    """The discriminator (Isola et al. 2017): logits (n, 1, h, w) of maps (n, C, y, x) and images
    (n, 3, y, x), one per patch; `channels` is C + 3."""

    _kind = "patchgan"

    def __init__(self, channels: int, *, width: int = 64, initialise: str = "normal",
                 seed: int = 1):
        super().__init__(dict(channels=channels, width=width, initialise=initialise, seed=seed))

    def _shape(self, maps, images):
        return (maps.shape[0], 1, *((side // 8 - 2) // 2 + 1 for side in maps.shape[2:]))


class PerceptualLoss(torch.nn.Module):
    """Mean distance of images to targets (n, 3, y, x), in [0,1], in the features of a frozen network
    ("squeezenet" comes along; docs/decoders.md, [objective], has layers and distances)."""

    def __init__(self, network: str = "squeezenet", *, weights: str = "", **options: Any):
        super().__init__()
        self._recipe = _operators.recipe("perceptual_loss", network=network, weights=weights,
                                         settings=_text(options))
        _operators.made(self._recipe)  # or say why not

    def forward(self, images: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return _operators.call(self._recipe, [images, targets], (), images.dtype)


def ssim_loss(images: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """1 - mean structural similarity of luminance of images (n, 3, y, x) in [0,1], a scalar."""
    return _operators.call(_recipes["ssim_loss"], [images, targets], (), images.dtype)


def _of_pairs(name, images, targets):
    return _operators.call(_recipes[name], [images, targets], (images.shape[0],), torch.float64)


def structural_similarity(images: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """SSIM of luminance (Wang et al. 2004) of images (n, 3, y, x) in [0,1]: (n), float64."""
    return _of_pairs("structural_similarity", images, targets)


def multi_scale_similarity(images: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Multi-scale SSIM of luminance (Wang, Simoncelli & Bovik 2003): (n), float64."""
    return _of_pairs("multi_scale_similarity", images, targets)


def pixel_correlation(images: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Pearson correlation over all pixels and channels of each pair: (n), float64."""
    return _of_pairs("pixel_correlation", images, targets)


def two_way_identification(images: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """For each image the share of other targets it is less like than its own, by the correlation of
    pixels; ties are losses: (n), float64. Features of any kind do as well: (n, units)."""
    return _of_pairs("two_way_identification", images, targets)


# What the operators run.


def _seeded(make):
    return lambda seed, **arguments: make(**arguments, run=_run(seed))


def _perceptual_loss(network, weights, settings):
    return _operators.Function(_core.PerceptualLoss(network, settings, _run(1, weights)))


def _of_luminance(function):
    return lambda images, targets: function(_core.luminance(images), _core.luminance(targets))


def _correlation(images, targets):
    return _core.pearson(images.flatten(1), targets.flatten(1))


def _identification(images, targets):
    similarity = _core.similarity(targets.flatten(1), images.flatten(1))
    return _core.two_way_identification(similarity, torch.arange(len(images)))


_functions = {"ssim_loss": _core.ssim_loss,
              "structural_similarity": _of_luminance(_core.structural_similarity),
              "multi_scale_similarity": _of_luminance(_core.multi_scale_similarity),
              "pixel_correlation": _correlation, "two_way_identification": _identification}
_recipes = {name: _operators.recipe(name) for name in _functions}
_operators.makers.update(
    projection=_seeded(_core.projection), unet=_seeded(_core.unet), patchgan=_seeded(_core.patchgan),
    perceptual_loss=_perceptual_loss,
    **{name: partial(_operators.Function, function) for name, function in _functions.items()})
