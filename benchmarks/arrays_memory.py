"""Memory that a recording of arrays takes beside the arrays (Recording.from_arrays).

    PYTHONPATH=build/release/python .deps/python/bin/python benchmarks/arrays_memory.py [--gigabytes 10]

Responses are a sparse file, mapped (numpy.memmap): 1,024 sensors x 300 bins, float32, of which the
trials of the split "train" hold noise and the rest is a hole. A ridge decoder is fitted to three bins
of "train". RssAnon of /proc/self/status is the memory of the process's own, in which a copy would be;
pages of the file are not in it. It is read every 5 ms; the figures are its peaks.
"""
import argparse
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

import afterimage as ai

SENSORS, BINS, TRAIN, SIDE = 1024, 300, 200, 64


def own_mib():
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("RssAnon"):
            return int(line.split()[1]) / 1024
    raise SystemExit("this system does not tell RssAnon")


def peak_of(work):
    """What `work` gives, seconds, and how much more memory than before it took at most, MiB."""
    before, peak, stop = own_mib(), [0.0], threading.Event()

    def watch():
        while not stop.wait(0.005):
            peak[0] = max(peak[0], own_mib())

    watcher = threading.Thread(target=watch)
    watcher.start()
    begin = time.perf_counter()
    try:
        made = work()
    finally:
        took = time.perf_counter() - begin
        stop.set()
        watcher.join()
    return made, took, max(peak[0], own_mib()) - before


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--gigabytes", type=float, default=10)
    parser.add_argument("--folder", type=Path, help="where the sparse file is made, and removed")
    options = parser.parse_args()
    trials = int(options.gigabytes * 1e9 / (SENSORS * BINS * 4))
    random = np.random.default_rng(1)
    with tempfile.TemporaryDirectory(prefix="afterimage-arrays-", dir=options.folder) as folder:
        path = Path(folder) / "responses"
        responses = np.memmap(path, np.float32, "w+", shape=(trials, SENSORS, BINS))
        responses[:TRAIN, :, :3] = random.normal(size=(TRAIN, SENSORS, 3))
        images = random.integers(0, 256, (TRAIN, SIDE, SIDE, 3), dtype=np.uint8)
        split = ["train"] * TRAIN + ["rest"] * (trials - TRAIN)
        recording, took, more = peak_of(lambda: ai.Recording.from_arrays(
            images, responses, stimulus=np.arange(trials) % TRAIN, split=split))
        print(f"from_arrays, {trials} trials, {responses.nbytes / 1e9:.1f} GB: {took:.2f} s, "
              f"{more:.0f} MiB more")
        responses[0, 0, 0] = 0.125
        shared = recording.responses("train")[0, 0, 0] == 0.125
        print(f"the recording sees what is written into the array: {shared}")
        decoder = ai.Decoder("ridge", data={"bins": ["0-1", "1-2", "2-3"]})
        _, took, more = peak_of(lambda: decoder.fit(recording))
        print(f"ridge fitted to {TRAIN} of its trials: {took:.1f} s, {more:.0f} MiB more")
        del recording, decoder, responses


if __name__ == "__main__":
    main()
