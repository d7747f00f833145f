"""Writes small files in the layout of TVSD, as MATLAB wrote it, by h5py and SciPy.

    pip install numpy h5py scipy
    python tests/reference/importers/make_tvsd.py

makes tests/reference/importers/tvsd (the MATLAB v5 files). The v7.3 files are larger; the tests
make them with `write_monkey`, which needs h5py only.
"""

import shutil
from pathlib import Path

import h5py
import numpy as np

FOLDER = Path(__file__).parent / "tvsd"
CHANNELS, TRAIN, TEST, REPEATS, DAYS = 1024, 7, 3, 4, 2
TIMES = np.arange(-100, 200)


def mapping():
    """1-based: physical[i] = recorded[mapping[i] - 1]."""
    return np.random.default_rng(5).permutation(CHANNELS) + 1


def fields():
    """Centres in pixels from fixation, y upwards; every 10th has none."""
    rng = np.random.default_rng(6)
    x, y = rng.uniform(-150, 350, CHANNELS), rng.uniform(-350, 150, CHANNELS)
    x[::10] = y[::10] = np.nan
    return x, y, rng.uniform(10, 40, CHANNELS), rng.uniform(10, 40, CHANNELS)


def write_texts(file, struct, field, texts):
    """A field of a MATLAB structure array: references to UTF-16 texts in #refs#, shape (n, 1)."""
    refs = file.require_group("#refs#")
    list_ = np.empty((len(texts), 1), dtype=h5py.ref_dtype)
    for i, text in enumerate(texts):
        units = np.frombuffer(text.encode("utf-16-le"), "<u2").reshape(-1, 1)
        data = refs.create_dataset(f"{struct}_{field}_{i}", data=units)
        data.attrs["MATLAB_class"] = np.bytes_("char")
        data.attrs["MATLAB_int_decode"] = np.int32(2)
        list_[i, 0] = data.ref
    file.require_group(struct).create_dataset(field, data=list_, dtype=h5py.ref_dtype)


def pictures():
    train = [("zebra", f"object_images\\zebra\\zebra_{i:02d}b.jpg") for i in range(TRAIN - 1)]
    return train + [("crème", "object_images\\crème\\crème_01b.jpg")], [
        ("dog", f"object_images\\dog\\dog_{i:02d}s.jpg") for i in range(TEST)]


def trial_table(rng):
    """ALLMAT (trial, 6): number, train_pic, test_pic, rep, count, day; in random order, with one
    trial of neither set."""
    rows = [(t + 1, 0, 1, d) for d in (1, 2) for t in range(d - 1, TRAIN, 2)]
    rows += [(0, t + 1, r + 1, 1 + r % DAYS) for r in range(REPEATS) for t in range(TEST)]
    rows += [(0, 0, 1, 1)]
    rows = [rows[i] for i in rng.permutation(len(rows))]
    return np.array([[i + 1, a, b, r, i + 1, d] for i, (a, b, r, d) in enumerate(rows)], float)


def signals(trials, rng):
    """(time, trial, recorded channel) float32, different everywhere."""
    return rng.normal(size=(len(TIMES), trials, CHANNELS)).astype(np.float32)


def write_monkey(folder, seed=1, chunks=(300, 4, 256), trials=True, spoil=None):
    """monkeyN as it is distributed. `spoil(name, file)` may damage a v7.3 file before it is
    closed. Gives what was written."""
    rng = np.random.default_rng(seed)
    logs = folder / "_logs"
    logs.mkdir(parents=True)
    shutil.copy(FOLDER / "1024chns_mapping_20220105.mat", logs)
    shutil.copy(FOLDER / "THINGS_RFs.mat", folder)
    spoil = spoil or (lambda name, file: None)
    truth = {"mat": trial_table(rng), "reliab": rng.uniform(-0.2, 1, (6, CHANNELS)),
             "oracle": rng.uniform(0, 1, (CHANNELS, 1)), "snr": rng.uniform(0, 6, (CHANNELS, 1)),
             "train": rng.normal(size=(TRAIN, CHANNELS)).astype(np.float32),
             "reps": rng.normal(size=(REPEATS, TEST, CHANNELS)).astype(np.float32)}
    with h5py.File(logs / "things_imgs.mat", "w", userblock_size=512) as f:
        for struct, texts in zip(("train_imgs", "test_imgs"), pictures()):
            write_texts(f, struct, "class", [t[0] for t in texts])
            write_texts(f, struct, "things_path", [t[1] for t in texts])
            write_texts(f, struct, "local_path", ["D:\\" + t[1] for t in texts])
        spoil("imgs", f)
    with h5py.File(folder / "THINGS_normMUA.mat", "w", userblock_size=512) as f:
        f["train_MUA"] = truth["train"]
        f["test_MUA"] = truth["reps"].mean(0)
        f["test_MUA_reps"] = truth["reps"]
        f["reliab"], f["oracle"], f["SNR_max"] = truth["reliab"], truth["oracle"], truth["snr"]
        f["SNR"] = np.tile(truth["snr"].T, (4, 1))
        f["tb"] = TIMES[:, None].astype(float)
        spoil("norm", f)
    if trials:
        truth["mua"] = signals(len(truth["mat"]), rng)
        with h5py.File(folder / "THINGS_MUA_trials.mat", "w", userblock_size=512) as f:
            f.create_dataset("ALLMUA", data=truth["mua"], chunks=chunks)
            f["ALLMAT"] = truth["mat"].T
            f["tb"] = TIMES[:, None].astype(float)
            spoil("trials", f)
    return truth


if __name__ == "__main__":
    from scipy.io import savemat

    FOLDER.mkdir(exist_ok=True)
    savemat(FOLDER / "1024chns_mapping_20220105.mat", {"mapping": mapping()[None].astype("u2")},
            do_compression=True)
    x, y, sx, sy = (v[None].round() for v in fields())
    savemat(FOLDER / "THINGS_RFs.mat", {"all_centrex": x, "all_centrey": y, "all_szx": sx,
                                        "all_szy": sy}, do_compression=True)
