"""afterimage export: a recording as NumPy and MATLAB files, and back."""
import csv

import h5py
import numpy as np
import pytest
from conftest import assert_refused


@pytest.mark.parametrize("format_name", ["npy", "mat"])
def test_comes_back_equal(run, recording, tmp_path, format_name):
    run("export", recording, "--out", "out", "--format", format_name, check=True)
    run("import", "table", "out/table.toml", "--out", "back.h5", check=True)
    with h5py.File(recording) as before, h5py.File(tmp_path / "back.h5") as after:
        for name in ["responses", "stimuli/images", "trials/stimulus", "trials/split", "sensors/roi",
                     "sensors/x", "sensors/size", "bins/stop_ms"]:
            np.testing.assert_array_equal(before[name][:], after[name][:], err_msg=name)


def test_numpy_reads_it(run, recording, tmp_path):
    run("export", recording, "--out", "out", check=True)
    with h5py.File(recording) as before:
        np.testing.assert_array_equal(np.load(tmp_path / "out/responses.npy"), before["responses"][:])
        np.testing.assert_array_equal(np.load(tmp_path / "out/images.npy"), before["stimuli/images"][:])
        rows = list(csv.DictReader((tmp_path / "out/trials.csv").open()))
        assert [int(row["stimulus"]) for row in rows] == before["trials/stimulus"][:].tolist()


def test_bad_calls_are_refused(run, recording):
    run("export", recording, "--out", "out", check=True)
    assert_refused(run("export", recording, "--out", "out"), "out", "--force")
    assert_refused(run("export", recording, "--out", "o", "--format", "np"), "Did you mean 'npy'")
    assert_refused(run("export", "none.h5", "--out", "o"), "none.h5", "no such file")
