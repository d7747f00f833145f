"""Time and peak memory of `evaluate` with all metrics and checks, on many test images.

A recording is simulated from the example photographs; all crops of a part of them become its test, each
shown twice. Ridge regression decodes it, with controls and probes, so that every check has what it needs.

    python benchmarks/evaluate.py BINARY [--images 1000] [--size 64] [--folder DIR]
"""
import argparse
import os
import subprocess
import tempfile
import time
from pathlib import Path

import h5py
import numpy as np

SOURCE = Path(__file__).resolve().parents[1]


def run(binary, folder, *words):
    """Seconds on the wall, of the processor, and peak MiB."""
    start = time.monotonic()
    process = subprocess.Popen([binary, *map(str, words), "--quiet"], cwd=folder, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{words[0]} failed")
    return time.monotonic() - start, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def make_recording(binary, folder, images, size):
    training = 2400
    run(binary, folder, "simulate", "--images", SOURCE / "assets/examples/photos", "--out", "all.h5",
        "--image-size", size, "--scale", .3, "--train-trials", training + images, "--test-images", 2,
        "--test-repeats", 2, "--force")
    rng = np.random.default_rng(1)
    with h5py.File(folder / "all.h5") as old, h5py.File(folder / "r.h5", "w") as new:
        for name in ("bins", "sensors", "stimuli"):
            old.copy(name, new)
        new.attrs.update(old.attrs)
        shown, split = old["trials/stimulus"][:], old["trials/split"].asstr()[:]
        source = old["stimuli/source"].asstr()[:][shown]
        names = sorted(set(source[split == "train"]))
        tested, kept = np.zeros(len(split), bool), split == "train"
        for name in names:  # whole photographs, until there are enough
            if tested.sum() < images:
                tested |= kept & (source == name)
        tested[np.flatnonzero(tested)[images:]] = False
        learned = kept & ~np.isin(source, source[tested])
        rows = np.r_[np.flatnonzero(learned), np.repeat(np.flatnonzero(tested), 2)]
        responses = old["responses"][:][rows]
        responses += rng.normal(0, responses.std() / 2, responses.shape).astype(np.float32)
        new["responses"] = responses
        new["trials/stimulus"] = shown[rows]
        count = learned.sum()
        new["trials/split"] = ["train"] * count + ["test"] * (len(rows) - count)
        new["trials/block"] = np.zeros(len(rows), int)
        new["trials/repeat"] = np.r_[np.zeros(count, int), np.tile([0, 1], (len(rows) - count) // 2)]
    return tested.sum()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("binary", type=lambda path: Path(path).resolve())
    parser.add_argument("--images", type=int, default=1000)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--folder", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as passing:
        folder = arguments.folder or Path(passing)
        binary = arguments.binary
        count = make_recording(binary, folder, arguments.images, arguments.size)
        run(binary, folder, "train", "ridge", "--recording", "r.h5", "--out", "ridge", "--set",
            f"data.image_size={arguments.size}")
        run(binary, folder, "reconstruct", "ridge", "r.h5", "--out", "i.h5")
        wall, processor, memory = run(binary, folder, "evaluate", "i.h5", "--recording", "r.h5", "--out", "s.json")
        print(f"evaluate, {count} images of {arguments.size} x {arguments.size}: {wall:.1f} s, "
              f"{processor:.1f} s of the processor, {memory:.0f} MiB")


if __name__ == "__main__":
    main()
