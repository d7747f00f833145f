"""afterimage features: what pretrained networks say of stimuli, on disk, by content."""
import shutil
import signal
import subprocess
import time

import h5py
import numpy as np
from conftest import BINARY, SOURCE, assert_refused, write_recording

PIPELINE = SOURCE / "tests/reference/diffusion/pipeline"


def features(run, recording, out, *options, **keywords):
    return run("features", recording, "--out", out, *options, **keywords)


def test_layers_of_a_network(run, tmp_path):
    recording = write_recording(tmp_path / "r.h5", train=9, test=2, size=32)
    text = features(run, recording, "f.h5", "--network", "squeezenet", "--layers", "features.4,logits",
                    check=True).stdout
    assert "11 stimuli x 1000" in text
    with h5py.File(tmp_path / "f.h5") as file:
        assert file.attrs["format"] == "afterimage-features"
        shape = [int(n) for n in file["features/features.4"].attrs["unit_shape"].split(",")]
        values = file["features/features.4"][:]
        assert values.shape == (11, np.prod(shape)) and values.dtype == np.float32
        assert len(set(file["stimulus_key"][:])) == 11
        assert file["stimulus_name"].asstr()[0] == "0"
    assert not (tmp_path / "f.h5.partial").exists()
    features(run, recording, "test.h5", "--network", "squeezenet", "--layers", "logits", "--split", "test", check=True)
    with h5py.File(tmp_path / "test.h5") as some, h5py.File(tmp_path / "f.h5") as file:
        np.testing.assert_allclose(some["features/logits"][:], file["features/logits"][9:], rtol=1e-4, atol=1e-4)


def test_equal_pictures_are_read_from_known_files_and_equal_ones_computed_once(run, tmp_path):
    def twice(file):
        file["stimuli/images"][1] = file["stimuli/images"][0]

    recording = write_recording(tmp_path / "r.h5", train=9, test=2, size=32, change=twice)
    options = ["--network", "squeezenet", "--layers", "logits"]
    features(run, recording, "a.h5", *options, check=True)
    with h5py.File(tmp_path / "a.h5", "r+") as file:
        values = file["features/logits"][:]
        assert np.array_equal(values[0], values[1]) and file["stimulus_key"][0] == file["stimulus_key"][1]
        file["features/logits"][:] = values + 1  # so that a copy is told from a computation
    features(run, recording, "b.h5", *options, "--reuse", "a.h5", check=True)
    with h5py.File(tmp_path / "b.h5") as file:
        np.testing.assert_array_equal(file["features/logits"][:], values + 1)
    # Another layer's file is of no use.
    features(run, recording, "c.h5", "--network", "squeezenet", "--layers", "features.12", "--reuse", "a.h5", check=True)


def test_goes_on_after_an_interruption(run, tmp_path):
    recording = write_recording(tmp_path / "r.h5", train=300, test=2, size=64)
    options = ["--network", "squeezenet", "--layers", "logits"]
    process = subprocess.Popen([BINARY, "features", recording, "--out", "f.h5", *options], cwd=tmp_path,
                               stderr=subprocess.PIPE, text=True)
    partial = tmp_path / "f.h5.partial"
    while not (partial.exists() and len(list(partial.glob("*.safetensors"))) > 1):
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    assert "goes on from here" in process.communicate(timeout=60)[1] and process.returncode == 130
    assert not (tmp_path / "f.h5").exists()
    copy = shutil.copytree(partial, tmp_path / "copy")
    features(run, recording, "f.h5", *options, check=True)
    assert not partial.exists()
    features(run, recording, "whole.h5", *options, check=True)
    with h5py.File(tmp_path / "f.h5") as a, h5py.File(tmp_path / "whole.h5") as b:
        np.testing.assert_allclose(a["features/logits"][:], b["features/logits"][:], rtol=1e-4, atol=1e-4)
    # What is kept is not computed again, but taken as it is.
    shutil.copytree(copy, partial)
    first = sorted(partial.glob("*.safetensors"))[0]
    first.write_bytes(first.read_bytes()[:-4] + np.float32(12345).tobytes())
    (tmp_path / "f.h5").unlink()
    features(run, recording, "f.h5", *options, check=True)
    with h5py.File(tmp_path / "f.h5") as file:
        assert (file["features/logits"][:] == 12345).sum() == 1


def test_latents_and_conditions_of_stable_diffusion(run, tmp_path):
    recording = write_recording(tmp_path / "r.h5", train=5, test=2, size=32)
    rows = [f'{i},"a photo of {word}"' for i in range(7) for word in ("a cat", "two dogs")]
    (tmp_path / "captions.csv").write_text("stimulus,caption\n" + "\n".join(rows) + "\n")
    diffusion = ["--network", "stable-diffusion", "--checkpoint", PIPELINE]
    features(run, recording, "zc.h5", *diffusion, "--layers", "z,c", "--captions", "captions.csv", check=True)
    with h5py.File(tmp_path / "zc.h5") as file:
        assert file["features/z"].attrs["unit_shape"] == "4,16,16"
        assert file["features/c"].attrs["unit_shape"] == "14,8"
        mean, c = file["features/z"][:], file["features/c"][:]
        assert np.isfinite(c).all() and np.ptp(c, axis=0).max() < 1e-5  # the captions are the same
    with h5py.File(recording, "a") as file:
        file["stimuli/caption"] = [["a photo of a cat", "a photo of two dogs"]] * 7
    features(run, recording, "own.h5", *diffusion, "--layers", "c", check=True)
    with h5py.File(tmp_path / "own.h5") as file:
        np.testing.assert_array_equal(file["features/c"][:], c)
    features(run, recording, "s.h5", *diffusion, "--sampled", check=True)
    features(run, recording, "again.h5", *diffusion, "--sampled", check=True)
    with h5py.File(tmp_path / "s.h5") as file, h5py.File(tmp_path / "again.h5") as again:
        assert np.abs(file["features/z"][:] - mean).max() > 1e-3
        np.testing.assert_allclose(file["features/z"][:], again["features/z"][:], atol=1e-6)


def test_bad_input_is_refused(run, tmp_path):
    recording = write_recording(tmp_path / "r.h5", train=5, test=2, size=32)
    diffusion = ["--network", "stable-diffusion", "--checkpoint", PIPELINE]
    assert_refused(features(run, recording, "f.h5", "--network", "squeezenet", "--layers", "features.44"),
                   "features.44", "features.4")
    assert_refused(features(run, recording, "f.h5", "--network", "squeezenets"), "squeezenets", "squeezenet")
    assert_refused(features(run, recording, "f.h5", *diffusion, "--layers", "x"), "'x'", "z")
    assert_refused(features(run, recording, "f.h5", *diffusion, "--layers", "c"), "captions", "r.h5 has none")
    (tmp_path / "captions.csv").write_text("stimulus,caption\n0,a cat\n")
    assert_refused(features(run, recording, "f.h5", *diffusion, "--layers", "c", "--captions", "captions.csv"),
                   "captions.csv", "'1'")
    (tmp_path / "captions.csv").write_text("stimulus,caption\n" + "".join(f"{i},a cat\n" for i in range(7)))
    assert_refused(features(run, recording, "f.h5", *diffusion, "--tokens", 20, "--layers", "c",
                            "--captions", "captions.csv"), "tokens", "15")
    assert_refused(features(run, recording, "f.h5", *diffusion, "--image-size", 33), "image_size", "33", "multiple of 2")
    home = {"HOME": str(tmp_path), "HF_HOME": "", "AFTERIMAGE_WEIGHTS": ""}
    assert_refused(features(run, recording, "f.h5", "--network", "stable-diffusion", **home), "checkpoint", "hf download")
    assert_refused(features(run, recording, "f.h5", "--network", "clip-b32", **home), "clip-b32")
    assert not (tmp_path / "f.h5").exists()
