"""What is made of recordings and decoders: reconstructions, scores, pages."""
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from . import _arrays, _core, commands
from ._arrays import PathLike
from .recording import Recording


class Reconstruction:
    """Reconstructed images of one split beside the controls. Goes wherever a command wants a
    reconstruction's path; `save` writes it where you want it."""

    def __init__(self, core: Any, recording: Recording | None = None, path: Path | None = None):
        self._core = core
        self.recording = recording
        self._path = path
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    @classmethod
    def load(cls, path: PathLike, recording: Recording | None = None) -> "Reconstruction":
        """From a file that `save` or `afterimage reconstruct` wrote; `recording` is what it shows."""
        return cls(_core.Reconstruction.load(Path(path)), recording, Path(path))

    def save(self, path: PathLike, force: bool = False) -> None:
        """Writes it into a file (HDF5, docs/model.md)."""
        self._core.save(Path(path), force)
        self._path = Path(path)

    def __fspath__(self) -> str:
        if self._path is None:
            self._folder = tempfile.TemporaryDirectory(prefix="afterimage_")
            self.save(Path(self._folder.name) / "images.h5")
        return str(self._path)

    @property
    def name(self) -> str:
        """What tables and pages call it."""
        return self._core.name

    @property
    def split(self) -> str:
        """Whose trials it shows."""
        return self._core.split

    @property
    def stimulus(self) -> list[int]:
        """Which of the recording's stimuli each image should show."""
        return self._core.stimulus

    @property
    def images(self) -> np.ndarray:
        """(n, y, x, 3) float32 in [0,1]."""
        return _arrays.given_back(self._core.images, as_torch=False, channels_last=True).copy()

    @property
    def controls(self) -> dict[str, np.ndarray]:
        """What decoders that know less make of the same trials, by name, as `images`."""
        return {name: _arrays.given_back(images, as_torch=False, channels_last=True).copy()
                for name, images in self._core.controls.items()}

    def __repr__(self):
        return f"Reconstruction {self.name!r} of {len(self.stimulus)} images ({self.split})"


class Scores:
    """The scores of reconstructions and their controls, and the checks of what makes scores too
    good (docs/evaluation.md)."""

    def __init__(self, path: PathLike, folder: Any = None):
        self.path = Path(path)
        self._folder = folder  # keeps a temporary file
        self.json = json.loads(self.path.read_text())

    def __fspath__(self) -> str:
        return os.fspath(self.path)

    def table(self) -> Any:
        """A row for each set of images and metric: set, control, metric, value, low, high (95 %
        interval). A pandas DataFrame where pandas is installed, else a dict of arrays."""
        rows = []
        for one in self.json["sets"]:
            for score in one["scores"]:
                if score["value"] is None:  # not computed
                    continue
                low, high = score.get("interval", (float("nan"), float("nan")))
                rows.append({"set": one["name"], "control": one["control"],
                             "metric": score["metric"], "value": score["value"], "low": low,
                             "high": high})
        return _arrays.table({key: [row[key] for row in rows] for key in rows[0]} if rows else {})

    @property
    def checks(self) -> list[dict[str, Any]]:
        """[{"name", "verdict", ...}] as the page opens with them."""
        return self.json.get("checks", [])

    def __getitem__(self, key: tuple[str, str]) -> float:
        """scores["tuned", "ssim"]: the value of one set and metric."""
        wanted, metric = key
        for one in self.json["sets"]:
            for score in one["scores"]:
                if one["name"] == wanted and score["metric"] == metric:
                    return score["value"]
        raise KeyError(key)

    def __repr__(self):
        names = ", ".join(one["name"] for one in self.json["sets"])
        return f"Scores of {names} ({self.json['split']})"


class Report:
    """A page in one file; shows itself in a notebook."""

    def __init__(self, path: PathLike, folder: Any = None):
        self.path = Path(path)
        self._folder = folder

    def save(self, path: PathLike) -> None:
        """Copies the page, all of it in one file (HTML)."""
        shutil.copyfile(self.path, path)

    def _repr_html_(self) -> str:
        import html
        page = html.escape(self.path.read_text(), quote=True)
        return f'<iframe srcdoc="{page}" width="100%" height="900" style="border:0"></iframe>'


def _into(out, name):
    """(where to, what keeps it): a temporary file where no place is named."""
    if out is not None:
        return Path(out), None
    folder = tempfile.TemporaryDirectory(prefix="afterimage_")
    return Path(folder.name) / name, folder


def evaluate(*reconstructions, recording=None, out=None, **options):
    """Scores reconstructions (objects or paths) and their controls against what was shown.

    recording: default: that of the first reconstruction
    out: file of the scores (JSON); default: a temporary one
    Further options are those of `afterimage evaluate --help`. Gives Scores.
    """
    if recording is None:
        recording = getattr(reconstructions[0], "recording", None) if reconstructions else None
    path, folder = _into(out, "scores.json")
    commands.find("evaluate")(list(reconstructions), recording=recording, out=path, **options)
    return Scores(path, folder)


def report(*files, out=None, **options):
    """One page of recordings, reconstructions, scores and decoders (objects or paths), in any
    order. Further options are those of `afterimage report --help`. Gives a Report."""
    path, folder = _into(out, "report.html")
    commands.find("report")(list(files), out=path, **options)
    return Report(path, folder)
