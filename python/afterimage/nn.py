"""Projections, networks, losses and metrics as torch.nn.Modules and functions: differentiable, for
use with your own modules and optimisers. They are the ones the decoders are made of
(docs/decoders.md); `module.double()` and the like change their type, as in torch.

    front = ai.nn.Projection("gaussian", sensors=recording.sensors, bins=1, side=64)
    network = torch.nn.Sequential(front, ai.nn.UNet(front.channels))
    images = network(responses)                      # (n, sensor, bin) -> (n, 3, 64, 64)
"""
from typing import Any

import torch

from . import _arrays, _core, commands


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

    def __init__(self, make, arguments):
        super().__init__()
        self._arguments = arguments
        self._native = make(**arguments)
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
        return self._native.forward(list(inputs))

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
    _Network.__init__(module, kind._make, arguments)
    floating = [dtype for dtype, _ in types.values() if dtype.is_floating_point]
    if floating:
        module.to(floating[0])
    module.load_state_dict(state)
    return module.train(training)


def _text(options):
    return {name: ",".join(commands.words(value)) for name, value in options.items()}


def _run(seed):
    return _core.Run(seed=seed, device="cpu", precision="fp32", weights="", listener=None)


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

    @staticmethod
    def _make(**arguments):
        seed = arguments.pop("seed")
        return _core.projection(**arguments, run=_run(seed))

    def __init__(self, kind: str, sensors: Any, *, bins: int = 1, side: int = 64, seed: int = 1,
                 **options: Any):
        columns = {} if isinstance(sensors, int) else _arrays.columns(sensors)
        count = sensors if isinstance(sensors, int) else len(next(iter(columns.values()), []))
        super().__init__(self._make, dict(kind=kind, sensors=columns, count=count, bins=bins,
                                          side=side, settings=_text(options), seed=seed))

    @property
    def channels(self) -> int:
        """How many maps it makes."""
        count, bins = self._arguments["count"], self._arguments["bins"]
        some = next(iter(self.state_dict().values()), torch.zeros(1))
        with torch.no_grad():
            return self(torch.zeros(1, count, bins, device=some.device,
                                    dtype=some.dtype if some.is_floating_point() else None)).shape[1]


class UNet(_Network):
    """The generator of Brain2Pix, MonkeySee and IRFA: maps (n, channels, y, x) to images (n, 3, y, x)
    in [0,1]; y and x are multiples of 2^(blocks + 1). Options: width, blocks, initialise,
    norm_momentum."""

    @staticmethod
    def _make(**arguments):
        seed = arguments.pop("seed")
        return _core.unet(**arguments, run=_run(seed))

    def __init__(self, channels: int, *, seed: int = 1, **options: Any):
        super().__init__(self._make, dict(channels=channels, settings=_text(options), seed=seed))


class PatchGAN(_Network):
    """The discriminator (Isola et al. 2017): logits (n, 1, h, w) of maps (n, C, y, x) and images
    (n, 3, y, x), one per patch; `channels` is C + 3."""

    @staticmethod
    def _make(**arguments):
        seed = arguments.pop("seed")
        return _core.patchgan(**arguments, run=_run(seed))

    def __init__(self, channels: int, *, width: int = 64, initialise: str = "normal",
                 seed: int = 1):
        super().__init__(self._make, dict(channels=channels, width=width, initialise=initialise,
                                          seed=seed))


class PerceptualLoss(torch.nn.Module):
    """Mean distance of images to targets (n, 3, y, x), in [0,1], in the features of a frozen network
    ("squeezenet" comes along; docs/decoders.md, [objective], has layers and distances)."""

    def __init__(self, network: str = "squeezenet", *, weights: str = "", **options: Any):
        super().__init__()
        run = _core.Run(seed=1, device="cpu", precision="fp32", weights=weights, listener=None)
        self._native = _core.PerceptualLoss(network, _text(options), run)

    def forward(self, images: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return self._native(images, targets)


def ssim_loss(images: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """1 - mean structural similarity of luminance of images (n, 3, y, x) in [0,1], a scalar."""
    return _core.ssim_loss(images, targets)


def structural_similarity(images: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """SSIM of luminance (Wang et al. 2004) of images (n, 3, y, x) in [0,1]: (n), float64."""
    return _core.structural_similarity(_core.luminance(images), _core.luminance(targets))


def multi_scale_similarity(images: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Multi-scale SSIM of luminance (Wang, Simoncelli & Bovik 2003): (n), float64."""
    return _core.multi_scale_similarity(_core.luminance(images), _core.luminance(targets))


def pixel_correlation(images: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Pearson correlation over all pixels and channels of each pair: (n), float64."""
    return _core.pearson(images.flatten(1), targets.flatten(1))


def two_way_identification(images: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """For each image the share of other targets it is less like than its own, by the correlation of
    pixels; ties are losses: (n), float64. Features of any kind do as well: (n, units)."""
    similarity = _core.similarity(targets.flatten(1), images.flatten(1))
    return _core.two_way_identification(similarity, torch.arange(len(images)))
