"""Encoding models in evaluations: brain correlation, what scores could be at best, recovery."""
import csv
import json
import shutil

import h5py
import numpy as np
import pytest
from conftest import SOURCE, assert_refused, run_program, write_png

PHOTOS = SOURCE / "assets/examples/photos"
METRICS = ["--metrics", "brain-correlation,pixel-correlation,pixel-mse,pixel-identification-nway"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A tenth of the demo's sensors: ridge, an encoder, and the same recording without its truth."""
    path = tmp_path_factory.mktemp("brain")

    def run(*arguments):
        return run_program(*arguments, "--quiet", cwd=path, check=True)

    run("simulate", "--images", PHOTOS, "--out", "r.h5", "--train-trials", 600, "--scale", 0.1,
        "--image-size", 32, "--test-images", 20, "--test-repeats", 6)
    shutil.copy(path / "r.h5", path / "real.h5")
    with h5py.File(path / "real.h5", "r+") as f:
        del f["truth"]
    for name in ("r", "real"):
        run("train", "ridge", "--recording", f"{name}.h5", "--out", f"{name}-ridge",
            "--set", "data.image_size=32")
        run("encode", f"{name}.h5", "--out", f"{name}-encoder", "--image-size", 32)
    run("encode", "r.h5", "--out", "on-test", "--split", "test", "--image-size", 32)
    run("reconstruct", "r-ridge", "r.h5", "--out", "x.h5")
    whole_bytes(path / "x.h5")
    run("evaluate", "x.h5", "--recording", "r.h5", "--out", "s.json", "--encoder", "r-encoder",
        "--csv", "s.csv", *METRICS)
    return path


def whole_bytes(path):
    """Images that a PNG can hold."""
    with h5py.File(path, "r+") as f:
        f["images"][:] = np.float32(np.round(f["images"][:] * 255)) / np.float32(255)


def set_of(path, name):
    scores = json.loads(path.read_text())
    found = next(s for s in scores["sets"] if s["name"] == name)
    return {score["metric"]: score for score in found["scores"]}


def mean_test_responses(path):
    with h5py.File(path) as f:
        rows = f["trials/split"].asstr()[:] == "test"
        stimulus, responses = f["trials/stimulus"][:][rows], f["responses"][:][rows]
        roi = f["sensors/roi"].asstr()[:]
    order = list(dict.fromkeys(stimulus))
    return np.stack([responses[stimulus == s].mean(0) for s in order]), np.array(roi), order


def predicted(folder, source, *options):
    out = folder / "predicted.h5"
    run_program("encode", "r-encoder", "--predict", source, "--out", out, *options, "--force",
                cwd=folder, check=True)
    with h5py.File(out) as f:
        return f["responses"][:]


def correlations(measured, made):
    """Of each sensor over stimuli, mean over bins."""
    return np.array([np.mean([np.corrcoef(measured[:, s, b], made[:, s, b])[0, 1]
                              for b in range(measured.shape[2])]) for s in range(measured.shape[1])])


def test_brain_correlation_is_numpys(folder):
    measured, roi, order = mean_test_responses(folder / "r.h5")
    score = set_of(folder / "s.json", "ridge")["brain-correlation"]
    with h5py.File(folder / "x.h5") as f:
        assert list(f["stimulus"][:]) == order
        images = np.round(f["images"][:] * 255).astype(np.uint8)
    shown = folder / "shown"
    shown.mkdir()
    for i, image in enumerate(images):
        write_png(shown / f"{i:03}.png", image)
    own = correlations(measured, predicted(folder, "shown"))
    best = correlations(measured, predicted(folder, "r.h5", "--split", "test")[np.argsort(np.argsort(order))])
    np.testing.assert_allclose(score["value"], own.mean(), atol=1e-5)
    np.testing.assert_allclose(score["ceiling"]["true_images"], best.mean(), atol=1e-5)
    assert [area["area"] for area in score["areas"]] == ["V1", "V4", "IT", "all"]
    for area in score["areas"][:-1]:
        which = roi == area["area"]
        assert area["sensors"] == which.sum()
        np.testing.assert_allclose(area["value"], own[which].mean(), atol=1e-5)
        np.testing.assert_allclose(area["ceiling"]["true_images"], best[which].mean(), atol=1e-5)
    low, high = score["interval"]
    assert low < score["value"] < high and high - low < 0.5


def test_controls_and_ceilings_stand_beside_it(folder):
    own = set_of(folder / "s.json", "ridge")["brain-correlation"]
    assert own["value"] > 0.3 and own["ceiling"]["true_images"] > own["value"] - 0.1
    assert own["ceiling"]["true_images"] < own["ceiling"]["repeats"] < 1
    assert set_of(folder / "s.json", "mean")["brain-correlation"]["value"] == 0
    shuffled = set_of(folder / "s.json", "shuffled (ridge)")["brain-correlation"]["value"]
    assert abs(shuffled) < own["value"] / 2
    with open(folder / "s.csv", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["metric"] == "brain-correlation"]
    areas = {row["area"]: row for row in rows if row["set"] == "ridge"}
    assert list(areas) == ["", "V1", "V4", "IT", "all"] and areas["V1"]["true_images"]
    assert areas[""]["low"] and float(areas[""]["value"]) == pytest.approx(float(areas["all"]["value"]))


def test_the_terminal_says_what_it_could_be(folder):
    result = run_program("evaluate", "x.h5", "--recording", "r.h5", "--out", "t.json", "--encoder",
                         "r-encoder", "--checks", "none", *METRICS, cwd=folder, check=True)
    assert "  V1 (" in result.stdout
    assert "brain correlation of the true images (and what noise leaves possible): V1 " in result.stdout
    without = run_program("evaluate", "x.h5", "--recording", "r.h5", "--out", "u.json", "--checks",
                          "none", *METRICS, cwd=folder, check=True)
    assert "needs an encoding model of the recording (--encoder" in without.stdout
    assert "brain-correlation" in run_program("list", "metrics", check=True).stdout


def test_an_encoder_that_does_not_fit_is_refused(folder):
    def evaluate(encoder):
        return run_program("evaluate", "x.h5", "--recording", "r.h5", "--out", "no.json", "--encoder",
                           encoder, *METRICS, cwd=folder)

    assert_refused(evaluate("real-encoder"), "real-encoder", "another recording", "r.h5")
    assert_refused(evaluate("on-test"), "on-test", "20 of the 20 images", "test")
    assert_refused(evaluate("r-ridge"), "r-ridge", "no encoder")
    assert not (folder / "no.json").exists()


def test_scores_say_what_they_could_be(folder):
    ridge = set_of(folder / "s.json", "ridge")
    pixels = ridge["pixel-correlation"]
    ceiling = pixels["ceiling"]
    assert ceiling["noise_free"] > pixels["value"]
    assert 0 < ceiling["halves"] < ceiling["repeats"] < 1
    assert np.isclose(ceiling["repeats"] ** 2, 2 * ceiling["halves"] / (1 + ceiling["halves"]))
    assert ceiling["images"] == 20 and ceiling["true_images"] is None
    assert ridge["pixel-mse"]["ceiling"]["noise_free"] < ridge["pixel-mse"]["value"]
    assert ridge["pixel-mse"]["ceiling"]["repeats"] is None
    assert "ceiling" not in set_of(folder / "s.json", "mean")["pixel-correlation"]


def test_halves_agree_as_numpy_says(folder):
    with h5py.File(folder / "x.h5") as f:
        one, two = (f[f"probes/half-{h}/images"][:].reshape(20, -1) / 255.0 for h in (1, 2))
    agree = np.mean([np.corrcoef(a, b)[0, 1] for a, b in zip(one, two)])
    found = set_of(folder / "s.json", "ridge")["pixel-correlation"]["ceiling"]["halves"]
    np.testing.assert_allclose(found, agree, atol=1e-6)


def test_what_fits_pixels_is_marked_by_pixels(folder):
    def marks(name):
        return {metric: score["trained_against"] for metric, score in
                set_of(folder / "s.json", name).items()}

    for name in ("ridge", "mean", "shuffled (ridge)"):
        assert [m for m, marked in marks(name).items() if marked] == ["pixel-mse"], name
    assert not any(marks("retrieval").values())
    with open(folder / "s.csv", newline="") as file:
        marked = {(row["set"], row["metric"]) for row in csv.DictReader(file)
                  if row["trained_against"] == "yes"}
    assert ("ridge", "pixel-mse") in marked and ("retrieval", "pixel-mse") not in marked
    scores = json.loads((folder / "s.json").read_text())
    assert all(s["not_counted_trained_against"] == 1 for s in scores["summary"])


def test_decoders_by_encoding_models_are_marked_by_brain_correlation(folder):
    run_program("train", "nishimoto", "--recording", "r.h5", "--out", "nishimoto", "--quiet",
                "--set", "data.image_size=32", cwd=folder, check=True)
    run_program("reconstruct", "nishimoto", "r.h5", "--out", "n.h5", "--controls", "ridge", "--quiet",
                cwd=folder, check=True)
    result = run_program("evaluate", "n.h5", "--recording", "r.h5", "--out", "n.json", "--encoder",
                         "r-encoder", *METRICS, cwd=folder, check=True)
    assert set_of(folder / "n.json", "nishimoto")["brain-correlation"]["trained_against"] is True
    assert set_of(folder / "n.json", "ridge")["brain-correlation"]["trained_against"] is False
    assert "trained against the metric or its network" in result.stdout


def test_recovery_without_noise_free_responses(folder):
    def check_of(name):
        run_program("evaluate", f"{name}.h5", "--recording", "real.h5", "--out", f"{name}.json",
                    "--checks", "recovery", *METRICS, "--quiet", cwd=folder, check=True)
        return json.loads((folder / f"{name}.json").read_text())["checks"][0]

    def reconstruct(name, *options):
        return run_program("reconstruct", "real-ridge", "real.h5", "--out", f"{name}.h5", "--controls",
                           "none", *options, cwd=folder)

    assert reconstruct("plain", "--quiet").returncode == 0
    none = check_of("plain")
    assert none["verdict"] == "not checked" and "--encoder" in none["meaning"]
    assert reconstruct("helped", "--encoder", "real-encoder", "--quiet").returncode == 0
    with h5py.File(folder / "helped.h5") as f:
        assert "predicted" in f["probes"] and "recovery" not in f["probes"]
    found = check_of("helped")
    assert found["verdict"] == "pass" and "From predicted responses" in found["found"]
    ceiling = set_of(folder / "helped.json", "ridge")["pixel-correlation"]["ceiling"]
    assert ceiling["predicted"] > 0.5 and ceiling["noise_free"] is None
    assert_refused(reconstruct("no", "--encoder", "r-encoder"), "r-encoder", "another recording")
    assert_refused(reconstruct("no", "--encoder", "nowhere"), "nowhere", "no encoder")
    assert not (folder / "no.h5").exists()


def test_an_encoder_is_not_needed_where_the_truth_is_known(folder):
    result = run_program("reconstruct", "r-ridge", "r.h5", "--out", "known.h5", "--encoder", "r-encoder",
                         "--controls", "none", cwd=folder, check=True)
    assert "the encoder is not needed" in result.stderr
    with h5py.File(folder / "known.h5") as f:
        assert "recovery" in f["probes"] and "predicted" not in f["probes"]
