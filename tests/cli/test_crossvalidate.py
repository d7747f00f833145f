"""Cross-validation as one command: what it makes, and what it refuses."""
import json
import signal
import subprocess
import time

import h5py
import numpy as np
import pytest
from conftest import BINARY, SOURCE, assert_refused, run_program, write_recording

DIGITS = SOURCE / "assets/examples/digit69/digit69_28x28.mat"


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    """Real fMRI: 100 digits, one trial each."""
    path = tmp_path_factory.mktemp("digits") / "digits.h5"
    run_program("import", "digit69", DIGITS, "--out", path, "--quiet", check=True)
    return path


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """24 stimuli shown in four blocks; the first six are shown in two, and were cut from two
    photographs."""
    def change(f):
        n = len(f["trials/stimulus"])
        f["trials/block"] = np.arange(n) // 9
        f["stimuli/source"] = [f"photo{i // 3}" if i < 6 else "" for i in range(30)]
        f["stimuli/category"] = (["cat", "dog", "car", "tree"] * 8)[:30]
        f["trials/stimulus"][18:24] = np.arange(6)

    return write_recording(tmp_path_factory.mktemp("small") / "r.h5", change=change)


def crossvalidate(run, recording, out, *more, **options):
    return run("crossvalidate", "ridge", "--recording", recording, "--out", out,
               "--set", "data.image_size=16", *more, **options)


def ridge_left_out(x, y, row, penalty):
    """The image of one row by ridge on z-scores of the others, in its dual form."""
    others = np.delete(np.arange(len(x)), row)
    mean, scale = x[others].mean(0), x[others].std(0)
    scale[scale == 0] = np.inf
    z, test = (x[others] - mean) / scale, (x[row] - mean) / scale
    middle = y[others].mean(0)
    dual = np.linalg.solve(z @ z.T + penalty * np.eye(len(others)), y[others] - middle)
    return np.clip(test @ z.T @ dual + middle, 0, 1), middle


def test_leaving_out_each_digit_is_one_command(run, digits, tmp_path):
    result = run("crossvalidate", "digits", "--recording", digits, "--by", "stimulus", "--folds",
                 "all", "--set", "lambda=100", "--out", "x.h5", check=True)
    assert "100 images reconstructed" in result.stderr
    assert not (tmp_path / "x.h5.folds").exists()
    with h5py.File(digits) as f, h5py.File(tmp_path / "x.h5") as made:
        x = f["responses"][()].astype(float)[:, :, 0]
        shown = f["stimuli/images"][()]
        y = (shown[f["trials/stimulus"][()]].reshape(100, -1, 784)[:, 0] if shown.ndim == 3
             else shown[f["trials/stimulus"][()]].reshape(100, 28, 28, -1)[..., 0].reshape(100, -1))
        y = y / 255
        assert made["stimulus"][()].tolist() == list(range(100))
        for trial in (0, 41, 99):
            row = f["trials/stimulus"][trial]
            image, mean = ridge_left_out(x, y, trial, 100)
            assert np.abs(made["images"][row][..., 0].ravel() - image).max() < 1e-4
            assert np.abs(made["controls/mean"][row][..., 0].ravel() - mean).max() < 1e-5
        images = made["images"][()]
        partner = [np.flatnonzero((images == other).all(axis=(1, 2, 3)))
                   for other in made["controls/shuffled"]]
        assert all(i not in rows for i, rows in enumerate(partner))
        assert sorted(rows[0] for rows in partner) == list(range(100))
    run("evaluate", "x.h5", "--recording", digits, "--out", "s.json", "--metrics",
        "pixel-correlation,pixel-identification-2way", "--quiet", check=True)
    scores = json.loads((tmp_path / "s.json").read_text())
    value = {s["name"]: s["scores"][0]["value"] for s in scores["sets"]}
    assert len(scores["images"]) == 100
    assert value["ridge"] > value["mean"] > value["shuffled (ridge)"]
    page = run("report", digits, "x.h5", "s.json", "--out", "r.html", check=True)
    assert page.returncode == 0 and "cross-validation" in (tmp_path / "r.html").read_text()
    assert "cross-validation" in run("info", "x.h5", check=True).stdout


@pytest.mark.parametrize("by", ["stimulus", "source", "category"])
def test_every_stimulus_is_reconstructed_once(run, small, tmp_path, by):
    crossvalidate(run, small, "x.h5", "--by", by, "--folds", "3", check=True)
    with h5py.File(tmp_path / "x.h5") as f:
        shown = f["stimulus"][()]
        assert shown.tolist() == [*range(18), *range(24, 30)]
        assert sorted(f["controls"]) == ["mean", "retrieval", "shuffled"]
        provenance = json.loads(f.attrs["provenance"])
    assert provenance["cross_validation"]["by"] == by
    assert sum(provenance["cross_validation"]["tested_trials"]) == 36


def test_blocks_that_share_stimuli_are_said_and_left_out(run, small, tmp_path):
    result = crossvalidate(run, small, "x.h5", "--by", "block", "--folds", "all", check=True)
    assert "show a stimulus that their fold tests and are left out of its training" in result.stderr
    with h5py.File(tmp_path / "x.h5") as f:
        provenance = json.loads(f.attrs["provenance"])["cross_validation"]
    assert provenance["folds"] == 4 and provenance["left_out_of_training"] > 0


def test_crops_of_one_photograph_on_both_sides_are_said(run, small):
    result = crossvalidate(run, small, "x.h5", "--folds", "all", check=True)
    assert "--by source keeps them apart" in result.stderr
    result = crossvalidate(run, small, "y.h5", "--folds", "all", "--by", "source", check=True)
    assert "--by source" not in result.stderr


def test_only_the_splits_named_take_part(run, small, tmp_path):
    crossvalidate(run, small, "x.h5", "--split", "test", "--folds", "2", "--controls", "none",
                  "--average-repeats", "false", "--models", "models", check=True)
    with h5py.File(tmp_path / "x.h5") as f:
        assert f["stimulus"][()].tolist() == [s for s in range(24, 30) for _ in range(2)]
        assert "controls" not in f or not list(f["controls"])
    assert sorted(p.name for p in (tmp_path / "models").iterdir()) == ["fold-1", "fold-2"]
    run("reconstruct", "models/fold-1", small, "--out", "one.h5", "--controls", "none", check=True)


def test_ctrl_c_keeps_the_folds_that_are_done(run, digits, tmp_path):
    command = [BINARY, "crossvalidate", "digits", "--recording", digits, "--out", "x.h5",
               "--folds", "all"]
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    folds = tmp_path / "x.h5.folds"
    while not list(folds.glob("fold-*.h5")) and process.poll() is None:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    started = time.monotonic()
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert time.monotonic() - started < 2
    assert "x.h5.folds keeps what is done" in errors and "--resume" in errors
    assert not (tmp_path / "x.h5").exists()
    finished = {p: p.stat().st_mtime_ns for p in folds.glob("fold-*.h5")}
    assert 1 <= len(finished) < 100
    again = run("crossvalidate", "digits", "--recording", digits, "--out", "x.h5")
    assert_refused(again, "x.h5.folds", "--resume", "--force")
    # Only what another choice does not change is used again.
    result = run("crossvalidate", "digits", "--recording", digits, "--out", "x.h5", "--folds", "all",
                 "--controls", "none", "--set", "lambda=10", "--resume", check=True)
    assert "0 of 100 folds were there already" in result.stderr


def test_a_network_is_resumed_within_its_fold(run, small, tmp_path):
    def command(out, *more):
        return ["crossvalidate", "demo", "--recording", small, "--out", out, "--folds", "2",
                "--set", "data.image_size=16", "--set", "unet.width=8", "--set", "unet.blocks=2",
                "--set", "training.batch=4", "--set", "objective.perceptual=0", "--controls",
                "mean", "--set", "training.checkpoint_every=5", "--set", "training.steps=40", *more]

    run(*command("whole.h5"), check=True)
    process = subprocess.Popen([BINARY, *command("x.h5")], cwd=tmp_path, stderr=subprocess.PIPE,
                               text=True)
    while (not list(tmp_path.glob("x.h5.folds/*/checkpoint.safetensors"))
           and process.poll() is None):
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    run(*command("x.h5", "--resume"), check=True)
    with h5py.File(tmp_path / "x.h5") as made, h5py.File(tmp_path / "whole.h5") as whole:
        assert (made["images"][()] == whole["images"][()]).all()


@pytest.mark.parametrize("words, said", [
    (["--by", "stimuli"], ["stimulus"]),
    (["--folds", "25"], ["--folds", "24 groups by stimulus", "all"]),
    (["--folds", "none"], ["--folds", "whole number"]),
    (["--by", "category", "--folds", "5"], ["4 groups by category"]),
    (["--split", "trian"], ["trian", "train"]),
    (["--set", "data.split=train"], ["data.split", "--split"]),
    (["--set", "lamda=1"], ["lamda"]),
    (["--controls", "median"], ["median"]),
    (["--resume"], ["x.h5.folds", "no unfinished"]),
])
def test_bad_choices_are_refused_before_anything_is_made(run, small, tmp_path, words, said):
    assert_refused(crossvalidate(run, small, "x.h5", *words), *said)
    assert not list(tmp_path.iterdir())


def test_recordings_that_cannot_be_cut_are_refused(run, tmp_path):
    plain = write_recording(tmp_path / "plain.h5")
    assert_refused(crossvalidate(run, plain, "x.h5", "--by", "category"), "plain.h5", "categories")
    assert_refused(crossvalidate(run, plain, "x.h5", "--by", "block"), "one block")

    def both(f):
        f["trials/block"] = [0] * 24 + [0, 1] * 6
        f["trials/split"][:24] = [""] * 24

    every = write_recording(tmp_path / "every.h5", change=both)
    assert_refused(crossvalidate(run, every, "x.h5", "--by", "block", "--folds", "2"),
                   "none is left to learn from", "--by stimulus")
