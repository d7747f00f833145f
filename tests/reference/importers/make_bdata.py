"""Makes tests/reference/importers/bdata: files in the layout that bdpy's BData.save writes.

    pip install numpy h5py pillow
    python tests/reference/importers/make_bdata.py

train.h5 and test.h5: 6 and 4 samples of 7 columns: 4 voxels, image_index, Run, DataType. Voxel v of sample
s is 10 s + v (+ 500 in test.h5). both.h5 is one after the other. `selections.json` holds what a selection
written in bdpy's language (operators | & + - of one precedence from the left, = before them) selects,
computed here with NumPy.
"""

import json
from pathlib import Path

import h5py
import numpy as np
from PIL import Image

FOLDER = Path(__file__).parent / "bdata"
KEYS = ["VoxelData", "ROI_V1", "ROI_V2", "ROI_VC", "voxel_x", "image_index", "stimulus_name", "Run",
        "DataType"]
NAN = np.nan
VALUES = np.array([
    [1, 1, 1, 1, NAN, NAN, NAN],
    [1, 0, 1, 0, NAN, NAN, NAN],
    [0, 1, 1, 0, NAN, NAN, NAN],
    [1, 1, 1, 0, NAN, NAN, NAN],
    [2, 1, -3, 2, NAN, NAN, NAN],
    [NAN, NAN, NAN, NAN, 1, NAN, NAN],
    [NAN, NAN, NAN, NAN, 1, NAN, NAN],
    [NAN, NAN, NAN, NAN, NAN, 1, NAN],
    [NAN, NAN, NAN, NAN, NAN, NAN, 1],
])


def write(path, dataset):
    with h5py.File(path, "w") as file:
        file["dataset"] = dataset
        file["metadata/key"] = KEYS
        file["metadata/description"] = [f"about {key}" for key in KEYS]
        file["metadata/value"] = VALUES
        file["header/ctime"] = "2019-01-01 00:00:00"
        for number in np.unique(dataset[:, 4]):
            file[f"vmap/stimulus_name/{number}"] = f"n0{int(number)}_image"


def samples(order, data_type, first):
    s, v = np.mgrid[0:len(order), 0:4]
    fixed = [np.array(order), np.arange(len(order)) // 3 + 1, np.full(len(order), data_type)]
    return np.column_stack([first + 10 * s + v, *fixed]).astype(float)


def selected(name, value=1):
    return VALUES[KEYS.index(name)] == value


def main():
    FOLDER.mkdir(exist_ok=True)
    train = samples([3, 1, 2, 1, 2, 3], 1, 0)
    test = samples([5, 4, 5, 4], 2, 500)
    write(FOLDER / "train.h5", train)
    write(FOLDER / "test.h5", test)
    write(FOLDER / "both.h5", np.vstack([train, test]))
    (FOLDER / "images").mkdir(exist_ok=True)
    for k in range(1, 6):
        y, x, c = np.mgrid[0:3, 0:5, 0:3]
        Image.fromarray((40 * k + 5 * y + x + 9 * c).astype(np.uint8)).save(
            FOLDER / "images" / f"n0{k}_image.png")
    v1, v2, vc = selected("ROI_V1"), selected("ROI_V2"), selected("ROI_VC")
    expected = {
        "ROI_V1 = 1": v1, "ROI_V1=1|ROI_V2=1": v1 | v2, "ROI_V1 = 1 & ROI_V2 = 1": v1 & v2,
        "ROI_V1 = 1 | ROI_V2 = 1 & ROI_V1 = 1": (v1 | v2) & v1,
        "ROI_V2 = 1 | (ROI_V2 = 1 & ROI_V1 = 1)": v2 | (v2 & v1),
        "ROI_VC = 1 - ROI_V2 = 1": vc & ~v2, "ROI_V1 + ROI_V2": v1 | v2, "ROI_V* = 1": v1 | v2 | vc,
        "voxel_x = 2": selected("voxel_x", 2), "Run = 1": selected("Run"),
    }
    (FOLDER / "selections.json").write_text(
        json.dumps({text: np.flatnonzero(columns).tolist() for text, columns in expected.items()},
                   indent=1) + "\n")


if __name__ == "__main__":
    main()
