"""Makes tests/reference/importers/vim1: EstimatedResponses.mat (v7.3, by h5py) and Stimuli.mat (v5, by
scipy), small, in the layout of the vim-1 data set.

    pip install numpy scipy h5py
    python tests/reference/importers/make_vim1.py

6 voxels, 5 training and 3 validation images of 4 x 4 pixels. Response [v, i] is 10 v + i (+ 500 in
validation); voxel 2 is NaN in one image, voxel 4 in all. Pixel [i, y, x] is -1 + (i + 5 y + x) / 20.
"""

from pathlib import Path

import h5py
import numpy as np
import scipy.io

FOLDER = Path(__file__).parent / "vim1"


def save_73(path, variables):
    with h5py.File(path, "w", userblock_size=512) as file:
        for name, values in variables.items():
            dataset = file.create_dataset(name, data=values.T)  # HDF5 reverses MATLAB's indices
            kind = {"f4": b"single", "f8": b"double"}[values.dtype.str[1:]]
            text = h5py.h5t.C_S1.copy()  # ends with a zero as MATLAB's do, not NumPy's way
            text.set_size(len(kind))
            text.set_strpad(h5py.h5t.STR_NULLTERM)
            scalar = h5py.h5s.create(h5py.h5s.SCALAR)
            h5py.h5a.create(dataset.id, b"MATLAB_class", text, scalar).write(np.array(kind), mtype=text)
    header = b"MATLAB 7.3 MAT-file, Platform: GLNXA64, Created on: Mon Jan  1 00:00:00 2011 HDF5 schema 1.00 ."
    with open(path, "r+b") as file:
        file.write(header.ljust(116) + b" " * 8 + b"\x00\x02IM")


def responses(images, first):
    v, i = np.mgrid[0:6, 0:images]
    values = (first + 10 * v + i).astype(np.float32)
    values[4] = np.nan
    return values


def stimuli(images):
    i, y, x = np.mgrid[0:images, 0:4, 0:4]
    return (-1 + (i + 5 * y + x) / 20).astype(np.float32)


def main():
    FOLDER.mkdir(exist_ok=True)
    train = responses(5, 0)
    train[2, 3] = np.nan
    roi = np.array([[1.0], [2], [1], [6], [7], [0]])
    save_73(FOLDER / "EstimatedResponses.mat", {
        "dataTrnS1": train, "dataValS1": responses(3, 500), "roiS1": roi,
        "dataTrnS2": train + 1000, "dataValS2": responses(3, 1500), "roiS2": roi})
    scipy.io.savemat(FOLDER / "Stimuli.mat", {"stimTrn": stimuli(5), "stimVal": stimuli(3)})


if __name__ == "__main__":
    main()
