"""afterimage import: each format's files as a laboratory has them, and what is wrong with others."""
import hashlib
import json
import shutil

import h5py
import numpy as np
import pytest
from conftest import SOURCE, assert_refused, write_image_folder

FIXTURES = SOURCE / "tests/reference/importers"
DIGITS = SOURCE / "assets/examples/digit69/digit69_28x28.mat"


def provenance(path):
    with h5py.File(path) as f:
        return json.loads(f.attrs["provenance"])


@pytest.fixture
def table(tmp_path):
    """A folder with responses.npy and photos, and table(text) that writes the TOML file."""
    rng = np.random.default_rng(1)
    np.save(tmp_path / "responses.npy", rng.normal(size=(8, 5)).astype(np.float32))
    write_image_folder(tmp_path / "photos", 8, 16)

    def write(text):
        (tmp_path / "table.toml").write_text(text)
        return tmp_path / "table.toml"
    return write


FIVE_LINES = """responses = "responses.npy"
images = "photos"
test_stimuli = 2
bin_start_ms = 0
bin_stop_ms = 4000
"""


def test_five_lines_and_a_summary(run, table, tmp_path):
    result = run("import", "table", table(FIVE_LINES), "--out", "r.h5", check=True)
    assert result.stdout == ""
    for words in ["8 stimuli of 16 x 16 pixels", "train: 6 trials of 6 stimuli, each shown 1 time",
                  "test: 2 trials", "5 sensors (no ROI 5), 0 with a receptive field",
                  "train and test share no stimulus"]:
        assert words in result.stderr, str(result)
    with h5py.File(tmp_path / "r.h5") as f:
        np.testing.assert_array_equal(f["responses"][:, :, 0], np.load(tmp_path / "responses.npy"))
        assert f["trials/split"].asstr()[:].tolist() == ["train"] * 6 + ["test"] * 2
    assert run("import", "table", "table.toml", "--out", "r2.h5", "--quiet", check=True).stderr == ""


def test_imported_recording_is_ready_for_the_next_commands(run, table):
    run("import", "table", table(FIVE_LINES), "--out", "r.h5", check=True)
    assert "5" in run("info", "r.h5", check=True).stdout


def test_dropped_sensors_are_counted_in_summary_and_provenance(run, table, tmp_path):
    responses = np.load(tmp_path / "responses.npy")
    responses[3, 2] = np.nan
    np.save(tmp_path / "responses.npy", responses)
    assert_refused(run("import", "table", table(FIVE_LINES), "--out", "r.h5"), "trial 3, sensor 2")
    result = run("import", "table", table('nan = "drop"\n' + FIVE_LINES), "--out", "r.h5", check=True)
    assert "dropped 1 sensors: NaN" in result.stderr
    assert provenance(tmp_path / "r.h5")["dropped"][0]["count"] == 1
    assert "1 sensors: NaN" in run("info", "r.h5", check=True).stdout


def test_stimuli_in_two_splits_are_noticed(run, table, tmp_path):
    (tmp_path / "trials.csv").write_text("stimulus,split\n" + "".join(
        f"{t % 6},{'train' if t < 6 else 'test'}\n" for t in range(8)))
    text = FIVE_LINES.replace("test_stimuli = 2\n", "") + '[trials]\ntable = "trials.csv"\n'
    result = run("import", "table", table(text), "--out", "r.h5", check=True)
    assert "2 of the 2 stimuli of 'test' are in 'train' too" in result.stderr
    assert "2 of the stimuli are in no trial" in result.stderr


def test_bad_tables_are_refused(run, table, tmp_path):
    assert_refused(run("import", "table", table("respones = 1\n"), "--out", "r.h5"),
                   "table.toml:1", "Did you mean 'responses'")
    assert_refused(run("import", "table", table("responses = [\n"), "--out", "r.h5"), "table.toml:")
    assert_refused(run("import", "table", table(FIVE_LINES.replace("photos", "phots")), "--out", "r.h5"),
                   "phots", "no such")
    (tmp_path / "photos/photo003.png").unlink()
    assert_refused(run("import", "table", table(FIVE_LINES), "--out", "r.h5"), "8 trials and 7 images")
    whole = (tmp_path / "responses.npy").read_bytes()
    (tmp_path / "responses.npy").write_bytes(whole[:-4])
    assert_refused(run("import", "table", table(FIVE_LINES), "--out", "r.h5"), "responses.npy",
                   "truncated")
    assert not (tmp_path / "r.h5").exists()


def test_every_input_is_hashed(run, table, tmp_path):
    run("import", "table", table(FIVE_LINES), "--out", "r.h5", check=True)
    inputs = {entry["path"].split("/")[-1]: entry for entry in provenance(tmp_path / "r.h5")["inputs"]}
    assert set(inputs) == {"table.toml", "responses.npy", "photos"}
    assert inputs["photos"]["files"] == 8
    for name in ("table.toml", "responses.npy"):
        assert inputs[name]["sha256"] == hashlib.sha256((tmp_path / name).read_bytes()).hexdigest()
    assert inputs["photos"]["sha256"] in run("info", "r.h5", check=True).stdout


LOGICAL = "the images hold only 0 and 1: taken as black and white"


@pytest.mark.parametrize("change, note", [
    (lambda x: x, None),
    (lambda x: x / np.float32(255), None),
    (lambda x: x.astype(float), None),
    (lambda x: x.astype(np.int16), None),
    (lambda x: x + np.float32(0.25), "rounded"),
    (lambda x: x > 127, LOGICAL),
    (lambda x: (x > 127).astype(np.uint8), LOGICAL),
])
def test_images_of_any_kind_of_number(run, table, tmp_path, change, note):
    images = np.random.default_rng(1).integers(0, 255, (8, 6, 6), dtype=np.uint8)
    np.save(tmp_path / "images.npy", change(images))
    text = FIVE_LINES.replace("photos", "images.npy")
    result = run("import", "table", table(text), "--out", "r.h5", check=True)
    assert (note or "share no stimulus") in result.stderr, str(result)
    assert ("the images" in result.stderr) == bool(note), str(result)
    expected = np.where(images > 127, 255, 0) if note == LOGICAL else images
    with h5py.File(tmp_path / "r.h5") as f:
        np.testing.assert_array_equal(f["stimuli/images"][..., 0], expected)


@pytest.mark.parametrize("change, words", [
    (lambda x: x.astype(np.int16) * 16, "from 0 to 4080"),
    (lambda x: x / 255.0 * 1.02, "fractions from 0 to 1"),
    (lambda x: (x / 255.0 - 0.5), "from -0.5"),
    (lambda x: np.where(x == 0, np.nan, x / 255.0), "NaN"),
])
def test_images_of_no_known_range_are_refused(run, table, tmp_path, change, words):
    images = np.random.default_rng(1).integers(0, 256, (8, 6, 6))
    images[0, 0, :2] = 0, 255
    np.save(tmp_path / "images.npy", change(images))
    text = FIVE_LINES.replace("photos", "images.npy")
    assert_refused(run("import", "table", table(text), "--out", "r.h5"), "images.npy", words)
    assert not (tmp_path / "r.h5").exists()


def test_fields_in_other_units_are_noticed(run, table, tmp_path):
    rng = np.random.default_rng(1)
    for name, values in zip("xy", rng.uniform(-4, 4, (2, 5))):
        np.save(tmp_path / f"{name}.npy", values)
    text = FIVE_LINES + "[sensors]\nx = \"x.npy\"\ny = \"y.npy\"\n"
    result = run("import", "table", table(text), "--out", "r.h5", check=True)
    assert "of 5 receptive fields lie on the stimulus" in result.stderr
    assert "sensors.unit" in result.stderr
    assert "degrees or pixels?" in run("info", "r.h5", check=True).stdout
    said = "degrees or pixels?"
    trained = run("train", "ridge", "--recording", "r.h5", "--out", "m", check=True).stderr
    assert trained.count(said) == 1
    run("report", "r.h5", "--out", "page.html", check=True)
    assert said in (tmp_path / "page.html").read_text()
    text = "degrees_per_stimulus = 8\n" + text + "unit = \"degrees\"\n"
    assert said not in run("import", "table", table(text), "--out", "r2.h5", check=True).stderr


def test_templates(run, table, tmp_path):
    text = run("import", "--template", "table", check=True).stdout
    assert 'responses = []' in text and "# " in text
    filled = text.replace("responses = []", 'responses = ["responses.npy"]').replace(
        "images = []", 'images = ["photos"]').replace("test_stimuli = 0", "test_stimuli = 2")
    run("import", "table", table(filled), "--out", "r.h5", check=True)
    assert "afterimage import digit69" in run("import", "--template", "digit69", check=True).stdout
    assert_refused(run("import", "--template", "tabel"), "Did you mean 'table'")
    assert_refused(run("import"), "needs a format")


def test_digit69(run):
    result = run("import", "digit69", DIGITS, "--out", "r.h5", check=True)
    assert "train: 90 trials" in result.stderr and "3092 sensors" in result.stderr
    assert_refused(run("import", "digit69", FIXTURES / "table/turned.mat", "--out", "r2.h5"),
                   "fmriTrn")


def test_nsd(run, tmp_path):
    result = run("import", "nsd", FIXTURES / "nsd", "--out", "r.h5", "--subject", "2", check=True)
    for words in ["test: 749 trials", "train: 751 trials",
                  "4 sensors (V1v 1, V2d 1, hV4 1, no ROI 1)", "dropped 20 voxels: outside nsdgeneral"]:
        assert words in result.stderr, str(result)
    assert provenance(tmp_path / "r.h5")["options"]["subject"] == 2
    assert_refused(run("import", "nsd", FIXTURES / "nsd", "--out", "r2.h5"), "subj01")
    assert_refused(run("import", "nsd", FIXTURES / "nsd", "--out", "r2.h5", "--subject", "9"), "1..8")
    assert_refused(run("import", "nsd", FIXTURES / "table", "--out", "r2.h5"), "nsddata")


def test_nsd_arrays(run):
    result = run("import", "nsd-arrays", FIXTURES / "nsd_arrays/averaged", "--subject", "3", "--out",
                 "r.h5", check=True)
    assert "train: 5 trials" in result.stderr and "7 sensors" in result.stderr
    run("import", "nsd-arrays", FIXTURES / "nsd_arrays/algonauts/subj03", "--out", "a.h5", check=True)
    assert_refused(run("import", "nsd-arrays", FIXTURES / "nsd_arrays/averaged", "--out", "r2.h5"),
                   "nsd_train_fmriavg_nsdgeneral_sub1.npy", "no such file")


def test_bdata(run):
    files = [FIXTURES / "bdata/train.h5", FIXTURES / "bdata/test.h5"]
    images = ["--images", FIXTURES / "bdata/images"]
    result = run("import", "bdata", *files, *images, "--out", "r.h5", "--voxels",
                 "ROI_V1 = 1 | ROI_V2 = 1", check=True)
    assert "train: 6 trials of 3 stimuli, each shown 2 times, in 2 blocks" in result.stderr
    assert "3 sensors (V1 2, V2 1)" in result.stderr
    assert_refused(run("import", "bdata", *files, "--out", "r2.h5"), "--images")
    assert_refused(run("import", "bdata", *files, *images, "--out", "r2.h5", "--voxels", "ROI_V5 = 1"),
                   "train.h5", "ROI_V5")
    assert_refused(run("import", "bdata", *files, *images, "--out", "r2.h5", "--voxels", "(ROI_V1 = 1"),
                   "parenthesis")


def test_vim1(run):
    result = run("import", "vim1", FIXTURES / "vim1", "--out", "r.h5", check=True)
    assert "dropped 2 voxels: NaN in some image" in result.stderr
    assert_refused(run("import", "vim1", FIXTURES / "bdata", "--out", "r2.h5"),
                   "EstimatedResponses.mat", "no such file")


def test_every_format_has_a_template_and_a_page(run):
    page = (SOURCE / "docs/importing.md").read_text()
    listed = run("list", "importers", check=True).stdout
    for name in ["bdata", "bids", "digit69", "nsd", "nsd-arrays", "nwb", "table", "vim1"]:
        assert name in listed
        assert f"\n## {name}\n" in page
        assert run("import", "--template", name, check=True).stdout.strip()
