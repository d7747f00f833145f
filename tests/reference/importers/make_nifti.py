"""Makes tests/reference/importers/nifti: volumes written by nibabel, and a piece of real fMRI.

    pip install numpy nibabel
    python tests/reference/importers/make_nifti.py [HAXBY_BOLD.nii.gz HAXBY_MASK.nii.gz]

Element [x, y, z, t] of a synthetic series is 1000 t + 100 x + 10 y + z, so that no two indices can be
mistaken for each other; the sizes (3, 4, 2, 5) differ. `haxby.nii.gz` are the first 6 volumes of one
slice of subject 1 of Haxby et al. 2001, with its mask; assets/README.md says where it comes from.
"""

import sys
from pathlib import Path

import nibabel
import numpy as np

FOLDER = Path(__file__).parent / "nifti"


def series():
    x, y, z, t = np.mgrid[0:3, 0:4, 0:2, 0:5]
    return 1000 * t + 100 * x + 10 * y + z


def save(name, values, kind=nibabel.Nifti1Image, slope=None, big_endian=False):
    header = kind.header_class(endianness=">" if big_endian else "<")
    header.set_data_dtype(values.dtype)
    image = kind(values, np.eye(4), header)
    if slope:
        image.header.set_slope_inter(*slope)
    nibabel.save(image, FOLDER / name)


def main(haxby):
    FOLDER.mkdir(exist_ok=True)
    whole = series().astype(np.int16)
    save("series.nii", whole)
    save("series.nii.gz", whole)
    save("series2.nii", whole, nibabel.Nifti2Image)
    save("big_endian.nii", whole.astype(">i2"), big_endian=True)
    # Stored numbers, which the slope and intercept in the header turn into others.
    save("scaled.nii", whole[..., 0].astype(np.uint16), slope=(0.5, -3.0))
    gaps = whole[..., 0].astype(np.float32)
    gaps[1, 2, 1] = np.nan
    save("gaps.nii.gz", gaps)
    save("bad_complex.nii", whole[..., 0].astype(np.complex64))
    (FOLDER / "bad_truncated.nii").write_bytes((FOLDER / "series.nii").read_bytes()[:-1])
    (FOLDER / "bad_truncated.nii.gz").write_bytes((FOLDER / "series.nii.gz").read_bytes()[:-20])
    if haxby:
        bold, mask = map(nibabel.load, haxby)
        nibabel.save(bold.slicer[..., :6], FOLDER / "haxby.nii.gz")
        nibabel.save(mask, FOLDER / "haxby_mask.nii.gz")
        inside = np.asarray(bold.dataobj)[..., :6][np.asarray(mask.dataobj) > 0]  # (voxel, t)
        np.save(FOLDER / "haxby.npy", inside.T)


if __name__ == "__main__":
    main(sys.argv[1:])
