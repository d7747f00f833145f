"""Makes tests/reference/importers/npy: arrays saved by NumPy in every form that formats/npy reads.

    pip install numpy
    python tests/reference/importers/make_npy.py

Element [i][j] of a numeric array is 10 i + j, whatever its type and order.
"""

import io
import zipfile
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parent / "npy"
TYPES = ["i1", "u1", "<i2", ">i2", "<u2", ">u2", "<i4", ">i4", "<u4", "<i8", "<u8", "<f2", "<f4",
         ">f4", "<f8", ">f8"]


def grid(type_name):
    i, j = np.mgrid[0:3, 0:5]
    return (10 * i + j).astype(type_name)


def version(array, number):
    out = io.BytesIO()
    np.lib.format.write_array(out, array, version=number)
    return out.getvalue()


def main():
    FOLDER.mkdir(exist_ok=True)
    arrays = {f"grid_{name.replace('<', 'le_').replace('>', 'be_')}": grid(name) for name in TYPES}
    arrays["flags"] = np.array([[True, False, True]])
    arrays["scalar"] = np.array(7.5)
    arrays["empty"] = np.zeros((0, 4), np.float32)
    np.savez(FOLDER / "stored.npz", **arrays)
    np.savez_compressed(FOLDER / "compressed.npz", grid=grid("<f4"), zeros=np.zeros(100_000))
    np.save(FOLDER / "rows.npy", grid("<f4"))
    np.save(FOLDER / "fortran.npy", np.asfortranarray(np.arange(24.0).reshape(2, 3, 4)))
    (FOLDER / "version2.npy").write_bytes(version(grid("<i4"), (2, 0)))
    (FOLDER / "version3.npy").write_bytes(version(grid("<i4"), (3, 0)))
    np.save(FOLDER / "bad_object.npy", np.array([{}, 1], object), allow_pickle=True)
    np.save(FOLDER / "bad_structured.npy", np.zeros(2, [("a", "i4"), ("b", "f8")]))
    np.save(FOLDER / "bad_text.npy", np.array(["one", "two"]))
    np.save(FOLDER / "bad_complex.npy", np.zeros(2, np.complex64))
    np.save(FOLDER / "bad_uint64.npy", np.array([2**63], np.uint64))
    with zipfile.ZipFile(FOLDER / "bad_member.npz", "w") as archive:
        archive.writestr("short.npy", version(grid("<f8"), (1, 0))[:-3])


if __name__ == "__main__":
    main()
