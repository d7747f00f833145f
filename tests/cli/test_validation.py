"""Trainings that know when to stop: what they keep, what they say, what they refuse, and that they go on."""
import json
import signal
import subprocess
import time

import h5py
import numpy as np
import pytest
from conftest import BINARY, assert_refused

SMALL = ["--set", "data.image_size=16", "--set", "unet.width=8", "--set", "unet.blocks=2",
         "--set", "training.batch=4", "--set", "objective.perceptual=0", "--set", "training.log_every=10",
         "--set", "training.learning_rate=0.01"]
CHECKED = ["--set", "training.validation=0.2", "--set", "training.check_every=5", "--set", "training.keep=best",
           "--set", "training.average=0.9"]


def train(run, recording, out, *more, steps=40, **options):
    return run("train", "demo", "--recording", recording, "--out", out, *SMALL, *CHECKED,
               "--set", f"training.steps={steps}", *more, **options)


def log(folder):
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]


def checks(folder):
    return {line["step"]: line["validation.pixel-correlation"] for line in log(folder)
            if "validation.pixel-correlation" in line}


def test_what_is_kept_and_said(run, recording, tmp_path):
    result = train(run, recording, "m", check=True)
    assert "24 of 120 samples are held out" in result.stderr
    found = checks(tmp_path / "m")
    assert list(found) == list(range(5, 45, 5))
    best = max(found, key=found.get)
    assert f"{found[best]:.3f} after step {best}; these weights are kept" in result.stderr
    assert all("validation.ssim" in line for line in log(tmp_path / "m") if line["step"] % 10 == 0)


def test_it_stops_when_nothing_more_is_gained(run, recording, tmp_path):
    result = train(run, recording, "m", "--set", "training.patience=2", "--set", "training.learning_rate=0.5",
                   steps=400, check=True)
    found = checks(tmp_path / "m")
    best = max(found, key=found.get)
    assert max(found) == best + 10 < 400
    assert f"stopped after step {max(found)} of 400" in result.stderr and "training.patience" in result.stderr


@pytest.fixture(scope="module")
def whole(tmp_path_factory, recording):
    from conftest import run_program
    folder = tmp_path_factory.mktemp("whole")
    train(run_program, recording, folder / "whole", "--quiet", "--set", "training.checkpoint_every=7",
          "--set", "training.patience=3", steps=200, check=True)
    return folder / "whole"


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_broken_one_resumes_bit_for_bit(run, recording, tmp_path, whole, how):
    words = ["--quiet", "--set", "training.checkpoint_every=7", "--set", "training.patience=3"]
    command = [BINARY, "train", "demo", "--recording", recording, "--out", "broken", *SMALL, *CHECKED,
               "--set", "training.steps=200", *words]
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    folder = tmp_path / "broken.training"
    while not (folder / "checkpoint.safetensors").exists() and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(how)
    process.communicate(timeout=60)
    if (tmp_path / "broken").exists():
        pytest.skip("it was done before it was told to stop")
    train(run, recording, "broken", *words, "--resume", steps=200, check=True)
    for name in ["weights.safetensors", "config.toml"]:
        assert (tmp_path / "broken" / name).read_bytes() == (whole / name).read_bytes()
    assert checks(tmp_path / "broken") == checks(whole)


def test_test_images_change_nothing(run, recording, tmp_path):
    """Other test images and responses: the same checks, the same weights."""
    with h5py.File(recording) as source, h5py.File(tmp_path / "other.h5", "w") as other:
        for key in source:
            source.copy(key, other)
        other.attrs.update(source.attrs)
        test = source["trials/split"].asstr()[:] == "test"
        images, responses = source["stimuli/images"][:], source["responses"][:]
        images[np.unique(source["trials/stimulus"][:][test])] = 0
        responses[test] = 0
        other["stimuli/images"][...], other["responses"][...] = images, responses
    train(run, recording, "a", "--quiet", check=True)
    train(run, "other.h5", "b", "--quiet", check=True)
    assert (tmp_path / "a/weights.safetensors").read_bytes() == (tmp_path / "b/weights.safetensors").read_bytes()
    assert checks(tmp_path / "a") == checks(tmp_path / "b")


def test_what_cannot_be_is_refused(run, recording, tmp_path):
    def refused(*settings):
        words = [word for setting in settings for word in ("--set", setting)]
        return run("train", "demo", "--recording", recording, "--out", "m", *SMALL, *words, "--quiet")
    assert_refused(refused("training.keep=best"), "training.keep", "training.validation")
    assert_refused(refused("training.patience=2"), "training.patience", "training.validation")
    assert_refused(refused("training.validation=0.9"), "training.validation", "0.5")
    assert_refused(refused("training.validation=0.1", "training.measure=lpips"), "training.measure", "ssim")
    assert_refused(refused("training.average=1"), "training.average")
    assert_refused(refused("objective.balance=0", "objective.pixel=0"), "objective", "balance")
    assert_refused(refused("objective.ssim=1", "data.image_size=8"), "objective.ssim", "11")
    assert not (tmp_path / "m").exists() and not (tmp_path / "m.training").exists()


def test_ridge_for_means_of_repeats(run, recording, tmp_path):
    def ridge(*settings):
        words = [word for setting in settings for word in ("--set", setting)]
        return run("train", "ridge", "--recording", recording, "--out", "r", "--set", "data.image_size=16", *words)
    assert_refused(ridge("decoded_repeats=2"), "decoded_repeats", recording, "several trials")
    assert_refused(ridge("decoded_repeats=2", "per_target=true"), "decoded_repeats", "per_target")
    said = ridge("decoded_repeats=2", "data.split=test").stderr
    assert "has the least held-out error" in said and (tmp_path / "r/weights.safetensors").exists()
