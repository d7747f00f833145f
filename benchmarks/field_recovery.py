#!/usr/bin/env python3
"""How well receptive fields are recovered from simulated recordings, and from shuffled responses.

    field_recovery.py BINARY [--method prf] [--trials 2000] [--set KEY=VALUE ...]

Prints a table per area; needs h5py and numpy. Exit code 1 when a sensor's centre is off by more
than the project asks for (median .03 of the stimulus width in V1, .06 in IT), sizes correlate by
less than .8 with the true ones, or more than 5 % of the sensors with shuffled responses are mapped.
"""
import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import h5py
import numpy as np

PHOTOS = Path(__file__).resolve().parents[1] / "assets/examples/photos"
LIMITS = {"V1": 0.03, "IT": 0.06}


def shuffle_training(path):
    rng = np.random.default_rng(1)
    with h5py.File(path, "r+") as f:
        split, block, responses = f["trials/split"].asstr()[:], f["trials/block"][:], f["responses"][:]
        for b in np.unique(block):
            rows = np.flatnonzero((split == "train") & (block == b))
            responses[rows] = responses[rng.permutation(rows)]
        f["responses"][:] = responses


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binary")
    parser.add_argument("--method", default="prf")
    parser.add_argument("--trials", type=int, default=2000)
    parser.add_argument("--scale", type=float, default=1)
    parser.add_argument("--set", action="append", default=[])
    options = parser.parse_args()
    settings = [word for assignment in options.set for word in ("--set", assignment)]

    def run(*arguments):
        subprocess.run([options.binary, *map(str, arguments), "--quiet"], check=True, stdout=subprocess.DEVNULL)

    with tempfile.TemporaryDirectory() as folder:
        recording, mapped = Path(folder) / "recording.h5", Path(folder) / "mapped.h5"
        run("simulate", "--images", PHOTOS, "--out", recording, "--train-trials", options.trials, "--snr", 1,
            "--scale", options.scale, "--test-images", 20, "--hide-fields")
        run("fields", recording, "--method", options.method, *settings, "--out", mapped)
        with h5py.File(mapped) as f:
            roi = f["sensors/roi"].asstr()[:]
            x, y, size = (f[f"sensors/{key}"][:] for key in ("x", "y", "size"))
            true_x, true_y, true_size = (f[f"truth/{key}"][:] for key in ("x", "y", "size"))
            r2, distance = f["sensors/measures/field_r2"][:], f["sensors/measures/field_distance"][:]
        shuffle_training(recording)
        run("fields", recording, "--method", options.method, *settings, "--out", mapped, "--force")
        with h5py.File(mapped) as f:
            unmapped = np.isnan(f["sensors/x"][:]).mean()

    good = np.isfinite(x)
    error = np.hypot(x - true_x, y - true_y)
    passed = unmapped >= 0.95
    print("| area | mapped | centre error, median | 90 % below | sizes: correlation | median R2 | halves apart, median |")
    print("|---|---|---|---|---|---|---|")
    for area in dict.fromkeys(roi):
        m = good & (roi == area)
        median = np.median(error[m]) if m.any() else np.nan
        correlation = np.corrcoef(size[m], true_size[m])[0, 1] if m.sum() > 2 else np.nan
        print(f"| {area} | {m.sum()} of {(roi == area).sum()} | {median:.4f} | {np.quantile(error[m], .9):.4f} | "
              f"{correlation:.2f} | {np.median(r2[m]):.2f} | {np.median(distance[m]):.3f} |")
        passed &= area not in LIMITS or bool(median <= LIMITS[area])
    correlation = np.corrcoef(size[good], true_size[good])[0, 1]
    passed &= bool(correlation >= 0.8)
    print(f"\nsizes of all areas correlate by {correlation:.2f} with the true ones; "
          f"{100 * unmapped:.1f} % unmapped with shuffled responses")
    sys.exit(0 if passed else 1)


main()
