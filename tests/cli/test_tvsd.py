"""afterimage import tvsd on files that h5py and SciPy wrote in TVSD's layout."""
import signal
import subprocess
import sys
import time

import h5py
import numpy as np
import pytest

from conftest import BINARY, SOURCE, assert_refused, write_png

sys.path.insert(0, str(SOURCE / "tests/reference/importers"))
import make_tvsd as tvsd  # noqa: E402

V1, V4, IT = slice(0, 512), slice(512, 768), slice(768, 1024)


def write_things(folder, leave_out=()):
    rng = np.random.default_rng(9)
    for i, (category, path) in enumerate(sum(tvsd.pictures(), [])):
        if i in leave_out:
            continue
        file = folder / category / path.split("\\")[-1]
        file.parent.mkdir(parents=True, exist_ok=True)
        # PNG under the name of a JPEG: what counts is what is in it.
        write_png(file, rng.integers(0, 256, (40, 50, 3)))
    return folder


@pytest.fixture(scope="module")
def monkey(tmp_path_factory):
    base = tmp_path_factory.mktemp("tvsd")
    truth = tvsd.write_monkey(base / "monkeyN")
    write_things(base / "things")
    return base, truth


def imported(path):
    with h5py.File(path) as f:
        return {"r": f["responses"][:], "split": f["trials/split"].asstr()[:],
                "stimulus": f["trials/stimulus"][:], "repeat": f["trials/repeat"][:],
                "block": f["trials/block"][:], "name": f["stimuli/name"].asstr()[:],
                "category": f["stimuli/category"].asstr()[:], "roi": f["sensors/roi"].asstr()[:],
                "array": f["sensors/array"][:], "x": f["sensors/x"][:], "y": f["sensors/y"][:],
                "size": f["sensors/size"][:], "reliability": f["sensors/reliability"][:],
                "snr": f["sensors/measures/snr"][:], "sensor": f["sensors/name"].asstr()[:],
                "bins": np.c_[f["bins/start_ms"][:], f["bins/stop_ms"][:]],
                "images": f["stimuli/images"].shape, "degrees": f.attrs["degrees_per_stimulus"],
                "fixation": (f.attrs["fixation_x"], f.attrs["fixation_y"]),
                "window": f["truth/window_ms"][:] if "truth/window_ms" in f else None}


def expected(truth, windows):
    """Means over each ROI's windows, (trial, electrode, window), in the file's order of trials."""
    physical = truth["mua"][:, :, tvsd.mapping() - 1].astype(float)
    out = np.empty((physical.shape[1], 1024, len(windows[0])))
    for channels, list_ in zip((V1, V4, IT), windows):
        for w, (start, stop) in enumerate(list_):
            out[:, channels, w] = physical[start + 100:stop + 100, :, channels].mean(0)
    return out[(truth["mat"][:, 1] > 0) | (truth["mat"][:, 2] > 0)]


WINDOWS = {"single": [[(0, 133)], [(33, 166)], [(66, 199)]],
           "five": [[(s + 26 * i, s + 26 * i + 27) for i in range(5)] for s in (0, 33, 66)],
           "authors": [[(25, 125)], [(50, 150)], [(75, 175)]],
           "V1:0-10,V4:5-25,IT:-100-0": [[(0, 10)], [(5, 25)], [(-100, 0)]]}


@pytest.mark.parametrize("windows", WINDOWS)
def test_trials_channels_and_windows(run, tmp_path, monkey, windows):
    base, truth = monkey
    told = run("import", "tvsd", base / "monkeyN", "--images", base / "things", "--out", "out.h5",
               "--windows", windows, check=True).stderr
    got = imported(tmp_path / "out.h5")
    np.testing.assert_allclose(got["r"], expected(truth, WINDOWS[windows]), atol=2e-6)
    assert "dropped 1 trials: of neither set" in told
    mat = truth["mat"][(truth["mat"][:, 1] > 0) | (truth["mat"][:, 2] > 0)]
    train = mat[:, 1] > 0
    assert (got["split"] == np.where(train, "train", "test")).all()
    assert (got["stimulus"] == np.where(train, mat[:, 1] - 1, tvsd.TRAIN + mat[:, 2] - 1)).all()
    assert (got["block"] == mat[:, 5] - 1).all() and (got["repeat"] == mat[:, 3] - 1).all()
    assert got["name"][6] == "object_images/crème/crème_01b.jpg" and got["category"][6] == "crème"
    assert got["images"] == (10, 96, 96, 3) and abs(got["degrees"] - 500 / 28.9) < 1e-9
    assert np.allclose(got["fixation"], 0.3)  # the image's middle is 100 of 500 pixels off
    assert got["window"][600].tolist() == [list(w) for w in WINDOWS[windows][1]]
    assert [p.name for p in tmp_path.iterdir()] == ["out.h5"]


def test_every_millisecond_and_prepare(run, tmp_path, monkey):
    base, truth = monkey
    common = ["import", "tvsd", base / "monkeyN", "--images", base / "things"]
    run(*common, "--out", "all.h5", "--windows", "all", "--rois", "V4,IT", check=True)
    got = imported(tmp_path / "all.h5")
    assert got["r"].shape == (19, 512, 300) and got["bins"][0].tolist() == [-100, -99]
    run("prepare", "all.h5", "--out", "single.h5", "--windows", "single", check=True)
    run(*common, "--out", "direct.h5", "--rois", "V4,IT", check=True)
    single, direct = imported(tmp_path / "single.h5"), imported(tmp_path / "direct.h5")
    np.testing.assert_allclose(single["r"], direct["r"], atol=1e-6)
    assert (single["window"] == direct["window"]).all()


def test_receptive_fields_and_measures(run, tmp_path, monkey):
    base, truth = monkey
    run("import", "tvsd", base / "monkeyN", "--images", base / "things", "--out", "out.h5",
        "--min-reliability", 0.4, "--min-snr", 2, "--mapped-only", check=True)
    got = imported(tmp_path / "out.h5")
    x, y, sx, sy = (v.round() for v in tvsd.fields())
    kept = (truth["reliab"].mean(0) >= 0.4) & (truth["snr"][:, 0] >= 2) & ~np.isnan(x)
    assert got["sensor"].tolist() == [f"channel-{i + 1}" for i in np.flatnonzero(kept)]
    # The image's middle lies 100 px right of and 100 px below fixation; y grows upwards there.
    np.testing.assert_allclose(got["x"], ((x - 100 + 250) / 500)[kept])
    np.testing.assert_allclose(got["y"], ((-y - 100 + 250) / 500)[kept])
    np.testing.assert_allclose(got["size"], (np.sqrt(sx * sy) / 500)[kept])
    np.testing.assert_allclose(got["reliability"], truth["reliab"].mean(0)[kept])
    run("prepare", "out.h5", "--out", "fewer.h5", "--reliability-kind", "single-trial",
        "--min-reliability", 0.7, check=True)  # what the file has is of pairs of single trials
    assert (imported(tmp_path / "fewer.h5")["reliability"] == got["reliability"][got["reliability"] >= 0.7]).all()
    assert (got["array"] == np.flatnonzero(kept) // 64).all()
    np.testing.assert_allclose(got["r"], expected(truth, WINDOWS["single"])[:, kept], atol=2e-6)
    assert "chosen by measures" in run("info", "out.h5", check=True).stdout


def test_monkey_f_has_it_before_v4(run, tmp_path, monkey):
    base, _ = monkey
    run("import", "tvsd", base / "monkeyN", "--images", base / "things", "--out", "out.h5",
        "--monkey", "F", check=True)
    roi = imported(tmp_path / "out.h5")["roi"]
    assert (roi[:512] == "V1").all() and (roi[512:832] == "IT").all() and (roi[832:] == "V4").all()


def test_normalised_means(run, tmp_path, monkey):
    base, truth = monkey
    run("import", "tvsd", base / "monkeyN", "--images", base / "things", "--out", "out.h5",
        "--data", "normalised", check=True)
    got = imported(tmp_path / "out.h5")
    assert np.array_equal(got["r"][:7, :, 0], truth["train"])
    assert np.array_equal(got["r"][7:, :, 0].reshape(4, 3, 1024), truth["reps"])
    assert got["repeat"][7:].tolist() == np.repeat(range(4), 3).tolist()
    assert "test trials" in run("info", "out.h5", check=True).stdout


@pytest.mark.parametrize("chunks", [(1, 20, 1024), (300, 20, 1), (64, 7, 100), (300, 1, 1024), None])
def test_any_layout_of_the_trial_file(run, tmp_path, monkey, chunks):
    base, truth = monkey
    own = tvsd.write_monkey(tmp_path / "monkeyN", chunks=chunks)
    run("import", "tvsd", "monkeyN", "--images", base / "things", "--out", "out.h5", check=True)
    assert np.array_equal(own["mua"], truth["mua"])
    np.testing.assert_allclose(imported(tmp_path / "out.h5")["r"],
                               expected(truth, WINDOWS["single"]), atol=2e-6)


@pytest.mark.parametrize("signal_", [signal.SIGKILL, signal.SIGINT])
def test_goes_on_after_a_kill(run, tmp_path, monkey, signal_):
    """Stopped half-way, an import keeps what was there, and the next one goes on."""
    base, _ = monkey
    folder = tmp_path / "monkeyN"
    tvsd.write_monkey(folder, trials=False)
    rng = np.random.default_rng(2)
    mat = np.array([[i + 1, i % 7 + 1, 0, i // 7 + 1, 1, 1] for i in range(500)], float)
    with h5py.File(folder / "THINGS_MUA_trials.mat", "w") as f:  # 0.6 GB, but mostly unwritten
        mua = f.create_dataset("ALLMUA", (300, 500, 1024), "f4", chunks=(300, 25, 256))
        block = rng.normal(size=(300, 25, 256)).astype("f4")
        mua[:, 475:, :256] = block
        f["ALLMAT"] = mat.T
    (tmp_path / "out.h5").write_bytes(b"what was there before")
    command = ["import", "tvsd", "monkeyN", "--images", base / "things", "--out", "out.h5", "--force"]
    process = subprocess.Popen([str(BINARY), *map(str, command)], cwd=tmp_path,
                               stderr=subprocess.DEVNULL)
    cursor = tmp_path / ".out.h5.stream.json"
    deadline = time.time() + 60
    while not cursor.exists() and time.time() < deadline and process.poll() is None:
        time.sleep(0.005)
    process.send_signal(signal_)
    assert process.wait() == (130 if signal_ == signal.SIGINT else -9)
    assert (tmp_path / "out.h5").read_bytes() == b"what was there before"
    result = run(*command, check=True)
    assert "going on after" in result.stderr
    got = imported(tmp_path / "out.h5")
    raw = np.zeros((25, 1024))
    for channels, (start, stop) in zip((V1, V4, IT), [(0, 133), (33, 166), (66, 199)]):
        for c in range(channels.start, channels.stop):
            recorded = tvsd.mapping()[c] - 1
            if recorded < 256:
                raw[:, c] = block[start + 100:stop + 100, :, recorded].mean(0)
    np.testing.assert_allclose(got["r"][475:, :, 0], raw, atol=2e-6)
    assert not got["r"][:475].any()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["monkeyN", "out.h5"]


def change(file, name, data):
    del file[name]
    file[name] = data


BAD = {
    "imgs-nothing": (lambda f: f.__delitem__("test_imgs"), ["test_imgs"]),
    "imgs-text": (lambda f: change(f, "train_imgs/class", np.arange(7)), ["train_imgs/class", "cell"]),
    "norm-reliab": (lambda f: change(f, "reliab", np.zeros((6, 1000))), ["reliab", "1024"]),
    "trials-turned": (lambda f: change(f, "ALLMUA", np.zeros((1024, 20, 30), "f4")), ["ALLMUA", "1024"]),
    "trials-table": (lambda f: change(f, "ALLMAT", np.zeros((20, 6))), ["ALLMAT", "(6, 20)"]),
    "trials-picture": (lambda f: f["ALLMAT"].__setitem__((1, 4), 99), ["train_pic of trial 5", "99", "7"]),
    "trials-fraction": (lambda f: f["ALLMAT"].__setitem__((1, 4), 0.5), ["ALLMAT", "whole"]),
    "trials-both": (lambda f: f["ALLMAT"].__setitem__((slice(1, 3), 4), 1), ["both sets"]),
    "trials-day": (lambda f: f["ALLMAT"].__setitem__((5, slice(None)), 0), ["day of trial", "0"]),
    "trials-nan": (lambda f: f["ALLMUA"].__setitem__((150, 11, 700), np.nan),
                   ["time 150", "trial 11", "channel 700", "nan"]),
    "trials-times": (lambda f: change(f, "tb", np.arange(30.0)), ["tb", "30", "300"]),
}


@pytest.mark.parametrize("kind", BAD)
def test_bad_files_are_refused(run, tmp_path, monkey, kind):
    spoil, words = BAD[kind]
    which = kind.split("-")[0]
    tvsd.write_monkey(tmp_path / "monkeyN",
                      spoil=lambda name, file: spoil(file) if name == which else None)
    result = run("import", "tvsd", "monkeyN", "--images", monkey[0] / "things", "--out", "out.h5",
                 "--quiet")
    assert_refused(result, *words)
    assert [p.name for p in tmp_path.iterdir()] == ["monkeyN"]


def test_missing_and_cut_files_and_bad_options(run, tmp_path, monkey):
    base, _ = monkey
    common = ["import", "tvsd", base / "monkeyN", "--out", "out.h5", "--quiet"]
    assert_refused(run(*common), "--images")
    assert_refused(run(*common, "--images", base / "nowhere"), "nowhere")
    some = write_things(tmp_path / "some", leave_out=(2, 8))
    assert_refused(run(*common, "--images", some), "lacks 2 images", "zebra_02b", "dog_01s")
    result = run(*common[:-1], "--images", some, "--skip-missing", check=True)
    assert "dropped 5 trials: their images are missing" in result.stderr
    assert "missing image: object_images/dog/dog_01s.jpg" in result.stderr
    common += ["--images", base / "things", "--force"]
    assert_refused(run(*common, "--windows", "V1:0-50,V4:0-50"), "IT")
    assert_refused(run(*common, "--windows", "0-250"), "0-250", "200")
    assert_refused(run(*common, "--min-oracle", 1.5), "min-oracle")
    assert_refused(run(*common, "--monkey", "X"), "--monkey")
    assert_refused(run("import", "tvsd", base, "--images", base / "things", "--out", "no.h5"),
                   "THINGS_normMUA.mat")
    cut = tmp_path / "monkeyN"
    tvsd.write_monkey(cut)
    whole = (cut / "THINGS_MUA_trials.mat").read_bytes()
    (cut / "THINGS_MUA_trials.mat").write_bytes(whole[:len(whole) // 2])
    assert_refused(run("import", "tvsd", cut, "--images", base / "things", "--out", "no.h5"), "cut")
    assert not list(tmp_path.glob(".*"))
