"""Ctrl-C ends every long command at once, leaves nothing half-written, and says what is left."""
import os
import signal
import subprocess
import time

import h5py
import numpy as np
import pytest
from conftest import BINARY, run_program, write_image_folder, write_recording

STEPS = ["--set", "data.image_size=64", "--set", "unet.width=32", "--set", "training.batch=2",
         "--set", "objective.perceptual=0", "--set", "objective.adversarial=0"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Inputs that keep each command busy for several seconds: a recording, a model that reads it,
    and a reconstruction."""
    folder = tmp_path_factory.mktemp("long")
    write_recording(folder / "r.h5", train=3000, test=600, repeats=1, sensors=1200, bins=2)
    write_recording(folder / "few.h5", train=4, test=2, sensors=1200, bins=2)
    write_image_folder(folder / "photos", count=40)
    run_program("train", "demo", "--recording", "few.h5", "--out", "model", *STEPS, "--set",
                "training.steps=1", "--quiet", cwd=folder, check=True)
    rng = np.random.default_rng(1)
    with h5py.File(folder / "x.h5", "w") as f:
        f.attrs.update({"format": "afterimage-reconstruction", "version": 1, "name": "x",
                        "decoder": "ridge", "split": "test", "provenance": "{}"})
        f["stimulus"] = np.arange(3000, 3600)
        f["trials_averaged"] = np.ones(600, dtype=np.int64)
        f["images"] = rng.random((600, 32, 32, 3), dtype=np.float32)
        f["controls/mean"] = rng.random((600, 32, 32, 3), dtype=np.float32)
        f.attrs["complete"] = 1
    (folder / "plan.toml").write_text(
        'config = "demo"\nseeds = [1]\nmetrics = ["pixel-mse"]\n[set]\ndata.image_size = 64\n'
        'unet.width = 32\nobjective.perceptual = 0\ntraining.steps = 100000\n[variants.one]\n')
    return folder


def processor_seconds(process):
    fields = open(f"/proc/{process.pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def interrupted(command, cwd, busy=1.2):
    """Runs a command, stops it once it has worked for a while, and gives its last line."""
    process = subprocess.Popen([BINARY, *map(str, command)], cwd=cwd, stderr=subprocess.PIPE,
                               stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL, text=True)
    while process.poll() is None and processor_seconds(process) < busy:
        time.sleep(0.02)
    assert process.poll() is None, f"it ended by itself: {process.communicate()[1]}"
    process.send_signal(signal.SIGINT)
    asked = time.monotonic()
    errors = process.communicate(timeout=60)[1]
    took = time.monotonic() - asked
    assert process.returncode == 130, errors
    assert took < 2, f"{took} s: {errors}"
    last = errors.splitlines()[-1]
    assert last.startswith("afterimage: "), errors
    assert "stopped" in last, errors
    return last


@pytest.mark.parametrize("command", [
    ["train", "ridge", "--recording", "r.h5", "--out", "out", "--set", "data.image_size=32",
     "--set", "folds=100"],
    ["reconstruct", "model", "r.h5", "--out", "out", "--split", "train", "--controls", "none"],
    ["evaluate", "x.h5", "--recording", "r.h5", "--out", "out"],
    ["analyse", "occlusion", "model", "r.h5", "--out", "out", "--split", "train"],
    ["analyse", "layers", "model", "r.h5", "--out", "out", "--split", "train"],
    ["fields", "r.h5", "--out", "out"],
    ["crossvalidate", "ridge", "--recording", "r.h5", "--out", "out", "--set",
     "data.image_size=32", "--set", "folds=100"],
    ["simulate", "--images", "photos", "--out", "out", "--train-trials", "50000"],
], ids=lambda command: "-".join(command[:2]) if command[0] in ("analyse", "train") else command[0])
def test_nothing_is_left(folder, command):
    before = sorted(p.name for p in folder.iterdir())
    last = interrupted(command, folder)
    assert "nothing was written" in last or "no recording was written" in last, last
    assert sorted(p.name for p in folder.iterdir()) == before


def test_a_training_keeps_its_checkpoint(folder):
    last = interrupted(["train", "demo", "--recording", "r.h5", "--out", "net", *STEPS, "--set",
                        "training.steps=100000"], folder)
    assert "stopped after step" in last and "--resume" in last
    left = {p.name for p in (folder / "net.training").iterdir()}
    assert "checkpoint.safetensors" in left and not any(n.startswith(".") for n in left)
    assert not (folder / "net").exists()


def test_a_study_goes_on_from_what_is_done(folder):
    last = interrupted(["study", "plan.toml", "--recording", "r.h5", "--out", "study"], folder)
    assert "the same study goes on" in last
    left = {p.name for p in (folder / "study/one/seed-1").iterdir()}
    assert left == {"plan.txt", "model.training"}


@pytest.mark.parametrize("command", [
    ["info", "pipe"],
    ["report", "pipe", "--out", "out"],
], ids=lambda command: command[0])
def test_one_that_waits_for_a_disk_is_ended(tmp_path, command):
    os.mkfifo(tmp_path / "pipe")  # gives nothing, as a network disk that hangs
    with open(os.open(tmp_path / "pipe", os.O_RDWR), "rb"):  # so that who reads it waits
        process = subprocess.Popen([BINARY, *command], cwd=tmp_path, stderr=subprocess.PIPE, text=True)
        time.sleep(1)
        assert process.poll() is None, process.communicate()[1]
        process.send_signal(signal.SIGINT)
        asked = time.monotonic()
        errors = process.communicate(timeout=60)[1]
    assert process.returncode == 130 and time.monotonic() - asked < 2, errors
    assert errors == "afterimage: stopped; nothing was written\n"
    assert [p.name for p in tmp_path.iterdir()] == ["pipe"]
