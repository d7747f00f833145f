"""Makes tests/reference/importers/table: one small recording in the forms that `import table` takes.

    pip install numpy scipy h5py nibabel pillow
    python tests/reference/importers/make_table.py

7 trials, 3 sensors, 2 bins; response [t, s, b] is 100 t + 10 s + b. 5 stimuli of 4 x 6 pixels whose
pixel [i, y, x, c] is 40 i + 6 y + x + 10 c. Trial t shows stimulus t % 5. All sizes differ, so that no
two indices can be mistaken for each other.
"""

from pathlib import Path

import h5py
import nibabel
import numpy as np
import scipy.io
from PIL import Image

FOLDER = Path(__file__).parent / "table"


def main():
    FOLDER.mkdir(exist_ok=True)
    t, s, b = np.mgrid[0:7, 0:3, 0:2]
    responses = (100 * t + 10 * s + b).astype(np.float32)
    i, y, x, c = np.mgrid[0:5, 0:4, 0:6, 0:3]
    images = (40 * i + 6 * y + x + 10 * c).astype(np.uint8)

    np.save(FOLDER / "responses.npy", responses)
    np.savez(FOLDER / "parts.npz", first=responses[:4], second=responses[4:], order=np.arange(7) % 5)
    scipy.io.savemat(FOLDER / "turned.mat", {"R": responses.transpose(2, 1, 0).astype(float),
                                             "stimulus": np.arange(7)[None] % 5 + 1})
    with h5py.File(FOLDER / "data.h5", "w") as file:
        file["responses"] = responses.transpose(0, 2, 1)
        file["images"] = images.transpose(0, 3, 1, 2)
        file["fractions"] = images.astype(np.float32) / 255
        file["x"] = np.array([0.25, np.nan, 3.0])
        file["y"] = np.array([0.5, np.nan, -1.0])
    np.save(FOLDER / "images.npy", images)
    gaps = responses.copy()
    gaps[5, 1, 1] = np.nan
    np.save(FOLDER / "gaps.npy", gaps)

    # Volumes (2, 3, 4): the sensors lie at (0, 0, 1), (0, 2, 0) and (1, 1, 3), in C order.
    places = [(0, 0, 1), (0, 2, 0), (1, 1, 3)]
    volumes = np.full((2, 3, 4, 7), -1, np.int16)
    mask = np.zeros((2, 3, 4), np.uint8)
    rois = np.zeros((2, 3, 4), np.int16)
    for sensor, place in enumerate(places):
        volumes[place] = responses[:, sensor, 0]
        mask[place] = 1
        rois[place] = [2, 1, 0][sensor]
    for name, values in [("volumes", volumes), ("mask", mask), ("rois", rois)]:
        nibabel.save(nibabel.Nifti1Image(values, np.eye(4)), FOLDER / f"{name}.nii.gz")

    (FOLDER / "photos").mkdir(exist_ok=True)
    for k in range(5):
        Image.fromarray(images[k]).save(FOLDER / "photos" / f"photo{k}.png")
    (FOLDER / "stimuli.csv").write_text(
        "file,name,source,category\n" + "".join(
            f"photo{k}.png,\"image, {k}\",clip {k // 2},{'cat' if k < 3 else 'dog'}\n"
            for k in [4, 3, 2, 1, 0]))
    (FOLDER / "trials.csv").write_text(
        "stimulus_name,split,repeat,block\n" + "".join(
            f"\"image, {k % 5}\",{'train' if k % 5 < 4 else 'test'},{k // 5},{k // 3}\n"
            for k in range(7)))
    (FOLDER / "sensors.csv").write_text(
        "name,roi,array,x,y,size,snr\ne1,V1,0,0.25,0.5,0.1,3.5\ne2,V4,1,,,,\n\"e,3\",V1,1,1.5,-0.25,0.2,2\n")


if __name__ == "__main__":
    main()
