"""Makes tests/reference/importers/nsd_arrays: NSD in the forms that decoding papers share.

    pip install numpy pillow
    python tests/reference/importers/make_nsd_arrays.py

averaged/: the arrays of brain-diffuser and MindEye's baselines, 5 training and 3 test images of 4 x 6
pixels, 7 voxels. Response [i, v] is 10 i + v (+ 500 for test). algonauts/subj03: the Algonauts 2023
folder, 5 images, 2 + 3 vertices; the left hemisphere's response [i, v] is 10 i + v, the right's 100 + 10 i + v.
"""

from pathlib import Path

import numpy as np
from PIL import Image

FOLDER = Path(__file__).parent / "nsd_arrays"


def responses(images, sensors, first):
    i, v = np.mgrid[0:images, 0:sensors]
    return (first + 10 * i + v).astype(np.float32)


def pictures(images, first):
    i, y, x, c = np.mgrid[0:images, 0:4, 0:6, 0:3]
    return (first + 20 * i + 6 * y + x + 8 * c).astype(np.uint8)


def main():
    averaged = FOLDER / "averaged"
    averaged.mkdir(parents=True, exist_ok=True)
    for split, images, first in [("train", 5, 0), ("test", 3, 500)]:
        np.save(averaged / f"nsd_{split}_fmriavg_nsdgeneral_sub3.npy", responses(images, 7, first))
        np.save(averaged / f"nsd_{split}_stim_sub3.npy", pictures(images, first // 10))
    subject = FOLDER / "algonauts/subj03"
    (subject / "training_split/training_fmri").mkdir(parents=True, exist_ok=True)
    (subject / "training_split/training_images").mkdir(exist_ok=True)
    (subject / "roi_masks").mkdir(exist_ok=True)
    np.save(subject / "training_split/training_fmri/lh_training_fmri.npy", responses(5, 2, 0))
    np.save(subject / "training_split/training_fmri/rh_training_fmri.npy", responses(5, 3, 100))
    np.save(subject / "roi_masks/lh.prf-visualrois_challenge_space.npy", np.array([1, 0], np.int32))
    np.save(subject / "roi_masks/rh.prf-visualrois_challenge_space.npy", np.array([0, 7, 4], np.int32))
    for k, image in enumerate(pictures(5, 0)):
        name = f"train-{k + 1:04d}_nsd-{100 - k:05d}.png"
        Image.fromarray(image).save(subject / "training_split/training_images" / name)


if __name__ == "__main__":
    main()
