"""Makes tests/reference/importers/nsd: the Natural Scenes Dataset's files, small, in its layout.

    pip install numpy scipy h5py nibabel
    python tests/reference/importers/make_nsd.py

Subject 2, two sessions of 750 trials, volumes of 3 x 4 x 2 voxels, 800 images of 4 x 6 pixels. The beta
of trial t (0-based over sessions) at voxel (x, y, z) is ((t % 7) + 10 x + 100 y + 1000 z) / 100 percent,
stored as int16 times 300. Pixel [i, y, x, c] of image i is (i + 40 y + 7 x + 3 c) % 256. Session 1 is NIfTI,
session 2 HDF5, whose axes h5py sees reversed, as MATLAB wrote them.
"""

from pathlib import Path

import h5py
import nibabel
import numpy as np
import scipy.io

FOLDER = Path(__file__).parent / "nsd"
VOLUME = (3, 4, 2)


def save(path, values):
    path.parent.mkdir(parents=True, exist_ok=True)
    nibabel.save(nibabel.Nifti1Image(values, np.eye(4)), path)


def main():
    t = np.arange(1500)
    x, y, z = np.mgrid[0:3, 0:4, 0:2]
    betas = (3 * ((t % 7) + (10 * x + 100 * y + 1000 * z)[..., None])).astype(np.int16)  # x, y, z, t
    folder = FOLDER / "nsddata_betas/ppdata/subj02/func1pt8mm/betas_fithrf_GLMdenoise_RR"
    save(folder / "betas_session01.nii.gz", betas[..., :750])
    with h5py.File(folder / "betas_session02.hdf5", "w") as file:
        file.create_dataset("betas", data=betas[..., 750:].transpose(3, 2, 1, 0), compression=9)

    # 250 shared images (1 to 250) and 250 of the subject's own (1001 to 1250), three times each, but
    # image 250 twice, and 1250 four times.
    rng = np.random.default_rng(3)
    shown = np.repeat(np.r_[1:251, 1001:1251], 3)
    shown[shown.tolist().index(250)] = 1250
    ordering = np.zeros(30000)
    ordering[:1500] = rng.permutation(shown)
    ordering[1500:] = 1001
    subjectim = np.ones((8, 10000))
    subjectim[1, :250] = np.arange(3, 753, 3)  # 1-based numbers of 800 images
    subjectim[1, 1000:1250] = np.arange(1, 751, 3)
    scipy.io.savemat(FOLDER / "expdesign.mat", {
        "masterordering": ordering[None], "subjectim": subjectim,
        "sharedix": subjectim[1:2, :1000]}, do_compression=True)
    design = FOLDER / "nsddata/experiments/nsd/nsd_expdesign.mat"
    design.parent.mkdir(parents=True, exist_ok=True)
    rows = [f'{n},{1000 + 7 * n},train2017,"(0.0, 0.0, 0.1, 0.1)",0.1,{n},False' for n in range(800)]
    (design.parent / "nsd_stim_info_merged.csv").write_text(  # as pandas wrote it
        "\n".join([",cocoId,cocoSplit,cropBox,loss,nsdId,flagged", *rows]) + "\n")
    (FOLDER / "expdesign.mat").rename(design)

    roi = FOLDER / "nsddata/ppdata/subj02/func1pt8mm/roi"
    general = np.full(VOLUME, -1, np.int16)
    general[0, 1, 1] = general[2, 3, 0] = general[1, 0, 0] = general[2, 0, 1] = 1
    visual = np.zeros(VOLUME, np.int16)
    visual[0, 1, 1], visual[2, 3, 0], visual[1, 0, 0] = 1, 7, 4
    kastner = np.zeros(VOLUME, np.int16)
    kastner[0, 1, 1], kastner[1, 0, 0], kastner[2, 0, 1] = 9, 17, 16
    save(roi / "Kastner2015.nii.gz", kastner)
    save(roi / "nsdgeneral.nii.gz", general)
    save(roi / "prf-visualrois.nii.gz", visual)
    for name, values in [("angle", np.full(VOLUME, 90.0)), ("eccentricity", np.full(VOLUME, 2.1)),
                         ("size", np.full(VOLUME, 0.84)), ("R2", 10.0 * x + y + z)]:
        save(roi.parent / f"prf_{name}.nii.gz", values.astype(np.float32))

    i, row, column, channel = np.ogrid[0:800, 0:4, 0:6, 0:3]
    stimuli = FOLDER / "nsddata_stimuli/stimuli/nsd/nsd_stimuli.hdf5"
    stimuli.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(stimuli, "w") as file:
        brick = ((i + 40 * row + 7 * column + 3 * channel) % 256).astype(np.uint8)
        file.create_dataset("imgBrick", data=brick, compression=9, shuffle=True, chunks=(100, 4, 6, 3))


if __name__ == "__main__":
    main()
