"""Brain2Pix's synthetic experiment: signals that are the stimulus' own pixels, and decoders on them."""
import json

import h5py
import numpy as np
import pytest
from conftest import assert_refused, run_program

QUIET = ["--snr", "1000", "--snr-spread", "0", "--gain-share", "0", "--noise-correlation", "0", "--drift", "0"]
SMALL = ["--preset", "brain2pix", "--signals", "sum-of-colours", "--image-size", "16", "--scale", "0.1",
         "--train-trials", "150", "--test-images", "5", "--test-repeats", "2", "--quiet"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory, images):
    folder = tmp_path_factory.mktemp("sums")
    run_program("simulate", "--images", images, "--out", folder / "r.h5", *SMALL, *QUIET, check=True)
    return folder


def test_signals_are_sums_of_pixels(folder):
    with h5py.File(folder / "r.h5") as f:
        images, x, y = f["stimuli/images"][()] / 255, f["sensors/x"][()], f["sensors/y"][()]
        responses, stimulus = f["responses"][:, :, 0], f["trials/stimulus"][()]
        assert "local_weights" not in f["truth"]
    columns, rows = (np.clip((c * 16).astype(int), 0, 15) for c in (x, y))
    sums = images[stimulus].sum(3)[:, rows, columns]
    varies = sums.std(0) > 0
    r = [np.corrcoef(a, b)[0, 1] for a, b in zip(sums.T[varies], responses.T[varies])]
    assert min(r) > 0.99, min(r)


def test_decoders_read_them(folder):
    def run(*arguments):
        return run_program(*arguments, cwd=folder, check=True)

    for name, more in [("map", []), ("brain2pix", ["unet.width=8", "unet.blocks=2", "objective.perceptual=0",
                                                   "objective.adversarial=0", "training.epochs=0",
                                                   "training.steps=150", "training.learning_rate=3e-3"])]:
        sets = [word for s in ["data.image_size=16", *more] for word in ("--set", s)]
        run("train", name, "--recording", "r.h5", "--out", name, "--quiet", *sets)
        run("reconstruct", name, "r.h5", "--out", f"{name}.h5", "--quiet")
        run("evaluate", f"{name}.h5", "--recording", "r.h5", "--out", f"{name}.json", "--metrics",
            "pixel-correlation", "--quiet")
        sets = json.loads((folder / f"{name}.json").read_text())["sets"]
        value = {s["name"].split(" (")[0]: s["scores"][0]["value"] for s in sets}
        assert value[name] > value["mean"] + 0.1 and value[name] > value["shuffled"] + 0.1, value


def test_other_signals_are_refused(run, images):
    assert_refused(run("simulate", "--images", images, "--out", "r.h5", "--signals", "sums"), "signals",
                   "sum-of-colours")
