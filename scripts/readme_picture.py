#!/usr/bin/env python3
"""docs/demo.png: the demo's first test images above their reconstructions, none selected.

    make demo && .deps/python/bin/python scripts/readme_picture.py demo docs/demo.png
"""
import sys
from pathlib import Path

import h5py
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests/cli"))
from conftest import write_png  # noqa: E402

ROWS, COLUMNS, GAP = 2, 10, 4


def main(demo, target):
    with h5py.File(f"{demo}/reconstruction.h5") as f:
        ours = np.rint(f["images"][:ROWS * COLUMNS] * 255).astype(np.uint8)
        stimulus = f["stimulus"][:ROWS * COLUMNS]
    with h5py.File(f"{demo}/recording.h5") as f:
        images = f["stimuli/images"]
        seen = np.stack([images[i] for i in stimulus])
    assert seen.shape == ours.shape, "the demo's images and stimuli have one size"
    side = ours.shape[1]
    sheet = np.full((ROWS * (2 * side + 2 * GAP), COLUMNS * (side + GAP) - GAP, 3), 255, np.uint8)
    for i in range(ROWS * COLUMNS):
        top, left = i // COLUMNS * (2 * side + 2 * GAP), i % COLUMNS * (side + GAP)
        sheet[top:top + side, left:left + side] = seen[i]
        sheet[top + side + 1:top + 2 * side + 1, left:left + side] = ours[i]
    write_png(target, sheet[:-2 * GAP])


main(*sys.argv[1:])
