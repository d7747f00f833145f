"""Encoding models and the trials they predict: `afterimage encode`, `data.predicted`."""
import json
import shutil

import h5py
import numpy as np
import pytest
from conftest import SOURCE, assert_refused, run_program, tensors_of, write_recording

PHOTOS = SOURCE / "assets/examples/photos"


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    """A tenth of the demo's sensors and a fraction of its trials."""
    path = tmp_path_factory.mktemp("simulated") / "recording.h5"
    run_program("simulate", "--images", PHOTOS, "--out", path, "--train-trials", 600, "--scale", 0.1,
                "--image-size", 32, "--test-images", 20, "--test-repeats", 6, check=True)
    return path


@pytest.fixture(scope="module")
def encoder(simulated, tmp_path_factory):
    out = tmp_path_factory.mktemp("encoder") / "encoder"
    result = run_program("encode", simulated, "--out", out, "--image-size", 32, check=True)
    assert "V1" in result.stdout and "noise ceiling" in result.stdout
    return out


def columns(path):
    lines = [line.split(",") for line in path.read_text().splitlines()]
    return {name: [line[i] for line in lines[1:]] for i, name in enumerate(lines[0])}


def numbers(table, name):
    return np.array([float(value or "nan") for value in table[name]])


def shuffled_training(source, target):
    """The same recording, its training responses in another order."""
    target.write_bytes(source.read_bytes())
    with h5py.File(target, "r+") as f:
        rows = np.flatnonzero(f["trials/split"].asstr()[:] == "train")
        responses = f["responses"][:]
        responses[rows] = responses[np.random.default_rng(1).permutation(rows)]
        f["responses"][:] = responses
    return target


def test_r2_and_noise_are_those_of_the_simulator(simulated, encoder):
    table = columns(encoder / "sensors.csv")
    area = np.array(table["area"])
    held_out = numbers(table, "held-out R2")
    assert held_out[area == "V1"].mean() > 0.35
    assert held_out[area == "V1"].mean() > held_out[area == "V4"].mean() > held_out[area == "IT"].mean()
    # Test responses are means of six: more of them can be explained.
    assert (numbers(table, "test R2") - held_out)[area == "V1"].mean() > 0.05
    with h5py.File(simulated) as f:
        rows = f["trials/split"].asstr()[:] == "test"
        stimulus, responses = f["trials/stimulus"][:][rows], f["responses"][:][rows, :, 0]
        noise = f["truth/noise_variance"][:].ravel()
        means = np.stack([responses[stimulus == s].mean(0) for s in np.unique(stimulus)])
    ceiling = 1 - noise / 6 / means.var(0)
    assert abs(numbers(table, "noise ceiling").mean() - ceiling.mean()) < 0.1


def test_the_folder_is_read_by_python(encoder):
    card = json.loads((encoder / "encoder.json").read_text())
    weights = tensors_of(encoder / "weights.safetensors")
    sensors = len(card["sensors"]["name"])
    assert weights["field.weight"].shape == (sensors, 23, 1)
    assert weights["noise.loadings"].shape[0] == weights["noise.diagonal"].shape[0] == sensors
    assert np.array_equal(np.load(encoder / "r2.npy"), weights["r2"])
    # What the residuals' covariance leaves is what R2 leaves.
    left = weights["noise.diagonal"] + (weights["noise.loadings"] ** 2).sum(1)
    assert np.abs(left - (1 - weights["r2"][:, 0])).max() < 1e-3


def test_predictions_are_a_recording(run, simulated, encoder, tmp_path):
    run("encode", encoder, "--predict", simulated, "--split", "test", "--out", "predicted.h5",
        check=True)
    with h5py.File(simulated) as f, h5py.File(tmp_path / "predicted.h5") as g:
        rows = f["trials/split"].asstr()[:] == "test"
        stimulus, responses = f["trials/stimulus"][:][rows], f["responses"][:][rows, :, 0]
        means = np.stack([responses[stimulus == s].mean(0) for s in np.unique(stimulus)])
        predicted = g["responses"][:][:, :, 0]
        v1 = f["sensors/roi"].asstr()[:] == "V1"
        assert predicted.shape == means.shape
        r = [np.corrcoef(a, b)[0, 1] for a, b in zip(predicted.T[v1], means.T[v1])]
        assert np.mean(r) > 0.6
        # In the recording's own units: a baseline, and not z-scores.
        assert np.abs(predicted.mean(0) - means.mean(0)).mean() < 0.5 * means.mean()
        assert np.array_equal(g["stimuli/images"][:], f["stimuli/images"][:][np.unique(stimulus)])
    assert "sensors" in run("info", "predicted.h5", check=True).stdout
    (tmp_path / "three").mkdir()
    for photo in sorted((PHOTOS / "test").iterdir())[:3]:
        (tmp_path / "three" / photo.name).write_bytes(photo.read_bytes())
    run("encode", encoder, "--predict", "three", "--out", "three.h5", check=True)
    with h5py.File(tmp_path / "three.h5") as g:
        assert g["responses"].shape[0] == 3 and g["stimuli/images"].shape[1:3] == (32, 32)


def test_report_shows_the_encoder(run, encoder, tmp_path):
    run("report", encoder, "--out", "report.html", check=True)
    page = (tmp_path / "report.html").read_text()
    assert "Encoding models" in page and "<svg" in page


def test_shuffled_responses_are_not_predicted(run, simulated, tmp_path):
    shuffled_training(simulated, tmp_path / "shuffled.h5")
    run("encode", "shuffled.h5", "--out", "encoder", "--image-size", 32, check=True)
    assert numbers(columns(tmp_path / "encoder" / "sensors.csv"), "held-out R2").mean() < 0.01


def card_of(folder):
    return json.loads((folder / "model.json").read_text())


TRAIN = ["--set", "data.image_size=32"]


def test_predicted_trials_improve_ridge_and_say_so(run, simulated, tmp_path):
    result = run("train", "ridge", "--recording", simulated, "--out", "more", *TRAIN,
                 "--set", "data.predicted=2000", check=True)
    assert "predicted trials" in result.stderr
    run("train", "ridge", "--recording", simulated, "--out", "real", *TRAIN, check=True)
    card = card_of(tmp_path / "more")["predicted"]
    assert card["trials"] in (500, 2000) and card["average"] == 6
    assert card["encoding_r2"]["V1"] > 0.35
    assert "predicted" not in card_of(tmp_path / "real")
    correlation = {}
    for name in ("more", "real"):
        run("reconstruct", name, simulated, "--out", f"{name}.h5", "--controls", "none", check=True)
        with h5py.File(simulated) as f, h5py.File(tmp_path / f"{name}.h5") as g:
            shown = f["stimuli/images"][:][g["stimulus"][:]] / 255.0
            made = g["images"][:]
        made = made / 255.0 if made.max() > 2 else made
        if made.shape[1] == 3:
            made = made.transpose(0, 2, 3, 1)
        correlation[name] = np.mean([np.corrcoef(a.ravel(), b.ravel())[0, 1]
                                     for a, b in zip(made, shown)])
    assert correlation["more"] > correlation["real"] + 0.005, correlation


def test_predicted_trials_of_shuffled_responses_are_not_used(run, simulated, tmp_path):
    shuffled_training(simulated, tmp_path / "shuffled.h5")
    result = run("train", "ridge", "--recording", "shuffled.h5", "--out", "model", *TRAIN,
                 "--set", "data.predicted=1000", check=True)
    assert "do not help" in result.stderr
    assert card_of(tmp_path / "model")["predicted"]["trials"] == 0


def test_photographs_of_the_test_are_left_out(run, simulated, tmp_path):
    photos = tmp_path / "photos"
    photos.mkdir()
    with h5py.File(simulated) as f:
        sources = f["stimuli/source"].asstr()[:]
        split = f["trials/split"].asstr()[:]
        tested = {sources[s] for s in f["trials/stimulus"][:][split == "test"]}
    for name in sorted(tested)[:10]:  # under other names
        (photos / f"other-{name}").write_bytes((PHOTOS / "test" / name).read_bytes())
    for photo in sorted((PHOTOS / "train").iterdir())[:20]:
        (photos / photo.name).write_bytes(photo.read_bytes())
    arguments = ["train", "ridge", "--recording", simulated, *TRAIN, "--set", "data.predicted=40",
                 "--set", f"data.predicted_images={photos}", "--set", "data.predicted_choose=false"]
    result = run(*arguments, "--out", "model", check=True)
    assert "10 of 30 photographs" in result.stderr, str(result)
    for photo in (PHOTOS / "train").iterdir():
        (photos / photo.name).unlink(missing_ok=True)
    assert_refused(run(*arguments, "--out", "other", "--quiet"), photos, "not to be learned from")


def test_networks_and_retrieval_learn_from_predicted_trials_too(run, simulated, tmp_path):
    few = ["--set", "data.predicted=100", "--set", "data.predicted_choose=false"]
    run("train", "retrieval", "--recording", simulated, "--out", "retrieval", *TRAIN, *few, check=True)
    run("train", "tuned", "--recording", simulated, "--out", "tuned", *TRAIN, *few, "--set",
        "training.steps=2", "--set", "objective.perceptual=0", check=True)
    for name in ("retrieval", "tuned"):
        assert card_of(tmp_path / name)["predicted"]["trials"] == 100


def test_what_says_nothing_is_refused(run, simulated, encoder, tmp_path):
    assert_refused(run("encode", simulated, "--out", "e", "--test", "typo"), "typo", "test")
    for option, value in [("--features", "early"), ("--bins", "1"), ("--lambdas", "5")]:
        assert_refused(run("encode", encoder, "--predict", simulated, "--out", "p.h5", option, value),
                       option, "--predict")
    assert not (tmp_path / "e").exists() and not (tmp_path / "p.h5").exists()


def test_parts_of_different_encoders_are_refused(run, encoder, tmp_path):
    for key, value in [("image_size", -5), ("bins", [[0, 50], [50, 100]])]:
        shutil.copytree(encoder, tmp_path / key)
        card = json.loads((tmp_path / key / "encoder.json").read_text())
        card[key] = value
        (tmp_path / key / "encoder.json").write_text(json.dumps(card))
        assert_refused(run("encode", key, "--predict", encoder, "--out", "p.h5"), key)
    shutil.copytree(encoder, tmp_path / "features")
    card = json.loads((tmp_path / "features/encoder.json").read_text())
    card["options"]["features"] = "early"
    (tmp_path / "features/encoder.json").write_text(json.dumps(card))
    assert_refused(run("encode", "features", "--predict", encoder, "--out", "p.h5"), "features")


def test_noise_that_drowns_is_seen_by_the_choice(run, simulated, tmp_path):
    """What is tried on held-out photographs has the noise that would be learned from."""
    run("train", "ridge", "--recording", simulated, "--out", "m", "--set", "data.predicted=400",
        "--set", "data.predicted_noise=50", "--quiet", check=True)
    assert card_of(tmp_path / "m")["predicted"]["trials"] == 0


def test_bad_input_is_refused(run, simulated, encoder, tmp_path):
    assert_refused(run("encode", "nothing.h5", "--out", "e"), "nothing.h5")
    assert_refused(run("encode", simulated, "--out", encoder), "exists")
    assert_refused(run("encode", simulated, "--out", "e", "--features", "vgg"), "local")
    assert_refused(run("encode", simulated, "--predict", simulated, "--out", "p.h5"), "encoder.json")
    assert_refused(run("encode", encoder, "--predict", "nowhere", "--out", "p.h5"), "nowhere")
    assert_refused(run("encode", encoder, "--predict", simulated, "--split", "val", "--out", "p.h5"),
                   "val")
    broken = tmp_path / "broken"
    broken.mkdir()
    for part in encoder.iterdir():
        (broken / part.name).write_bytes(part.read_bytes())
    (broken / "encoder.json").write_text('{"format": "afterimage-encoder", "version": 1}')
    assert_refused(run("encode", broken, "--predict", simulated, "--out", "p.h5"), "encoder.json")
    assert_refused(run("train", "ridge", "--recording", simulated, "--out", "m", "--quiet", *TRAIN,
                       "--set", "data.predicted=10", "--set", "data.predicted_images=nowhere"),
                   "nowhere")
    small = write_recording(tmp_path / "small.h5", train=8)
    assert_refused(run("encode", small, "--out", "e", "--image-size", 16), "20 or more")
    assert not (tmp_path / "e").exists() and not (tmp_path / "p.h5").exists()
