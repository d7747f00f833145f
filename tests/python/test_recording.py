"""Recordings in files and in memory."""
import subprocess
import sys

import h5py
import numpy as np
import pytest
import torch

import afterimage as ai


def test_a_file_is_read_as_h5py_reads_it(recording):
    found = ai.Recording(recording)
    with h5py.File(recording) as file:
        test = np.flatnonzero(file["trials/split"].asstr()[()] == "test")
        assert np.array_equal(found.responses("test"), file["responses"][()][test])
        shown = file["trials/stimulus"][()][test]
        assert np.array_equal(found.images("test"), file["stimuli/images"][()][shown])
        assert np.array_equal(found.sensors["x"], file["sensors/x"][()])
    assert found.splits == ["train", "test"] and found.image_size == (16, 16)
    assert found.bins == [(25.0, 75.0), (75.0, 125.0)]


@pytest.mark.parametrize("kind", ["numpy", "torch", "channels first", "floating", "fortran"])
def test_arrays_are_the_recording_they_would_be_in_a_file(recording, tmp_path, kind):
    whole = ai.Recording(recording)
    with h5py.File(recording) as file:
        images, responses = file["stimuli/images"][()], file["responses"][()]
        given = {"stimulus": file["trials/stimulus"][()], "split": file["trials/split"].asstr()[()]}
    if kind == "torch":
        images, responses = torch.from_numpy(images), torch.from_numpy(responses)
    elif kind == "channels first":
        images = np.moveaxis(images, 3, 1)
    elif kind == "floating":
        images = images / 255
    elif kind == "fortran":
        responses = np.asfortranarray(responses.astype(np.float64))
    arrays = ai.Recording.from_arrays(images, responses, bins=whole.bins,
                                      sensors=dict(whole.sensors), **given)
    arrays.save(tmp_path / "r.h5")
    found = ai.Recording(tmp_path / "r.h5")
    for split in ("train", "test"):
        assert np.array_equal(found.responses(split), whole.responses(split))
        assert np.array_equal(found.images(split), whole.images(split))
    assert np.array_equal(found.sensors["x"], whole.sensors["x"])
    with pytest.raises(ai.Error, match="exists already"):
        arrays.save(tmp_path / "r.h5")


def test_arrays_are_not_copied():
    """Peak memory of a recording of 1 GB made of arrays, in a process of its own: /proc counts it."""
    code = """
import resource, numpy as np, afterimage as ai
responses = np.zeros((1000, 1000, 250), np.float32); responses[:] = 1
images = np.zeros((1000, 64, 64, 3), np.uint8)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
recording = ai.Recording.from_arrays(images, responses)
assert recording.responses("train") is not None
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)
""".replace('assert recording.responses("train") is not None\n', "")
    grown = float(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True,
                                 text=True).stdout)
    assert grown < 50, f"{grown} MiB more for arrays of 954 MiB"


@pytest.mark.parametrize("kind", ["array", "fortran", "memmap", "read-only memmap", "torch"])
def test_arrays_are_shared(tmp_path, kind):
    """What is written into the arrays afterwards is what the recording reads: there is no second."""
    images, responses = np.zeros((4, 8, 8, 3), np.uint8), np.zeros((4, 3, 2), np.float32)
    written = responses
    if kind == "fortran":
        written = responses = np.asfortranarray(responses)
    elif "memmap" in kind:
        written = responses = np.memmap(tmp_path / "r", np.float32, "w+", shape=(4, 3, 2))
        if kind == "read-only memmap":
            responses = np.memmap(tmp_path / "r", np.float32, "r", shape=(4, 3, 2))
    elif kind == "torch":
        images, responses = torch.from_numpy(images), torch.from_numpy(responses)
    recording = ai.Recording.from_arrays(images, responses)
    written[2, 1, 1] = 7
    images[3, 2, 1, 0] = 9
    assert recording.responses("train")[2, 1, 1] == 7 and recording.images("train")[3, 2, 1, 0] == 9
    recording.save(tmp_path / "saved.h5")  # and so does the library
    saved = ai.Recording(tmp_path / "saved.h5")
    assert saved.responses("train")[2, 1, 1] == 7 and saved.images("train")[3, 2, 1, 0] == 9


@pytest.mark.parametrize("change, words", [
    (dict(responses=np.zeros((4, 3, 1, 1))), "responses"),
    (dict(responses=np.array([["a"] * 3] * 4)), "responses"),
    (dict(images=np.zeros((4, 8, 8, 2), np.uint8)), "images"),
    (dict(images=np.full((4, 8, 8, 3), 255.0)), "from 0 to 1"),
    (dict(stimulus=[0, 1, 2]), "stimulus"),
    (dict(stimulus=[0, 1, 2, 4]), "trial 3 shows 4"),
    (dict(split=["train"]), "split"),
    (dict(bins=[(0, 1), (1, 2)]), "bins"),
])
def test_what_does_not_fit_is_refused(change, words):
    given = dict(images=np.zeros((4, 8, 8, 3), np.uint8), responses=np.zeros((4, 3, 1))) | change
    with pytest.raises(ai.Error, match=words):
        ai.Recording.from_arrays(given.pop("images"), given.pop("responses"), **given)


def test_errors_are_the_command_lines(tmp_path):
    with pytest.raises(ValueError, match="no such file"):
        ai.Recording(tmp_path / "none.h5")
    (tmp_path / "text.h5").write_text("no HDF5")
    with pytest.raises(ai.Error, match="text.h5"):
        ai.Recording(tmp_path / "text.h5")


@pytest.mark.parametrize("order", [["h5py", "afterimage"], ["afterimage", "h5py"]])
def test_two_hdf5_libraries_live_in_one_process(recording, tmp_path, order):
    code = f"""
import {order[0]}, {order[1]}
import numpy as np
with h5py.File({str(tmp_path / "x.h5")!r}, "w") as file:
    file["x"] = np.arange(5)
    assert afterimage.Recording({str(recording)!r}).responses("test").shape == (12, 60, 2)
    file["y"] = np.arange(6)
with h5py.File({str(tmp_path / "x.h5")!r}) as file:
    assert file["y"][5] == 5
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_to_xarray_names_what_is_what(recording):
    pytest.importorskip("xarray")
    array = ai.Recording(recording).to_xarray("test")
    assert array.dims == ("trial", "sensor", "bin") and array.shape == (12, 60, 2)
