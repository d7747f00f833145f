"""The way from a recording to a report, command by command, and what each refuses."""
import json
import os
import shutil
import signal
import subprocess
import time

import h5py
import numpy as np
import pytest
from conftest import BINARY, assert_refused, run_program, write_recording

# A small image-to-image decoder that trains in a second or two.
SMALL = ["--set", "data.image_size=16", "--set", "unet.width=8", "--set", "unet.blocks=2",
         "--set", "training.batch=4", "--set", "objective.perceptual=0",
         "--set", "training.checkpoint_every=5", "--set", "training.log_every=1", "--quiet"]


def train(run, recording, out, *more, steps=10, **options):
    return run("train", "demo", "--recording", recording, "--out", out, *SMALL,
               "--set", f"training.steps={steps}", *more, **options)


@pytest.fixture(scope="module")
def trained(tmp_path_factory, recording):
    """Model, reconstruction, scores and page of the small recording."""
    folder = tmp_path_factory.mktemp("trained")

    def run(*arguments):
        return run_program(*arguments, cwd=folder, check=True)

    train(run, recording, "model")
    run("reconstruct", "model", recording, "--out", "x.h5", "--png", "png", "--quiet")
    run("evaluate", "x.h5", "--recording", recording, "--out", "s.json", "--csv", "s.csv", "--quiet")
    run("report", recording, "x.h5", "s.json", "model", "--out", "r.html")
    return folder


def test_every_file_says_where_it_came_from(trained, recording):
    for name, command in [("model", "train"), ("x.h5", "reconstruct"), ("s.json", "evaluate")]:
        text = run_program("info", trained / name, check=True).stdout
        assert f"afterimage {command}" in text
        assert str(recording) in text and "sha256" in text


def test_python_reads_a_reconstruction(trained):
    with h5py.File(trained / "x.h5") as f:
        assert f["images"].shape == (6, 16, 16, 3)
        assert f["images"].dtype == np.float32
        assert 0 <= f["images"][()].min() and f["images"][()].max() <= 1
        assert sorted(f["controls"]) == ["mean", "retrieval", "ridge", "shuffled"]
        assert f["stimulus"][()].tolist() == list(range(120, 126))
        assert f["trials_averaged"][()].tolist() == [2] * 6
    assert len(list((trained / "png").glob("*.png"))) == 6


def test_the_linear_control_reads_the_brightness(trained):
    scores = json.loads((trained / "s.json").read_text())
    value = {(s["name"], m["metric"]): m.get("value") for s in scores["sets"] for m in s["scores"]}
    assert value["ridge", "pixel-correlation"] > value["mean", "pixel-correlation"] + 0.1
    assert value["mean", "pixel-identification-2way"] == 0.5
    rows = (trained / "s.csv").read_text().splitlines()
    assert len(rows) > 6 * 5


def test_metrics_without_weights_are_not_computed(trained):
    scores = json.loads((trained / "s.json").read_text())
    vgg = [m for m in scores["sets"][0]["scores"] if m["metric"].startswith("vgg19")]
    if os.path.exists(os.path.expanduser("~/.cache/torch/hub/checkpoints")):
        pytest.skip("weights may be at hand")
    assert vgg and all(m["not_computed"] and m.get("value") is None for m in vgg)


def test_same_seed_same_result_other_seed_other_result(run, recording, tmp_path):
    for name, seed in [("a", 1), ("b", 1), ("c", 2)]:
        train(run, recording, name, "--seed", seed, steps=6, check=True)
    weights = [(tmp_path / n / "weights.safetensors").read_bytes() for n in "abc"]
    assert weights[0] == weights[1]
    assert weights[0] != weights[2]


def losses(folder):
    lines = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    return [{k: v for k, v in line.items() if k != "seconds"} for line in lines]


@pytest.fixture(scope="module")
def whole(tmp_path_factory, recording):
    """A training that nothing broke."""
    folder = tmp_path_factory.mktemp("whole")
    train(run_program, recording, folder / "whole", steps=100, check=True)
    return folder / "whole"


@pytest.mark.parametrize("how", ["interrupt", "kill"])
def test_a_broken_training_resumes_bit_for_bit(run, recording, tmp_path, whole, how):
    command = [BINARY, "train", "demo", "--recording", recording, "--out", "broken", *SMALL,
               "--set", "training.steps=100"]
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    checkpoint = tmp_path / "broken.training" / "checkpoint.safetensors"
    while not checkpoint.exists() and process.poll() is None:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT if how == "interrupt" else signal.SIGKILL)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == (130 if how == "interrupt" else -signal.SIGKILL), errors
    assert not (tmp_path / "broken").exists()
    assert_refused(train(run, recording, "broken", steps=100), "--resume", "--force")
    assert_refused(run("info", "broken"), "no such")

    train(run, recording, "broken", "--resume", steps=100, check=True)
    for name in ("weights.safetensors", "normalisation.safetensors"):
        assert (tmp_path / "broken" / name).read_bytes() == (whole / name).read_bytes()
    assert losses(tmp_path / "broken") == losses(whole)


def test_resume_with_other_settings_is_refused(run, recording, tmp_path):
    train(run, recording, "m", steps=6, check=True)
    os.rename(tmp_path / "m", tmp_path / "m.training")
    (tmp_path / "m.training" / "checkpoint.safetensors").write_bytes(b"")
    assert_refused(train(run, recording, "m", "--resume", steps=6), "checkpoint.safetensors")
    assert_refused(run("train", "ridge", "--recording", recording, "--out", "n", "--resume"),
                   "n.training", "--resume")


def test_a_loss_that_is_not_finite_stops_the_training(run, recording, tmp_path):
    result = train(run, recording, "m", "--set", "training.checkpoint_every=1",
                   "--set", "objective.pixel=1e39", steps=50)
    assert_refused(result, "loss", "step", "learning_rate")
    assert not (tmp_path / "m").exists()


@pytest.mark.parametrize("arguments, words", [
    (["--set", "training.stepz=3"], ["training.stepz", "training.steps"]),
    (["--set", "training.steps=0"], ["training.steps", "training.epochs"]),
    (["--set", "training.steps"], ["key=value"]),
    (["--set", "decoder=ridgee"], ["ridgee", "ridge"]),
    (["--set", "projection.kind=fixd"], ["fixd", "fixed"]),
    (["--set", "data.split=tran"], ["tran", "train", "test"]),
    (["--set", "data.image_size=20"], ["image_size", "20", "multiple of 8"]),
    (["--set", "objective.perceptual=1", "--set", "objective.network=vgg19"], ["vgg19", "python3"]),
    (["--set", "objective.perceptual=1", "--set", "objective.layers=features.99"], ["features.99"]),
])
def test_wrong_settings_are_refused(run, recording, tmp_path, arguments, words):
    result = train(run, recording, "m", *arguments, HOME=str(tmp_path))
    assert_refused(result, *words)
    assert not (tmp_path / "m").exists()


def test_weights_of_another_network_are_refused(run, recording, tmp_path):
    from conftest import SOURCE
    shutil.copy(SOURCE / "assets/weights/squeezenet1_0.safetensors",
                tmp_path / "vgg19.safetensors")
    assert_refused(train(run, recording, "m", "--weights", tmp_path, "--set",
                         "objective.perceptual=1", "--set", "objective.network=vgg19"),
                   "vgg19.safetensors", "features.")


def spoil_nan(f):
    f["responses"][3, 5, 0] = np.nan


def spoil_shape(f):
    del f["responses"]
    f["responses"] = np.zeros((3, 20, 1), np.float32)


def spoil_type(f):
    del f["stimuli/images"]
    f["stimuli/images"] = np.zeros((30, 16, 16, 3), np.float32) + 0.5


def spoil_split(f):
    del f["trials/split"]
    f["trials/split"] = ["held-out"] * 36


def spoil_complete(f):
    del f.attrs["complete"]


@pytest.mark.parametrize("change, words", [
    (spoil_nan, ["trial 3"]),
    (spoil_shape, ["/responses"]),
    (spoil_type, ["stimuli/images", "uint8"]),
    (spoil_split, ["train", "held-out"]),
    (spoil_complete, ["complete"]),
])
def test_a_bad_recording_is_refused(run, tmp_path, change, words):
    write_recording(tmp_path / "bad.h5", change=change)
    assert_refused(train(run, "bad.h5", "m"), "bad.h5", *words)


def test_truncated_files_are_refused(run, trained, recording, tmp_path):
    for path in (recording, trained / "x.h5", trained / "s.json"):
        whole = path.read_bytes()
        cut = tmp_path / ("cut-" + path.name)
        cut.write_bytes(whole[:len(whole) * 2 // 3])
        assert_refused(run("info", cut.name), cut.name)
    shutil.copytree(trained / "model", tmp_path / "cut")
    os.truncate(tmp_path / "cut/weights.safetensors", 1000)
    assert_refused(run("reconstruct", "cut", recording, "--out", "y.h5"), "weights.safetensors")


def test_a_recording_of_other_sensors_is_refused(run, trained, tmp_path):
    write_recording(tmp_path / "other.h5", sensors=12)
    assert_refused(run("reconstruct", trained / "model", "other.h5", "--out", "y.h5"), "other.h5",
                   "sensors")


def test_outputs_are_not_overwritten(run, trained, recording, tmp_path):
    (tmp_path / "kept").write_text("kept")
    for arguments in (["reconstruct", trained / "model", recording, "--out", "kept"],
                      ["evaluate", trained / "x.h5", "--recording", recording, "--out", "kept"],
                      ["report", trained / "s.json", "--out", "kept"],
                      ["train", "ridge", "--recording", recording, "--out", "kept"]):
        assert_refused(run(*arguments), "kept", "--force")
    assert (tmp_path / "kept").read_text() == "kept"
    assert_refused(run("report", trained / "s.json", "--out", "none/r.html"), "none")


def test_a_full_disk_loses_nothing(run, trained, recording, tmp_path):
    (tmp_path / "x.h5").write_text("kept")
    limited = subprocess.run(
        ["bash", "-c", 'ulimit -f 4; trap "" XFSZ; exec "$@"', "bash", BINARY, "reconstruct",
         trained / "model", recording, "--out", "x.h5", "--force", "--quiet"],
        cwd=tmp_path, capture_output=True, text=True)
    assert limited.returncode == 2, limited.stderr
    assert limited.stderr.count("\n") == 1, limited.stderr
    assert (tmp_path / "x.h5").read_text() == "kept"
    assert [p.name for p in tmp_path.iterdir()] == ["x.h5"]


def test_digits_reach_the_published_ridge_figures(run, tmp_path):
    run("demo", "digits", "--out", "d", "--quiet", check=True)
    scores = json.loads((tmp_path / "d/scores.json").read_text())
    value = {(s["name"], m["metric"]): m.get("value") for s in scores["sets"] for m in s["scores"]}
    assert value["ridge", "pixel-correlation"] == pytest.approx(0.78, abs=0.02)
    assert value["ridge", "pixel-identification-2way"] == pytest.approx(0.944, abs=0.012)
    assert value["mean", "pixel-correlation"] == pytest.approx(0.655, abs=0.002)
    assert (tmp_path / "d/report.html").stat().st_size > 50_000
    assert_refused(run("demo", "digits", "--out", "d"), "--force")
    assert_refused(run("demo", "digits", "--images", "x", "--out", "e"), "--images", "digits")
    assert_refused(run("demo", "--decoder", "refind", "--out", "e"), "refined")


def test_a_corrupt_photograph_is_named_or_skipped(run, images, tmp_path):
    shutil.copytree(images, tmp_path / "photos")
    (tmp_path / "photos/broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 no picture")
    arguments = ["simulate", "--images", "photos", "--out", "r.h5", "--train-trials", "8",
                 "--test-images", "2", "--test-repeats", "2", "--quiet"]
    assert_refused(run(*arguments), "broken.jpg")
    result = run(*arguments, "--skip-bad", check=True)
    assert "broken.jpg" in result.stderr
    assert "960" not in result.stderr  # quiet: nothing but what was skipped
    assert "test: 4 of 2 stimuli" in run("info", "r.h5", check=True).stdout


def test_the_demos_decoder_learns_from_predicted_trials(run, recording, tmp_path):
    run("train", "demo-refined", "--recording", recording, "--out", "m", *SMALL, "--set",
        "data.predicted=20", "--set", "data.predicted_choose=false", "--set", "training.steps=4", "--set",
        "projection.features=4", check=True)
    assert json.loads((tmp_path / "m/model.json").read_text())["predicted"]["trials"] == 20


def test_the_demo_takes_own_photographs(run, images, tmp_path):
    run("demo", "--decoder", "brain2pix", "--images", images, "--out", "d", "--set",
        "training.steps=2", "--quiet", check=True)
    page = (tmp_path / "d/report.html").read_text()
    assert "Simulated data" in page
    assert "read VGG19" in page  # SqueezeNet stands in, and the page says so
    assert len(list((tmp_path / "d/images").glob("*.png"))) > 0
