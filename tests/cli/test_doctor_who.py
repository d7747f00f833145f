"""afterimage import doctor-who on films by OpenCV, masks by SciPy and responses by NumPy."""
import shutil
import sys

import h5py
import numpy as np
import pytest

from conftest import SOURCE, assert_refused

sys.path.insert(0, str(SOURCE / "tests/reference/importers"))
import make_doctor_who as who  # noqa: E402

VOLUMES = {"training_brain_signals/training_brain_signals_run1": 14,
           "training_brain_signals/training_brain_signals_run2": 18,
           "testing_brain_signals/testing_brain_signals_run1": 13}
OPTIONS = ["--tr", 0.2, "--delay", 2, "--volumes", 3]


@pytest.fixture
def folder(tmp_path):
    shutil.copytree(who.FOLDER, tmp_path / "who")
    for i, (name, count) in enumerate(VOLUMES.items()):
        path = tmp_path / "who" / (name + ".npy")
        path.parent.mkdir(exist_ok=True)
        np.save(path, np.random.default_rng(i).normal(size=(count, *who.SHAPE)))
    return tmp_path / "who"


def test_frames_voxels_and_delays(run, tmp_path, folder):
    told = run("import", "doctor-who", folder, "--out", "out.h5", *OPTIONS, "--retina", "none",
               "--image-size", 24, check=True).stderr
    with h5py.File(tmp_path / "out.h5") as f:
        r, images, name = f["responses"][:], f["stimuli/images"][:], f["stimuli/name"].asstr()[:]
        split, block = f["trials/split"].asstr()[:], f["trials/block"][:]
        x, y, roi = f["sensors/x"][:], f["sensors/y"][:], f["sensors/roi"].asstr()[:]
        bins = f["bins/start_ms"][:]
        assert abs(f["stimuli"].attrs["frames_per_second"] - 5) < 1e-9
    # Volumes less delay and window, or frames at the TR: 14-4 < 12, 18-4 < 15, 13-4 < 10.
    trials = [10, 14, 9]
    assert len(r) == sum(trials) and f"dropped {45 - sum(trials)} trials" in told
    assert block.tolist() == np.repeat(range(3), trials).tolist()
    assert split.tolist() == ["train"] * 24 + ["test"] * 9
    np.testing.assert_allclose(bins, [400, 600, 800])
    first = 0
    for (path, _), n in zip(VOLUMES.items(), trials):
        volumes = np.load(folder / (path + ".npy"))
        for t in (0, n - 1):
            right = np.concatenate([volumes[t + 2:t + 5][:, m.astype(bool)]
                                    for m in who.masks().values()], 1)
            np.testing.assert_allclose(r[first + t], right.T, atol=1e-6)
        first += n
    np.testing.assert_allclose(x, 0.5 + np.concatenate(list(who.centres(0).values()), 1)[0])
    np.testing.assert_allclose(y, 0.5 + np.concatenate(list(who.centres(1).values()), 1)[0])
    assert np.isnan(x).sum() == 3
    assert (roi == np.repeat(["V1", "V1", "V2"], [int(m.sum()) for m in who.masks().values()])).all()
    # Frame k is picture 5 k: blue brightens by 15, right is green above red.
    assert images.shape[1:] == (24, 24, 3) and name[11] == "train-run-2-1"
    blue = images[:10, 6:18, 3:9].mean((1, 2))
    np.testing.assert_allclose(blue[:, 2], 15 * np.arange(10), atol=2.5)
    assert (np.diff(blue[:, 2]) > 5).all()
    assert images[3, 4, 20].argmax() == 1 and images[3, 20, 20].argmax() == 0


def test_frames_as_arrays_and_the_warp(run, tmp_path, folder):
    plain = np.random.default_rng(8).integers(0, 256, (15, 24, 24, 3), dtype=np.uint8)
    frames = tmp_path / "frames"
    frames.mkdir()
    for i in (1, 2):
        np.save(frames / f"training_video_run{i}.npy", plain)
    common = ["import", "doctor-who", folder, *OPTIONS, "--train-videos", frames, "--image-size", 24]
    run(*common, "--out", "plain.h5", "--retina", "none", check=True)
    run(*common, "--out", "warped.h5", check=True)
    run("prepare", "plain.h5", "--out", "prepared.h5", "--retina", "warp", check=True)
    with h5py.File(tmp_path / "plain.h5") as a, h5py.File(tmp_path / "warped.h5") as b, \
            h5py.File(tmp_path / "prepared.h5") as c:
        assert np.array_equal(a["stimuli/images"][10:24], plain[:14])
        assert np.array_equal(b["stimuli/images"][:], c["stimuli/images"][:])
        # The published fields are those of warped frames: only `prepare` moves them.
        np.testing.assert_array_equal(a["sensors/x"][:], b["sensors/x"][:])
        assert np.nanmax(abs(a["sensors/x"][:] - c["sensors/x"][:])) > 0.02


def test_trains_with_runs_normalised(run, tmp_path, folder):
    run("import", "doctor-who", folder, "--out", "out.h5", *OPTIONS, "--mapped-only", "--zscore",
        "block", check=True)
    with h5py.File(tmp_path / "out.h5") as f:
        r, block = f["responses"][:], f["trials/block"][:]
    np.testing.assert_allclose(r[block == 0].mean(0), 0, atol=1e-6)
    np.testing.assert_allclose(r[block == 1].std(0), 1, atol=1e-5)


def test_bad_files_are_refused(run, tmp_path, folder):
    common = ["import", "doctor-who", folder, "--out", "out.h5", "--quiet", *OPTIONS]
    signals = folder / "training_brain_signals/training_brain_signals_run2.npy"
    whole = np.load(signals)
    np.save(signals, whole.transpose(0, 3, 2, 1))
    assert_refused(run(*common), "(2, 3, 4)", "(4, 3, 2)")
    np.save(signals, np.where(np.arange(18)[:, None, None, None] == 9, np.nan, whole))
    assert_refused(run(*common), "nan", "trial")
    np.save(signals, whole[:4])
    assert_refused(run(*common), "run2", "4 volumes")
    signals.write_bytes(b"\x93NUMPY\x01\x00 cut")
    assert_refused(run(*common), "run2")
    np.save(signals, whole)
    film = folder / "videos/train/run_002.webm"
    content = film.read_bytes()
    film.write_bytes(content[:200])
    assert_refused(run(*common), "run_002.webm")
    film.unlink()
    assert_refused(run(*common), "no film of run 2")
    film.write_bytes(content)
    assert_refused(run(*common, "--delay", 200), "--delay")
    assert_refused(run(*common, "--train-videos", "elsewhere"), "elsewhere")
    (folder / "roimask.mat").unlink()
    assert_refused(run(*common), "roimask.mat")
    assert_refused(run("import", "doctor-who", film, "--out", "out.h5"), "one folder")
    assert [p.name for p in tmp_path.iterdir()] == ["who"]
    run("import", "--template", "doctor-who", check=True)
