"""Memory and speed of `afterimage import tvsd` on a trial file of several GiB.

    .deps/python/bin/python benchmarks/tvsd_stream.py [--gib 4] [--chunk 300,25,256] [--keep FOLDER]

Writes a synthetic THINGS_MUA_trials.mat (cheap values, never compressed), imports it with the
default windows, and prints peak memory (VmHWM of the program) and MB/s of the file.
"""
import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import h5py
import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests/reference/importers"), str(ROOT / "tests/cli")]
import make_tvsd as tvsd  # noqa: E402
from conftest import write_png  # noqa: E402


def write_trials(path, gib, chunk):
    trials = int(gib * 2**30 / (300 * 1024 * 4))
    with h5py.File(path, "w") as f:
        mua = f.create_dataset("ALLMUA", (300, trials, 1024), "f4", chunks=chunk)
        step = chunk[1] if chunk and chunk[1] < trials else 25
        block = np.random.default_rng(1).normal(size=(300, step, 1024)).astype("f4")
        for first in range(0, trials, step):
            count = min(step, trials - first)
            mua[:, first:first + count] = block[:, :count]
        table = [[i + 1, i % tvsd.TRAIN + 1, 0, i // tvsd.TRAIN + 1, 1, 1] for i in range(trials)]
        f["ALLMAT"] = np.array(table, float).T
    return trials


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--gib", type=float, default=4)
    parser.add_argument("--chunk", default="300,25,256", help="time,trial,channel, or none")
    parser.add_argument("--windows", default="single")
    parser.add_argument("--binary", default=str(ROOT / "build/release/bin/afterimage"))
    options = parser.parse_args()
    chunk = None if options.chunk == "none" else tuple(map(int, options.chunk.split(",")))
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR", "/tmp")) as folder:
        folder = Path(folder)
        tvsd.write_monkey(folder / "monkeyN", trials=False)
        for category, path in sum(tvsd.pictures(), []):
            file = folder / "things" / category / path.split("\\")[-1]
            file.parent.mkdir(parents=True, exist_ok=True)
            write_png(file, np.zeros((96, 96, 3)))
        trials = write_trials(folder / "monkeyN/THINGS_MUA_trials.mat", options.gib, chunk)
        size = (folder / "monkeyN/THINGS_MUA_trials.mat").stat().st_size
        os.sync()
        start = time.time()
        subprocess.run([options.binary, "import", "tvsd", folder / "monkeyN", "--images",
                        folder / "things", "--windows", options.windows, "--out",
                        folder / "out.h5", "--quiet"], check=True)
        seconds = time.time() - start
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        print(f"{size / 2**30:.2f} GiB, {trials} trials, chunk {chunk}, windows {options.windows}: "
              f"{seconds:.1f} s, {size / 1e6 / seconds:.0f} MB/s, peak {peak:.0f} MiB")


if __name__ == "__main__":
    main()
