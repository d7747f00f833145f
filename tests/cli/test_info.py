"""afterimage info: what is in a file, with --check what is wrong with a recording, and recordings in
which what may be left out is left out."""
import h5py
import numpy as np
import pytest
from conftest import assert_refused, write_recording


def wrong(result):
    return [line.split(maxsplit=1)[1] for line in result.stdout.splitlines() if line.startswith("wrong")]


def test_a_sound_recording_passes(run, recording):
    result = run("info", recording, "--check", check=True)
    assert "checked" in result.stdout and not wrong(result)


def test_check_finds_what_is_wrong(run, tmp_path):
    def spoil(f):
        f["responses"][3, 2, 0] = np.nan
        f["responses"][7, 2, 0] = np.inf
        f["responses"][:, 5, 0] = 0.25
        f["responses"][9] = f["responses"][8]
        f["stimuli/images"][4] = f["stimuli/images"][1]
        f["sensors/x"][:] = 40
    path = write_recording(tmp_path / "r.h5", change=spoil)
    result = run("info", path, "--check", "--quiet")
    assert result.returncode == 2 and "5 things are wrong" in result.stderr, str(result)
    assert result.stderr.count("\n") == 1
    found = "\n".join(wrong(result))
    for words in ["responses: 2 values are NaN or infinite, of 1 sensors in 2 trials; the first: trial 3, "
                  "sensor 2 ('2'), bin 0", "1 never change: 5", "the first: 8 and 9", "'1' and '4'",
                  "only 0 of 20 receptive fields"]:
        assert words in found, str(result)
    run("info", path, check=True)  # without --check only the tables are read


def test_check_finds_images_that_are_no_bytes(run, tmp_path):
    def spoil(f):
        images = f["stimuli/images"][:].astype(np.int16)
        del f["stimuli/images"]
        images[2, 0, 0] = 300
        f["stimuli/images"] = images
    path = write_recording(tmp_path / "r.h5", change=spoil)
    assert_refused(run("info", path, "--check"), "r.h5", "0 to 255")


def test_black_images_are_noticed(run, tmp_path):
    def logical(f):
        f["stimuli/images"][:] = f["stimuli/images"][:] > 127
    path = write_recording(tmp_path / "r.h5", change=logical)
    said = "almost black: the brightest value of 30 of them is 1 of 255"
    assert said in run("info", path, check=True).stdout
    assert run("train", "ridge", "--recording", path, "--out", "m", check=True).stderr.count(said) == 1
    run("report", path, "--out", "page.html", check=True)
    assert said in (tmp_path / "page.html").read_text()


def test_check_is_for_recordings(run, recording):
    run("train", "ridge", "--recording", recording, "--out", "m", "--quiet", check=True)
    assert_refused(run("info", "m", "--check"), "m", "no recording")


OPTIONAL = ["degrees_per_stimulus", "provenance", "stimuli/name", "stimuli/source", "stimuli/category",
            "trials/repeat", "trials/block", "sensors/name", "sensors/roi", "sensors/array",
            "sensors/x", "sensors/y", "sensors/size", "sensors/reliability", "sensors/measures"]


def write_all_parts(path, without, train=24):
    def change(f):
        f.attrs["provenance"] = "{}"
        count, trials, sensors = len(f["stimuli/images"]), len(f["responses"]), f["responses"].shape[1]
        f["stimuli/name"] = [f"image {i}" for i in range(count)]
        f["stimuli/source"] = [f"photo {i}" for i in range(count)]
        f["stimuli/category"] = ["dog", "cat"] * (count // 2)
        f["trials/repeat"] = np.r_[np.zeros(trials - 12, int), np.arange(12) % 2]
        f["trials/block"] = np.arange(trials) // 12
        f["sensors/name"] = [f"e{i}" for i in range(sensors)]
        f["sensors/array"] = np.arange(sensors) // 5
        f["sensors/reliability"] = np.full(sensors, 0.5)
        f["sensors/measures/snr"] = np.full(sensors, 2.0)
        for part in without:
            if part in f.attrs:
                del f.attrs[part]
            else:
                del f[part]
    return write_recording(path, train=train, change=change)


@pytest.mark.parametrize("without", [[], *[[part] for part in OPTIONAL], OPTIONAL],
                         ids=lambda without: "+".join(without[:2]) or "nothing")
def test_any_optional_part_may_be_missing(run, tmp_path, without):
    write_all_parts(tmp_path / "r.h5", without)
    assert "30 of 16 x 16 pixels" in run("info", "r.h5", check=True).stdout
    run("prepare", "r.h5", "--out", "copy.h5", "--image-size", "8", "--quiet", check=True)
    assert "30 of 8 x 8 pixels" in run("info", "copy.h5", "--check", check=True).stdout


def test_every_optional_part_may_be_missing_in_other_commands(run, tmp_path):
    write_all_parts(tmp_path / "r.h5", OPTIONAL, train=44)  # fields need 40
    run("export", "r.h5", "--out", "npy", check=True)
    run("import", "table", "npy/table.toml", "--out", "back.h5", check=True)
    with h5py.File(tmp_path / "r.h5") as before, h5py.File(tmp_path / "back.h5") as after:
        np.testing.assert_array_equal(before["responses"][:], after["responses"][:])
    run("export", "r.h5", "--out", "mat", "--format", "mat", check=True)
    run("fields", "r.h5", "--out", "mapped.h5", "--method", "reverse-correlation", check=True)
    run("info", "mapped.h5", check=True)


@pytest.mark.parametrize("note", ["a plain note", "5", "[1]", "null", '{"inputs": "r.h5", "program": 5}',
                                  '{"dropped": 3, "transductive": {"a": 1}, "inputs": [7, {"path": 1}]}'])
def test_provenance_may_be_any_text(run, tmp_path, note):
    def change(f):
        f.attrs["provenance"] = note
    write_recording(tmp_path / "r.h5", change=change)
    run("info", "r.h5", check=True)
    run("prepare", "r.h5", "--out", "copy.h5", "--rois", "V1", "--quiet", check=True)
    assert "dropped" in run("info", "copy.h5", check=True).stdout
