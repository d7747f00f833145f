"""Peak memory of every step from a laboratory's array to scores, for recordings of several sizes.

    .deps/python/bin/python benchmarks/memory.py [--gigabytes 1 3 30] [--folder FOLDER]

Responses of 1,024 sensors x 300 bins of 1 ms (one trial: 1.2 MB) are written as a sparse .npy file:
three bins hold a linear image of the stimulus with noise, the rest is a hole and takes no space.
The recording made of it does: the folder needs that many gigabytes once. Training reads the three
bins of the whole recording. Peaks are those of the whole program (ru_maxrss); the page cache of the
operating system is not among them.
"""
import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
SENSORS, BINS, SIDE, TEST, REPEATS = 1024, 300, 64, 100, 10
SIGNAL = (130, 131, 132)  # bins that hold something: 30 to 33 ms after onset
START_MS = -100


def write_images(path, stimuli, random):
    """Blocks of 8 x 8 pixels, and what they were made of: (stimulus, 192)."""
    coarse = random.integers(0, 256, (stimuli, 8, 8, 3), dtype=np.uint8)
    images = np.lib.format.open_memmap(path, "w+", np.uint8, (stimuli, SIDE, SIDE, 3))
    for first in range(0, stimuli, 1000):
        part = coarse[first:first + 1000]
        images[first:first + 1000] = part.repeat(SIDE // 8, 1).repeat(SIDE // 8, 2)
    images.flush()
    return coarse.reshape(stimuli, -1)


def write_responses(path, order, shown, random, fortran):
    """(trial, bin, sensor), or the same numbers with the first index fastest."""
    weights = random.normal(size=(shown.shape[1], SENSORS)).astype(np.float32) / 1000
    shape = (len(order), BINS, SENSORS)
    data = np.lib.format.open_memmap(path, "w+", np.float32, shape, fortran_order=fortran)
    for first in range(0, len(order), 500):
        clean = shown[order[first:first + 500]].astype(np.float32) @ weights
        for bin in SIGNAL:
            data[first:first + 500, bin] = clean + random.normal(size=clean.shape) / 2
    data.flush()


def write_laboratory(folder, gigabytes, fortran):
    random = np.random.default_rng(1)
    trials = int(gigabytes * 1e9 / (SENSORS * BINS * 4))
    train = trials - TEST * REPEATS
    order = np.concatenate([np.arange(train), np.repeat(np.arange(train, train + TEST), REPEATS)])
    shown = write_images(folder / "images.npy", train + TEST, random)
    write_responses(folder / "responses.npy", order, shown, random, fortran)
    np.save(folder / "stimulus.npy", order)
    places = random.uniform(0.05, 0.95, (SENSORS, 2))
    lines = ["name,roi,array,x,y,size"] + [
        f"e{i},{('V1', 'V4', 'IT')[i * 3 // SENSORS]},{i // 64},{x:.4f},{y:.4f},0.08"
        for i, (x, y) in enumerate(places)]
    (folder / "sensors.csv").write_text("\n".join(lines) + "\n")
    times = [START_MS + i for i in range(BINS)]
    (folder / "table.toml").write_text(f"""responses = ["responses.npy"]
responses_axes = ["trial", "bin", "sensor"]
images = ["images.npy"]
test_stimuli = {TEST}
bin_start_ms = {times}
bin_stop_ms = {[t + 1 for t in times]}
[trials]
stimulus = "stimulus.npy"
[sensors]
table = "sensors.csv"
""")
    return trials


def measured(program, words, folder):
    """Seconds and peak MiB of one command."""
    begin = time.time()
    child = os.posix_spawn(program, [program, *words, "--quiet"], os.environ)
    _, status, usage = os.wait4(child, 0)
    if status != 0:
        sys.exit(f"{' '.join(words)} failed (in {folder})")
    return {"command": words[0] if words[0] != "train" else f"train {words[1]}",
            "seconds": time.time() - begin, "peak_mib": usage.ru_maxrss / 1024}


def commands(folder):
    recording = str(folder / "recording.h5")
    bins = [w for b in [SIGNAL[0]] for w in ("--set", f'data.bins=["{b + START_MS}-{b + START_MS + 3}"]')]
    model = {name: str(folder / name) for name in ("ridge", "tuned")}
    yield ["import", "table", str(folder / "table.toml"), "--out", recording]
    yield ["prepare", recording, "--windows", "single", "--zscore", "all",
           "--out", str(folder / "prepared.h5")]
    yield ["train", "ridge", "--recording", recording, "--out", model["ridge"], *bins]
    yield ["train", "tuned", "--recording", recording, "--out", model["tuned"], *bins,
           "--set", "training.steps=20"]
    for words in (["reconstruct"], ["reconstruct", "--force"]):  # controls fitted, and kept
        yield [*words, model["tuned"], recording, "--out", str(folder / "images.h5")]
    yield ["evaluate", str(folder / "images.h5"), "--recording", recording,
           "--out", str(folder / "scores.json")]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--gigabytes", type=float, nargs="+", default=[2, 4])
    parser.add_argument("--folder", type=Path, help="where a folder of files is made, and removed")
    parser.add_argument("--fortran", action="store_true", help="the array in Fortran order")
    parser.add_argument("--program", default=str(ROOT / "build/release/bin/afterimage"))
    parser.add_argument("--limit-mib", type=float, default=3 * 1024)
    parser.add_argument("--json", type=Path, help="also write the figures there")
    options = parser.parse_args()
    rows = []
    for gigabytes in options.gigabytes:
        folder = Path(tempfile.mkdtemp(prefix="afterimage-memory-", dir=options.folder))
        try:
            trials = write_laboratory(folder, gigabytes, options.fortran)
            print(f"{gigabytes:g} GB, {trials} trials", flush=True)
            for words in commands(folder):
                row = measured(options.program, words, folder) | {"gigabytes": gigabytes}
                print(f"  {row['command']:<16}{row['seconds']:8.1f} s{row['peak_mib']:8.0f} MiB",
                      flush=True)
                rows.append(row)
        finally:
            shutil.rmtree(folder)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n")
    most = max(row["peak_mib"] for row in rows)
    print(f"the most: {most:.0f} MiB")
    sys.exit(most > options.limit_mib)


if __name__ == "__main__":
    main()
