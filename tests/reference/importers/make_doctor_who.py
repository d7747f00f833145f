"""Makes tests/reference/importers/doctor_who: films by OpenCV, masks and centres by SciPy.

    pip install numpy scipy opencv-python-headless
    python tests/reference/importers/make_doctor_who.py

Each film has 25 pictures a second of 32 x 24 pixels: the left half is blue and brightens by 3 with
each picture, the upper right quarter is green, the lower right red.
"""

from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parent / "doctor_who"
SHAPE = (4, 3, 2)
PICTURES = {"train/run_001": 60, "train/run_002": 75, "test/run_1": 50}


def masks():
    """Voxels of V1d, V1v and V2d; no two indices are alike."""
    out = {}
    for name, seed in (("V1d", 1), ("V1v", 2), ("V2d", 3)):
        out[name] = (np.random.default_rng(seed).random(SHAPE) < 0.4).astype("u1")
    return out


def centres(axis):
    """-0.5..0.5, one NaN in each ROI; columns and rows differ."""
    out = {}
    for i, (name, mask) in enumerate(masks().items()):
        values = np.random.default_rng(10 * axis + i).uniform(-0.5, 0.5, int(mask.sum())).round(3)
        values[1] = np.nan
        out[name] = values[None]
    return out


if __name__ == "__main__":
    import cv2
    from scipy.io import savemat

    FOLDER.mkdir(exist_ok=True)
    savemat(FOLDER / "roimask.mat", masks() | {"FFA": np.ones(SHAPE, "u1")}, do_compression=True)
    savemat(FOLDER / "col_centers_112px.mat", centres(0), do_compression=True)
    savemat(FOLDER / "row_centers_112px.mat", centres(1), do_compression=True)
    for name, count in PICTURES.items():
        path = FOLDER / "videos" / (name + ".webm")
        path.parent.mkdir(parents=True, exist_ok=True)
        video = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"VP80"), 25, (32, 24))
        for i in range(count):
            picture = np.zeros((24, 32, 3), np.uint8)  # blue, green, red
            picture[:, :16, 0] = 3 * i
            picture[:12, 16:, 1] = 255
            picture[12:, 16:, 2] = 255
            video.write(picture)
        video.release()
