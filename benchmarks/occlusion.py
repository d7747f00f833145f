"""Time of `afterimage analyse occlusion`: 44 conditions x 100 images of 64 px, 960 sensors in five
windows, projection `tuned` and a U-Net of the default width, every metric whose networks are at hand.

    .deps/python/bin/python benchmarks/occlusion.py [--threads 2] [--rounds 2] [--binary FILE]

The recording is simulated and the decoder hardly trained: how long an analysis takes does not depend
on what it has learned. Prints the seconds of the whole command and its processor time, round by round, and
the peak memory.
"""
import argparse
import os
import resource
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def processor_seconds():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", default="2")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--binary", default=str(ROOT / "build/release/bin/afterimage"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR", "/tmp")) as folder:
        def run(*words):
            start = time.time()
            subprocess.run([options.binary, *words, "--threads", options.threads, "--quiet"], check=True,
                           cwd=folder)
            return time.time() - start

        run("simulate", "--images", str(ROOT / "assets/examples/photos"), "--out", "r.h5", "--bins", "five",
            "--train-trials", "300", "--test-images", "100", "--test-repeats", "2")
        run("train", "tuned", "--recording", "r.h5", "--out", "m", "--set", "training.steps=2")
        for number in range(options.rounds):
            before = processor_seconds()
            seconds = run("analyse", "occlusion", "m", "r.h5", "--out", f"o{number}")
            print(f"analyse occlusion: {seconds:.1f} s, processor {processor_seconds() - before:.1f} s",
                  flush=True)
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        print(f"peak memory of the commands: {peak:.0f} MiB")


if __name__ == "__main__":
    main()
