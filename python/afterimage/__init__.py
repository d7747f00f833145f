"""Afterimage reconstructs what was seen from recordings of the visual system.

    import afterimage as ai
    recording = ai.Recording("mine.h5")
    decoder = ai.Decoder("tuned", training={"steps": 600}).fit(recording)
    result = decoder.reconstruct(recording)
    print(ai.evaluate(result).table())

Every command of the program `afterimage` is a function of the same name and options
(`ai.simulate(images="photos", out="r.h5")`); `import` is `ai.import_`. docs/python.md has all of it.
"""
from pathlib import Path

import torch  # its libraries are those the module below is linked to

from ._torch import VERSION as _BUILT_FOR

if torch.__version__.split(".")[:2] != _BUILT_FOR.split(".")[:2]:
    raise ImportError(f"afterimage: was built for torch {_BUILT_FOR}, and this is torch "
                      f"{torch.__version__}. Install it again: pip install --no-build-isolation "
                      "--force-reinstall --no-deps from the same source")

from . import _core  # noqa: E402

_data = Path(__file__).absolute().parent / "share" / "afterimage"
_core.use_data_dir(str(_data))

from . import commands, nn  # noqa: E402
from ._core import Error  # noqa: E402
from .decoder import Decoder  # noqa: E402
from .recording import Recording  # noqa: E402
from .results import Reconstruction, Report, Scores, evaluate, report  # noqa: E402

__version__ = _core.version()
examples = _data / "examples"  # photographs (photos/train, photos/test) and fMRI (digit69)
__all__ = ["Decoder", "Error", "Reconstruction", "Recording", "Report", "Scores", "commands",
           "evaluate", "examples", "nn", "report"]


def __getattr__(name):
    """The commands, made of the program's own table when they are first asked for."""
    return commands.find(name)


def __dir__():
    return sorted({*globals(), *commands.names()})
