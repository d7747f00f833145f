"""Brain2Pix's variants and the published baselines it is compared with, from training to scores."""
import json
import re
import signal
import subprocess
import time

import h5py
import numpy as np
import pytest
from conftest import BINARY, SOURCE, assert_refused, run_program, write_image_folder, write_recording

# Networks that train in a second or two.
SMALL = ["data.image_size=16", "unet.width=8", "unet.blocks=2", "training.batch=4",
         "objective.perceptual=0", "training.epochs=0", "training.steps=4",
         "training.checkpoint_every=2"]
DENSE = [s for s in SMALL if not s.startswith("unet")] + ["fully_connected.divisor=5000"]


def sets(settings):
    return [word for setting in settings for word in ("--set", setting)]


def train(run, config, recording, settings=(), *more, out="m", **options):
    return run("train", config, "--recording", recording, "--out", out, "--quiet", *sets(settings),
               *more, **options)


def images_of(path):
    with h5py.File(path) as file:
        return file["images"][()]


@pytest.mark.parametrize("config, settings", [
    ("brain2pix-learned", SMALL), ("brain2pix-learned", SMALL + ["projection.rank=2"]),
    ("fully-connected", DENSE)])
def test_dense_layers_train_the_same_from_the_same_seed(run, recording, tmp_path, config,
                                                        settings):
    for name in "ab":
        train(run, config, recording, settings, out=name, check=True)
    weights = (tmp_path / "a/weights.safetensors").read_bytes()
    assert (tmp_path / "b/weights.safetensors").read_bytes() == weights
    run("reconstruct", "a", recording, "--out", "x.h5", "--controls", "none", "--quiet", check=True)
    found = images_of(tmp_path / "x.h5")
    assert found.shape == (6, 16, 16, 3) and found.std() > 0


def test_a_fully_connected_training_resumes_with_its_dropout(run, recording, tmp_path):
    """What is dropped follows from seed and step."""
    long = [s for s in DENSE if "steps" not in s] + ["training.steps=80"]
    train(run, "fully-connected", recording, long, out="whole", check=True)
    process = subprocess.Popen([BINARY, "train", "fully-connected", "--recording", recording, "--out",
                                "broken", "--quiet", *sets(long)], cwd=tmp_path)
    checkpoint = tmp_path / "broken.training" / "checkpoint.safetensors"
    while not checkpoint.exists() and process.poll() is None:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) == 130
    train(run, "fully-connected", recording, long, "--resume", out="broken", check=True)
    assert (tmp_path / "broken/weights.safetensors").read_bytes() == \
        (tmp_path / "whole/weights.safetensors").read_bytes()


def test_learned_fields_need_fields_unless_there_is_no_fixed_map(run, tmp_path, recording):
    def unmapped(file):
        file["sensors/x"][...] = np.nan
        file["sensors/y"][...] = np.nan

    write_recording(tmp_path / "r.h5", change=unmapped)
    assert_refused(train(run, "brain2pix-learned", "r.h5", SMALL), "receptive field", "afterimage fields")
    train(run, "brain2pix-learned", "r.h5", SMALL + ["projection.base=none"], check=True)


@pytest.fixture(scope="module")
def closed_form(tmp_path_factory, recording):
    """Reconstructions and scores of the two that are not trained by gradients."""
    folder = tmp_path_factory.mktemp("closed")

    def run(*arguments):
        return run_program(*arguments, cwd=folder, check=True)

    for name, settings in [("map", ["data.image_size=16"]), ("nishimoto", ["data.image_size=32", "top=3"])]:
        run("train", name, "--recording", recording, "--out", name, "--quiet", *sets(settings))
        run("reconstruct", name, recording, "--out", f"{name}.h5", "--quiet")
        run("evaluate", f"{name}.h5", "--recording", recording, "--out", f"{name}.json", "--metrics",
            "pixel-correlation", "--quiet")
    return folder


def scores(path):
    return {s["name"].split(" (")[0]: s["scores"][0]["value"] for s in json.loads(path.read_text())["sets"]}


def test_they_find_what_was_seen(closed_form):
    """Beyond the mean image; and the linear one beyond itself on shuffled responses (of six test images
    and 120 to choose from, another's may well look alike)."""
    for name in ("map", "nishimoto"):
        value = scores(closed_form / f"{name}.json")
        assert value[name] > value["mean"] + 0.1, value
    # The recording is linear: the posterior mean has what ridge has.
    value = scores(closed_form / "map.json")
    assert value["map"] > value["ridge"] - 0.03 and value["map"] > value["shuffled"] + 0.1, value


def test_nishimoto_finds_more_than_on_shuffled_responses(run, tmp_path):
    """On a recording simulated with photographs: the prior holds some that are like those seen."""
    run("simulate", "--images", SOURCE / "assets/examples/photos", "--out", "r.h5", "--scale", "0.2",
        "--image-size", "32", "--train-trials", "800", "--test-images", "40", "--test-repeats", "4",
        "--quiet", check=True)
    for name, more in [("as-it-is", []), ("local", ["likelihood.features=local"])]:
        train(run, "nishimoto", "r.h5", ["data.image_size=32", f"name={name}", *more], out=name, check=True)
        run("reconstruct", name, "r.h5", "--out", f"{name}.h5", "--quiet", check=True)
        run("evaluate", f"{name}.h5", "--recording", "r.h5", "--out", f"{name}.json", "--metrics",
            "pixel-correlation", "--quiet", check=True)
        value = scores(tmp_path / f"{name}.json")
        assert value[name] > value["shuffled"] + 0.1 and value[name] > value["mean"], value
        networks = json.loads((tmp_path / name / "model.json").read_text())["pretrained"]
        assert [n["network"] for n in networks] == ([] if name == "local" else ["squeezenet"])


def test_map_shows_images_and_what_it_was_made_of(closed_form, recording):
    found = images_of(closed_form / "map.h5")
    assert found.shape == (6, 16, 16, 3) and 0 <= found.min() and found.max() <= 1
    text = (closed_form / "map/config.toml").read_text()
    assert re.search(r"components = 500", text) and "folds = 5" in text


def test_nishimoto_shows_means_of_training_images(closed_form, recording):
    found = images_of(closed_form / "nishimoto.h5")
    with h5py.File(recording) as file:
        shown = file["stimuli/images"][:120].astype(float) / 255
    # Corners of the images' coarse squares, where enlarging them left the colour as it was.
    small = found[:, 1::8, 1::8].reshape(len(found), -1)
    three = shown[:, ::4, ::4].reshape(len(shown), -1)
    for image in small:
        # Three of the training images, by least squares over those that correlate best.
        best = np.argsort(-np.corrcoef(image, three)[0, 1:])[:20]
        share = np.linalg.lstsq(three[best].T, image, rcond=None)[0]
        assert np.sort(share)[-3:] == pytest.approx(1 / 3, abs=0.1), share
    assert "squeezenet" in (closed_form / "nishimoto/model.json").read_text()


def test_a_folder_of_images_as_prior(run, recording, tmp_path):
    write_image_folder(tmp_path / "prior", count=8, size=48)
    small = ["data.image_size=32", "prior=prior"]
    train(run, "nishimoto", recording, small, check=True)
    run("reconstruct", "m", recording, "--out", "x.h5", "--controls", "none", "--quiet", check=True)
    assert images_of(tmp_path / "x.h5").shape == (6, 32, 32, 3)
    assert_refused(train(run, "nishimoto", recording, small + ["top=9"], out="n"), "top", "9", "8")
    assert_refused(train(run, "nishimoto", recording, small + ["prior=none"], out="n"), "none")
    (tmp_path / "empty").mkdir()
    assert_refused(train(run, "nishimoto", recording, small + ["prior=empty"], out="n"), "empty")
    assert not (tmp_path / "n").exists()


@pytest.mark.parametrize("config, settings, words", [
    ("map", ["components=0"], ["components"]),
    ("map", ["lambdas="], ["lambdas"]),
    ("map", ["lamda=1"], ["lamda", "lambda"]),
    ("nishimoto", ["likelihood.features=networks"], ["likelihood.features", "networks", "network"]),
    ("nishimoto", ["likelihood.lambdas="], ["lambdas"]),
    ("nishimoto", ["top=121", "data.image_size=32"], ["top", "121", "120"]),
    ("fully-connected", ["generator=unett"], ["generator", "unet"]),
    ("fully-connected", ["fully_connected.divisor=0"], ["divisor"]),
    ("brain2pix-learned", ["projection.base=fixd"], ["projection.base", "fixed"]),
])
def test_wrong_settings_are_refused(run, recording, tmp_path, config, settings, words):
    assert_refused(train(run, config, recording, settings, HOME=str(tmp_path)), *words)
    assert not (tmp_path / "m").exists()
