"""Decoders in the manners of scikit-learn."""
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch

from . import _arrays, _card, _core, commands
from ._arrays import Array, PathLike
from .recording import ArrayRecording, Recording
from .results import Reconstruction, Scores

_Like = TypeVar("_Like", np.ndarray, torch.Tensor)
_Options = Mapping[str, Any] | None


class _Listener:
    """Hears what the library says: shows it (tqdm where it is installed) and tells a callback."""

    def __init__(self, show, callback):
        self._show, self._callback, self._bar = show, callback, None

    def say(self, line):
        if self._show:
            print(line)

    def progress(self, state):
        if self._callback is not None:
            words = state["note"].split() if state["title"] == "Training" else []
            losses = {name: float(value) for name, value in zip(words[::2], words[1::2])}
            self._callback({**state, "losses": losses})
        if not self._show:
            return
        try:
            from tqdm.auto import tqdm
        except ImportError:
            return
        if self._bar is None:
            self._bar = tqdm(total=state["total"], initial=state["first"], desc=state["title"],
                             unit=state["unit"], leave=False)
        self._bar.set_postfix_str(state["note"], refresh=False)
        self._bar.update(state["done"] - self._bar.n)
        if state["last"]:
            self._bar.close()
            self._bar = None


@cache
def _quiet_run(seed, device, precision, weights):
    """How to run what nobody listens to; made once, as one prediction takes less than a millisecond."""
    return _core.Run(seed=seed, device=device, precision=precision, weights=weights, listener=None)


@cache
def _not_fitted(scikit_learn):
    """The type of the error: scikit-learn's own, too, where that is in use."""
    if not scikit_learn:
        return _core.Error
    from sklearn.exceptions import NotFittedError
    return type("NotFittedError", (_core.Error, NotFittedError), {})


class Decoder:
    """A decoder: what turns responses into images.

    config: the name of a shipped configuration (`afterimage list configs`) or a TOML file
    data, projection, unet, fully_connected, objective, optimiser, training, encoding: options of
        these tables, as {"steps": 600}; `afterimage train CONFIG --options` lists them
    settings: the same by their whole names, and those without a table: {"lambda": 100}
    seed: all randomness follows from it
    device: "cpu" or "cuda"; precision: "fp32" or "bf16"
    weights: folder with weights of feature networks
    progress: whether to show how far a fit is
    callback: called with {"title", "unit", "note", "total", "done", "seconds", "last", "losses", ...}
        at each step; of the title "Training" `losses` are numbers by name. What it raises ends the fit

    Learned: `model_`, and with arrays `channels_last_`. Errors are afterimage.Error, a ValueError,
    with the sentence of the command line; Ctrl-C raises KeyboardInterrupt.
    """

    _TABLES = ("data", "projection", "unet", "fully_connected", "objective", "optimiser",
               "training", "encoding")
    _estimator_type = "regressor"

    def __init__(self, config: PathLike = "refined", *, data: _Options = None,
                 projection: _Options = None, unet: _Options = None,
                 fully_connected: _Options = None, objective: _Options = None,
                 optimiser: _Options = None, training: _Options = None, encoding: _Options = None,
                 settings: _Options = None, seed: int = 1, device: str = "cpu",
                 precision: str = "fp32", weights: PathLike = "", progress: bool = False,
                 callback: Callable[[dict[str, Any]], None] | None = None):
        self.config = config
        self.data = data
        self.projection = projection
        self.unet = unet
        self.fully_connected = fully_connected
        self.objective = objective
        self.optimiser = optimiser
        self.training = training
        self.encoding = encoding
        self.settings = settings
        self.seed = seed
        self.device = device
        self.precision = precision
        self.weights = weights
        self.progress = progress
        self.callback = callback

    # scikit-learn's manners, without the need for it.

    @classmethod
    def _names(cls):
        return ("config", *cls._TABLES, "settings", "seed", "device", "precision", "weights",
                "progress", "callback")

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The arguments of the constructor; with `deep` also what the tables hold, as
        "training__steps"."""
        given = {name: getattr(self, name) for name in self._names()}
        if deep:
            for table in (*self._TABLES, "settings"):
                given.update({f"{table}__{key}": value
                              for key, value in (getattr(self, table) or {}).items()})
        return given

    def set_params(self, **params: Any) -> "Decoder":
        """Sets arguments of the constructor, and entries of the tables: training__steps=600."""
        for name, value in params.items():
            table, _, key = name.partition("__")
            if table not in self._names():
                raise _core.Error(f"Decoder: has no parameter '{table}'. "
                                  f"Known: {', '.join(self._names())}")
            if key:
                setattr(self, table, {**(getattr(self, table) or {}), key: value})
            else:
                setattr(self, name, value)
        return self

    def __sklearn_is_fitted__(self):
        return hasattr(self, "model_")

    def __sklearn_tags__(self):
        from sklearn.utils import InputTags, RegressorTags, Tags, TargetTags
        return Tags(estimator_type="regressor",
                    target_tags=TargetTags(required=True, multi_output=True, single_output=False),
                    regressor_tags=RegressorTags(poor_score=True),
                    input_tags=InputTags(two_d_array=True, three_d_array=True))

    def __repr__(self):
        shown = [f"{name}={getattr(self, name)!r}" for name in self._names()[1:]
                 if getattr(self, name) not in (None, "", False)
                 and (name, getattr(self, name)) not in (("seed", 1), ("device", "cpu"),
                                                         ("precision", "fp32"))]
        return f"{type(self).__name__}({', '.join([repr(self.config), *shown])})"

    # Learning.

    def _run(self):
        how = self.seed, self.device, self.precision, os.fspath(self.weights)
        if not (self.progress or self.callback):
            return _quiet_run(*how)
        return _core.Run(*how, listener=_Listener(self.progress, self.callback))

    def _options(self, image_side=None):
        tables = {name: getattr(self, name) for name in self._TABLES if getattr(self, name)}
        own = commands.words({**tables, **(self.settings or {})})
        asked = any(one.startswith("data.image_size=") for one in own)
        if image_side is not None and not asked:
            own.append(f"data.image_size={image_side}")
        return own

    def fit(self, X: Recording | Array, y: Array | None = None, *,
            stimulus: Sequence[int] | Array | None = None, sensors: Any = None,
            bins: Sequence[tuple[float, float]] | None = None,
            block: Sequence[int] | Array | None = None, source: Sequence[str] | Array | None = None,
            out: PathLike | None = None, resume: bool = False, force: bool = False) -> "Decoder":
        """Learns from a Recording's training split, or from responses X and images y.

        X: a Recording, or (trial, sensor) or (trial, sensor, bin), any unit
        y: (trial, y, x, 3), (trial, 3, y, x) or gray (trial, y, x), uint8 or floating in [0,1]; with
            `stimulus` an image for each stimulus. Images are reconstructed at their own size, unless
            data["image_size"] says another
        stimulus, sensors, bins, block, source: as for Recording.from_arrays
        out: of a recording in a file, train into this folder, with checkpoints: what was stopped
            goes on with resume=True
        """
        if isinstance(X, Recording):
            recording = X
        else:
            if y is None:
                raise _core.Error("fit: requires y to be passed, but the target y is None. "
                                  "Give the images that were shown")
            recording = ArrayRecording(y, X, stimulus, None, sensors, bins, block, source)
        command = f"python: {self!r}.fit({recording!r})"
        if isinstance(recording, ArrayRecording) and out is None:
            pictures = recording._images
            own_size = pictures.shape[2] if pictures.shape[2] == pictures.shape[3] else None
            self.model_ = _core.Model.fit_arrays(
                self.config, self._options(own_size), recording.arrays,
                recording.trials_of("train"), recording._columns, command, self._run())
            self.bins_ = recording._bins
        else:
            file = recording._core
            self.model_ = _core.Model.fit_recording(
                self.config, self._options(), file, os.fspath(out) if out else "", resume, force,
                command, self._run())
            self.bins_ = file.bins()
        self.channels_last_ = _arrays.images(y)[1] if y is not None else True
        self._rows = self.model_.bin_rows(self.bins_)
        self._path = Path(out) if out else None
        self.n_features_in_ = len(self.model_.sensors)
        return self

    def _of_its_sensors(self, X):
        values = _arrays.responses(X)
        if values.shape[1] == self.n_features_in_:
            return values
        raise _core.Error(f"responses: are of {values.shape[1]} sensors (X has {values.shape[1]} "
                          f"features, but {type(self).__name__} is expecting {self.n_features_in_} "
                          "features as input). Give those it was fitted to")

    def _fitted(self):
        if not hasattr(self, "model_"):
            raise _not_fitted("sklearn" in sys.modules)(
                f"{self!r}: has not learned yet. Call fit or load first")
        return self.model_

    # Using what was learned.

    def predict(self, X: _Like, *, block: Sequence[int] | Array | None = None,
                batch: int = 32) -> _Like:
        """Images of responses (trial, sensor) or (trial, sensor, bin), as recorded, of the bins it
        was fitted to or of those it reads. numpy gives numpy, torch gives torch: float32 in [0,1],
        laid out as `y` of fit; after a Recording (trial, y, x, 3)."""
        model = self._fitted()
        values = self._of_its_sensors(X).float()
        if values.shape[2] == len(self.bins_) != len(self._rows):
            values = values[:, :, self._rows]
        made = model.predict(values.contiguous(), [] if block is None else
                             np.asarray(block).tolist(), batch, self._run())
        return _arrays.given_back(made, _arrays.is_torch(X), self.channels_last_)

    def score(self, X: Array, y: Array) -> float:
        """Mean over images of the Pearson correlation of their pixels with those of `y`."""
        truth = _arrays.images(y)[0]
        made = _arrays.images(self.predict(X))[0]
        if truth.shape != made.shape:
            raise _core.Error(f"y: has images of {tuple(truth.shape[2:])} pixels, and the decoder "
                              f"makes {tuple(made.shape[2:])}. Give them at that size")
        return _core.pearson(made.flatten(1).contiguous(),
                             truth.float().flatten(1).contiguous()).mean().item()

    def reconstruct(self, recording: Recording, *, split: str = "test", average_repeats: bool = True,
                    controls: Sequence[str] = ("mean", "retrieval", "ridge", "shuffled"),
                    ) -> Reconstruction:
        """Images of one split of a Recording, with controls beside them: a Reconstruction."""
        result = self._fitted().reconstruct(
            recording._core, split, average_repeats, list(controls),
            f"python: {self!r}.reconstruct({recording!r})", self._run())
        return Reconstruction(result, recording)

    # Folders.

    def save(self, folder: PathLike, force: bool = False) -> None:
        """Writes the model folder that `afterimage reconstruct` and `load` read (docs/model.md)."""
        folder = Path(folder)
        if folder.exists():
            if not force:
                raise _core.Error(f"{folder}: exists already. Give force=True to replace it")
            shutil.rmtree(folder)
        self._fitted().save(folder)
        self._path = folder

    @classmethod
    def load(cls, folder: PathLike, **arguments: Any) -> "Decoder":
        """A decoder from a model folder; arguments are those of the constructor for how to run."""
        decoder = cls(**arguments)
        decoder.model_ = _core.Model.load(Path(folder), decoder._run())
        decoder.config = os.fspath(Path(folder) / "config.toml")
        decoder.bins_ = decoder.model_.bins
        decoder._rows = list(range(len(decoder.bins_)))
        decoder.n_features_in_ = len(decoder.model_.sensors)
        decoder.channels_last_ = True
        decoder._path = Path(folder)
        return decoder

    def push_to_folder(self, folder: PathLike, *, licence: str = "unknown",
                       scores: Scores | None = None, description: str = "",
                       force: bool = False) -> None:
        """Writes a folder to share, as model hubs keep them: the model (safetensors) and its card,
        README.md, with a YAML head, how to use it, scores and what it was made of. What else lies in
        the folder stays, such as that of a repository.

        licence: identifier of the model's licence, such as "cc-by-4.0"
        scores: of this decoder (`evaluate`); controls stand beside it in the card
        description: a paragraph of your own
        """
        folder = Path(folder)
        with tempfile.TemporaryDirectory(prefix="afterimage_") as place:
            made = Path(place) / "model"
            self._fitted().save(made)
            card = json.loads((made / "model.json").read_text())
            (made / "README.md").write_text(
                _card.text(card, scores.json if scores else None, licence, description))
            files = sorted(path.name for path in made.iterdir())
            there = [name for name in files if (folder / name).exists()]
            if there and not force:
                raise _core.Error(f"{folder}: has {', '.join(there)} already. "
                                  "Give force=True to replace them")
            folder.mkdir(parents=True, exist_ok=True)
            for name in files:
                shutil.copyfile(made / name, folder / f".{name}.part")
            for name in files:  # all are whole
                (folder / f".{name}.part").replace(folder / name)

    @classmethod
    def from_pretrained(cls, folder: PathLike, **arguments: Any) -> "Decoder":
        """A decoder from such a folder, or from any model folder, as `load`."""
        return cls.load(folder, **arguments)

    def __fspath__(self) -> str:
        if getattr(self, "_path", None) is None:
            self._folder = tempfile.TemporaryDirectory(prefix="afterimage_")
            self.save(Path(self._folder.name) / "model")
        return str(self._path)

    def __getstate__(self):
        state = {name: value for name, value in self.__dict__.items()
                 if name not in ("model_", "_folder", "_path")}
        if hasattr(self, "model_"):
            with tempfile.TemporaryDirectory(prefix="afterimage_") as folder:
                self.model_.save(Path(folder) / "model")
                state["_files"] = {path.name: path.read_bytes()
                                   for path in (Path(folder) / "model").iterdir()}
        return state

    def __setstate__(self, state):
        files = state.pop("_files", None)
        self.__dict__.update(state)
        self._path = None
        if files is None:
            return
        self._folder = tempfile.TemporaryDirectory(prefix="afterimage_")
        folder = Path(self._folder.name) / "model"
        folder.mkdir()
        for name, content in files.items():
            (folder / name).write_bytes(content)
        self.model_ = _core.Model.load(folder, self._run())
