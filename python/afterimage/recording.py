"""Recordings: in a file, or arrays in memory."""
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from . import _arrays, _core
from ._arrays import Array, PathLike


class Recording:
    """A recording in an HDF5 file (docs/recording.md); opening reads its tables, `responses` and
    `images` read the rest when asked. Goes wherever a command wants a recording's path."""

    def __init__(self, path: PathLike):
        self.path = Path(path)
        self._core = _core.Recording(self.path)

    @staticmethod
    def from_arrays(images: Array, responses: Array, *, stimulus: Sequence[int] | Array | None = None,
                    split: Sequence[str] | Array | None = None, sensors: Any = None,
                    bins: Sequence[tuple[float, float]] | None = None,
                    block: Sequence[int] | Array | None = None,
                    source: Sequence[str] | Array | None = None) -> "ArrayRecording":
        """The same from arrays in memory (numpy or torch), which are not copied.

        images: (stimulus, y, x, 3), (stimulus, 3, y, x) or gray (stimulus, y, x); uint8, or
            floating from 0 to 1
        responses: (trial, sensor) or (trial, sensor, bin), any unit
        stimulus: which image each trial showed, from 0; default: as many trials as images
        split: "train", "test" or another name for each trial; default: all "train"
        sensors: DataFrame or dict of columns, one entry per sensor, each optional: name, roi,
            array, x, y, size (receptive field in stimulus coordinates, 0..1), reliability
        bins: (start, stop) in ms from stimulus onset for each bin
        block: run, session or day of each trial
        source: the photograph each stimulus was cut from
        """
        return ArrayRecording(images, responses, stimulus, split, sensors, bins, block, source)

    def __fspath__(self) -> str:
        return os.fspath(self.path)

    @property
    def sensors(self) -> Any:
        """One row per sensor: name, roi, array, x, y, size, reliability and what else was measured.
        A pandas DataFrame where pandas is installed, else a dict of arrays."""
        return _arrays.table(self._core.sensors())

    @property
    def trials(self) -> Any:
        """One row per trial: stimulus, repeat, block, split."""
        return _arrays.table(self._core.trials())

    @property
    def stimuli(self) -> Any:
        """One row per stimulus: name, source."""
        return _arrays.table(self._core.stimuli())

    @property
    def bins(self) -> list[tuple[float, float]]:
        """(start, stop) in ms from stimulus onset."""
        return self._core.bins()

    @property
    def splits(self) -> list[str]:
        """Names of the splits that trials are in."""
        return self._core.splits()

    @property
    def image_size(self) -> tuple[int, int]:
        """(height, width) of the stimuli, pixels."""
        return tuple(self._core.image_size())

    def responses(self, split: str = "train") -> np.ndarray:
        """(trial, sensor, bin) float32, as recorded."""
        return self._core.responses(self._core.trials_of(split)).numpy()

    def images(self, split: str = "train") -> np.ndarray:
        """What each trial of the split showed: (trial, y, x, 3) uint8."""
        stimulus = self._core.trials()["stimulus"]
        shown = [stimulus[trial] for trial in self._core.trials_of(split)]
        rows, place = np.unique(shown, return_inverse=True)
        return self._core.images(rows.tolist()).permute(0, 2, 3, 1).numpy()[place]

    def to_xarray(self, split: str = "train") -> Any:
        """Responses as an xarray DataArray (trial, sensor, bin) with the tables as coordinates."""
        import xarray
        sensors, trials = self._core.sensors(), self._core.trials()
        rows = self._core.trials_of(split)
        return xarray.DataArray(
            self.responses(split), dims=("trial", "sensor", "bin"), name="responses",
            coords={"sensor": sensors["name"], "roi": ("sensor", sensors["roi"]),
                    "x": ("sensor", sensors["x"]), "y": ("sensor", sensors["y"]),
                    "trial": rows, "stimulus": ("trial", [trials["stimulus"][i] for i in rows]),
                    "start_ms": ("bin", [start for start, _ in self.bins]),
                    "stop_ms": ("bin", [stop for _, stop in self.bins])})

    def __repr__(self):
        return f"Recording({str(self.path)!r})"


class ArrayRecording(Recording):
    """A recording in memory (Recording.from_arrays). Where a command wants a path, it is written
    into a temporary file, once; `save` writes it where you want it."""

    def __init__(self, images, responses, stimulus, split, sensors, bins, block, source):
        values = _arrays.responses(responses)
        pictures, _ = _arrays.images(images)
        trials = values.shape[0]
        if bins is None:  # no times: one after the other
            bins = [(float(i), float(i + 1)) for i in range(values.shape[2])]
        self._bins = [tuple(map(float, one)) for one in bins]
        self._stimulus = list(range(trials)) if stimulus is None else np.asarray(stimulus).tolist()
        self._split = ["train"] * trials if split is None else [str(name) for name in split]
        if len(self._split) != trials:
            raise _core.Error(f"split: has {len(self._split)} entries for {trials} trials. "
                              "Give one for each of the trials")
        self._columns = _arrays.columns(sensors)
        self._responses, self._images = values, pictures
        self.arrays = _core.TrialArrays(
            responses=values, images=pictures, bins=self._bins, stimulus=self._stimulus,
            block=[] if block is None else np.asarray(block).tolist(),
            source=[] if source is None else [str(name) for name in source])
        self._written = None

    def trials_of(self, split):
        rows = [i for i, name in enumerate(self._split) if name == split]
        if not rows:
            known = ", ".join(dict.fromkeys(self._split))
            raise _core.Error(f"the arrays: no trials of the split '{split}'. There are: {known}")
        return rows

    @property
    def path(self):
        if self._written is None:
            self._written = tempfile.TemporaryDirectory(prefix="afterimage_")
            self.save(Path(self._written.name) / "recording.h5")
        return Path(self._written.name) / "recording.h5"

    @property
    def _core(self):
        return _core.Recording(self.path)

    def save(self, path: PathLike, force: bool = False) -> None:
        """Writes the recording into a file."""
        self.arrays.write(Path(path), self._columns, self._split, force)

    def responses(self, split: str = "train") -> np.ndarray:
        """(trial, sensor, bin), as given."""
        return self._responses[self.trials_of(split)].numpy()

    def images(self, split: str = "train") -> np.ndarray:
        """What each trial of the split showed: (trial, y, x, 3), as given."""
        shown = [self._stimulus[trial] for trial in self.trials_of(split)]
        return self._images[shown].permute(0, 2, 3, 1).numpy()

    def __repr__(self):
        trials, sensors, bins = self._responses.shape
        return f"Recording of {trials} trials, {sensors} sensors, {bins} bins in memory"
