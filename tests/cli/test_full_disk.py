"""A full disk is one line and exit code 2, and leaves nothing half-written. What a writer meets is
the same where a file may not grow (RLIMIT_FSIZE)."""
import resource
import shutil
import subprocess

import pytest
from conftest import BINARY, SOURCE, Result, assert_refused, run_program, write_image_folder, \
    write_recording

NETWORK = ["--set", "data.image_size=16", "--set", "unet.width=8", "--set", "unet.blocks=2",
           "--set", "training.batch=4", "--set", "objective.perceptual=0", "--set",
           "training.steps=3", "--set", "training.log_every=1"]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")

    def run(*words):
        return run_program(*words, cwd=folder, check=True)

    write_recording(folder / "r.h5", sensors=60)
    write_image_folder(folder / "photos")
    shutil.copy(SOURCE / "assets/examples/digit69/digit69_28x28.mat", folder / "d.mat")
    run("train", "demo", "--recording", "r.h5", "--out", "m", *NETWORK)
    run("reconstruct", "m", "r.h5", "--out", "x.h5")
    run("evaluate", "x.h5", "--recording", "r.h5", "--out", "s.json", "--metrics", "pixel-mse")
    return folder


@pytest.mark.parametrize("limit, command", [
    (20000, ["train", "demo", "--recording", "r.h5", "--out", "out", *NETWORK]),
    (200, ["train", "demo", "--recording", "r.h5", "--out", "out", *NETWORK]),
    (2000, ["train", "ridge", "--recording", "r.h5", "--out", "out", "--set",
            "data.image_size=16"]),
    (10000, ["reconstruct", "m", "r.h5", "--out", "out"]),
    (300, ["reconstruct", "m", "r.h5", "--out", "ok.h5", "--png", "out"]),
    (1000, ["evaluate", "x.h5", "--recording", "r.h5", "--out", "out", "--metrics", "pixel-mse"]),
    (5000, ["report", "r.h5", "x.h5", "s.json", "--out", "out"]),
    (50000, ["import", "digit69", "d.mat", "--out", "out"]),
    (50000, ["simulate", "--images", "photos", "--out", "out", "--train-trials", "200"]),
    (5000, ["prepare", "r.h5", "--out", "out", "--zscore", "all"]),
    (1000, ["analyse", "occlusion", "m", "r.h5", "--out", "out"]),
    (10000, ["crossvalidate", "ridge", "--recording", "r.h5", "--out", "out", "--set",
             "data.image_size=16"]),
], ids=lambda value: value[0] if isinstance(value, list) else str(value))
def test_a_full_disk_is_one_line(made, limit, command):
    before = sorted(p.name for p in made.iterdir())
    process = subprocess.run(
        [BINARY, *command, "--quiet"], cwd=made, capture_output=True, text=True, timeout=120,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
    result = Result(command, process)
    assert_refused(result)
    assert "Is the disk full?" in result.stderr or "File too large" in result.stderr, str(result)
    assert sorted(p.name for p in made.iterdir()) == before
