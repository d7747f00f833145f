"""Receptive fields: `afterimage fields`."""
import json

import h5py
import numpy as np
import pytest
from conftest import SOURCE, assert_refused, run_program, write_recording

PHOTOS = SOURCE / "assets/examples/photos"
DIGITS = SOURCE / "assets/examples/digit69/digit69_28x28.mat"


def sensors_of(path):
    with h5py.File(path) as f:
        fields = {key: f[f"sensors/{key}"][:] for key in ("x", "y", "size")}
        fields["r2"] = f["sensors/measures/field_r2"][:]
        fields["distance"] = f["sensors/measures/field_distance"][:]
        fields["roi"] = f["sensors/roi"].asstr()[:]
        fields["truth"] = {key: f[f"truth/{key}"][:] for key in f["truth"]} if "truth" in f else {}
        fields["provenance"] = json.loads(f.attrs["provenance"])
        return fields


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    """A tenth of the sensors and a fraction of the trials of the full check (docs/fields.md)."""
    path = tmp_path_factory.mktemp("simulated") / "recording.h5"
    run_program("simulate", "--images", PHOTOS, "--out", path, "--train-trials", 1000, "--snr", 1,
                "--scale", 0.05, "--test-images", 10, "--test-repeats", 2, "--hide-fields", check=True)
    return path


def shuffle_training(source, target):
    """The same recording with the training responses of each block in another order."""
    target.write_bytes(source.read_bytes())
    rng = np.random.default_rng(1)
    with h5py.File(target, "r+") as f:
        split, block = f["trials/split"].asstr()[:], f["trials/block"][:]
        responses = f["responses"][:]
        for b in np.unique(block):
            rows = np.flatnonzero((split == "train") & (block == b))
            responses[rows] = responses[rng.permutation(rows)]
        f["responses"][:] = responses
    return target


def test_prf_recovers_the_simulators_fields(run, simulated, tmp_path):
    result = run("fields", simulated, "--out", "mapped.h5", check=True)
    assert "V1" in result.stdout and "median R2" in result.stdout
    found = sensors_of(tmp_path / "mapped.h5")
    truth = found["truth"]
    mapped = np.isfinite(found["x"])
    error = np.hypot(found["x"] - truth["x"], found["y"] - truth["y"])
    assert np.median(error[mapped & (found["roi"] == "V1")]) <= 0.03
    assert np.median(error[mapped & (found["roi"] == "IT")]) <= 0.08  # half the trials of the full check: .06
    assert np.corrcoef(found["size"][mapped], truth["size"][mapped])[0, 1] >= 0.8
    assert mapped.mean() > 0.8
    fields = found["provenance"]["receptive_fields"]
    assert fields["method"] == "prf"
    assert sum(roi["mapped"] for roi in fields["rois"]) == mapped.sum()


@pytest.mark.parametrize("method", ["prf", "reverse-correlation"])
def test_shuffled_responses_stay_unmapped(run, simulated, tmp_path, method):
    shuffled = shuffle_training(simulated, tmp_path / "shuffled.h5")
    settings = ["--set", "features=local"] if method == "prf" else []
    result = run("fields", shuffled, "--method", method, *settings, "--out", "mapped.h5", check=True)
    found = sensors_of(tmp_path / "mapped.h5")
    assert np.isnan(found["x"]).mean() >= 0.95
    assert np.isfinite(found["r2"]).all()
    assert "R2 below 0.05" in result.stdout


def test_test_trials_are_not_looked_at(run, simulated, tmp_path):
    other = tmp_path / "other.h5"
    other.write_bytes(simulated.read_bytes())
    with h5py.File(other, "r+") as f:
        test = np.flatnonzero(f["trials/split"].asstr()[:] == "test")
        responses = f["responses"][:]
        responses[test] = 1e3
        f["responses"][:] = responses
    for source, target in ((simulated, "a.h5"), (other, "b.h5")):
        run("fields", source, "--method", "reverse-correlation", "--out", target, check=True)
    a, b = sensors_of(tmp_path / "a.h5"), sensors_of(tmp_path / "b.h5")
    for key in ("x", "y", "size", "r2"):
        np.testing.assert_array_equal(a[key], b[key])


def test_nif_writes_fields_of_images_and_of_a_video(run, tmp_path):
    def film(file):
        file["stimuli"].attrs["frames_per_second"] = 25.0
        file["stimuli/source"] = ["film"] * file["stimuli/images"].shape[0]
    for name, change in (("images.h5", None), ("film.h5", film)):
        write_recording(tmp_path / name, train=60, sensors=4, change=change)
        run("fields", name, "--method", "nif", "--set", "epochs=2", "--set", "channels=2",
            "--frames", 4, "--min-r2", 0, "--out", "mapped.h5", "--force", check=True)
        found = sensors_of(tmp_path / "mapped.h5")
        assert np.isfinite(found["r2"]).all()
        assert found["provenance"]["options"]["epochs"] == 2


def test_fields_of_the_digits_feed_the_fixed_projection(run, tmp_path):
    run("import", "digit69", DIGITS, "--out", "digits.h5", check=True)
    result = run("fields", "digits.h5", "--method", "reverse-correlation", "--out", "mapped.h5",
                 check=True)
    found = sensors_of(tmp_path / "mapped.h5")
    mapped = np.isfinite(found["x"]).sum()
    assert 0 < mapped < len(found["x"])
    assert f"{mapped} of {len(found['x'])} mapped" in result.stdout
    training = run("train", "demo", "--recording", "mapped.h5", "--out", "model",
                   "--set", "data.image_size=32", "--set", "training.steps=2", check=True)
    assert f"{len(found['x']) - mapped} of {len(found['x'])} sensors have no receptive field" in \
        training.stdout + training.stderr


def test_the_report_says_how_fields_were_found(run, simulated, tmp_path):
    run("fields", simulated, "--method", "reverse-correlation", "--out", "mapped.h5", "--plot", "plots",
        check=True)
    page = (run("report", "mapped.h5", "--out", "page.html", check=True), tmp_path / "page.html")[1].read_text()
    assert "reverse-correlation" in page and "median R²" in page
    plots = sorted(path.name for path in (tmp_path / "plots").iterdir())
    assert plots == ["IT.svg", "V1.svg", "V4.svg", "sizes.svg"]
    for name in plots:
        text = (tmp_path / "plots" / name).read_text()
        assert text.startswith("<svg xmlns=") and "<circle" in text and text.rstrip().endswith("</svg>")


def test_wrong_calls_are_refused(run, recording, tmp_path):
    def fields(*arguments, source=recording, out="mapped.h5"):
        return run("fields", source, "--out", out, *arguments)

    assert_refused(fields("--method", "prv"), "method 'prv'", "'prf'")
    assert_refused(fields("--set", "feature=local"), "feature", "'features'")
    assert_refused(fields("--set", "features=none"), "features", "local")
    assert_refused(fields("--set", "features"), "key=value")
    assert_refused(fields("--min-r2", 2), "min-r2", "0..1")
    (tmp_path / "there.h5").write_text("mine")
    assert_refused(fields(out="there.h5"), "there.h5", "--force")
    assert (tmp_path / "there.h5").read_text() == "mine"
    assert_refused(fields(source="none.h5"), "none.h5")
    assert not (tmp_path / "mapped.h5").exists()


def test_recordings_without_what_it_takes_are_refused(run, tmp_path):
    def no_training(file):
        file["trials/split"][...] = ["test"] * len(file["trials/split"])

    def alike(file):
        file["stimuli/images"][...] = 7

    for name, words, arguments in (("untrained.h5", ["'train'"], {"change": no_training}),
                                   ("few.h5", ["24 training stimuli", "40"], {}),
                                   ("alike.h5", ["alike"], {"train": 60, "change": alike})):
        write_recording(tmp_path / name, **arguments)
        assert_refused(run("fields", name, "--out", "mapped.h5"), name, *words)
    assert not (tmp_path / "mapped.h5").exists()
