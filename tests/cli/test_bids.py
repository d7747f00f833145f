"""afterimage import bids: betas, events, masks and labels of BIDS derivatives, written by nibabel."""
import json
import shutil

import h5py
import nibabel
import numpy as np
import pytest
from conftest import assert_refused, coarse_images, write_png

VOLUME = (4, 3, 2)
IMAGES = coarse_images(6, 8, np.random.default_rng(4))
RUNS = [("1", "1", [0, 1, 2, 3]), ("1", "2", [4, 5, 0]), ("2", "1", [5, 4, 3, 2])]  # session, run, images
MASK = np.zeros(VOLUME, bool)
MASK[0, 1, 1] = MASK[1, 2, 0] = MASK[2, 0, 1] = MASK[3, 2, 1] = True
AREAS = np.zeros(VOLUME, np.int16)
AREAS[0, 1, 1], AREAS[1, 2, 0], AREAS[3, 2, 1] = 1, 7, 7


def save(path, values):
    path.parent.mkdir(parents=True, exist_ok=True)
    nibabel.save(nibabel.Nifti1Image(values, np.eye(4)), path)


def betas_of(session, run, count):
    rng = np.random.default_rng(10 * int(session) + int(run))
    return rng.normal(size=(*VOLUME, count)).astype(np.float32)


def events(path, images, extra=True):
    """The stimuli, and between them events that are no trials."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = ["onset\tduration\ttrial_type\tstim_file\tset"]
    for k, image in enumerate(images):
        rows.append(f"{4 * k}\t3\tscene\tscenes/photo{image}.png\t{'test' if image == 5 else 'train'}")
        if extra:
            rows.append(f"{4 * k + 3}\t0.2\tbutton\tn/a\tn/a")
    path.write_text("\n".join(rows) + "\n")


def write_study(raw):
    """A data set whose betas lie in its derivatives/glm: (the data set, the derivatives)."""
    glm = raw / "derivatives/glm"
    (raw / "stimuli/scenes").mkdir(parents=True)
    for i, image in enumerate(IMAGES):
        write_png(raw / f"stimuli/scenes/photo{i}.png", image)
    for session, run, images in RUNS:
        stem = f"sub-01/ses-{session}/func/sub-01_ses-{session}_task-scenes_run-{run}"
        save(glm / f"{stem}_space-T1w_desc-betas_statmap.nii.gz", betas_of(session, run, len(images)))
        events(raw / f"{stem}_events.tsv", images)
    save(glm / "sub-01/anat/sub-01_space-T1w_desc-brain_mask.nii.gz", MASK.astype(np.uint8))
    save(glm / "sub-01/anat/sub-01_space-T1w_desc-areas_dseg.nii.gz", AREAS)
    (glm / "sub-01/anat/sub-01_space-T1w_desc-areas_dseg.tsv").write_text("index\tname\n1\tV1\n7\thV4\n")
    return raw, glm


@pytest.fixture
def study(tmp_path):
    return write_study(tmp_path / "study")


def expected():
    return np.concatenate([betas_of(s, r, len(images))[MASK].T for s, r, images in RUNS])[..., None]


SHOWN = np.concatenate([images for _, _, images in RUNS])


def test_betas_events_mask_and_labels(run, study, tmp_path):
    rois = "study/derivatives/glm/sub-01/anat/sub-01_space-T1w_desc-areas_dseg.nii.gz"
    result = run("import", "bids", "study/derivatives/glm", "--rois", rois, "--split-column", "set",
                 "--degrees-per-stimulus", "8", "--out", "r.h5", check=True)
    assert "dropped 20 voxels: outside sub-01_space-T1w_desc-brain_mask.nii.gz" in result.stderr
    with h5py.File(tmp_path / "r.h5") as f:
        np.testing.assert_array_equal(f["responses"][:], expected())
        assert f["trials/stimulus"][:].tolist() == SHOWN.tolist()
        assert f["trials/block"][:].tolist() == [0] * 4 + [1] * 3 + [2] * 4
        assert f["trials/repeat"][:].tolist() == [0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1]
        assert f["trials/split"].asstr()[:].tolist() == ["test" if i == 5 else "train" for i in SHOWN]
        assert f["sensors/roi"].asstr()[:].tolist() == ["V1", "hV4", "", "hV4"]
        assert f["sensors/name"].asstr()[:].tolist() == [f"voxel-{i}" for i in np.flatnonzero(MASK)]
        assert f["stimuli/name"].asstr()[1] == "scenes/photo1.png"
        np.testing.assert_array_equal(f["stimuli/images"][:], IMAGES)
        assert (f["bins/start_ms"][0], f["bins/stop_ms"][0]) == (0, 4000)
        inputs = [entry["path"].split("/")[-1] for entry in json.loads(f.attrs["provenance"])["inputs"]]
        assert "sub-01_ses-2_task-scenes_run-1_events.tsv" in inputs and "stimuli" in inputs
    run("train", "ridge", "--recording", "r.h5", "--out", "model", check=True)


def test_sessions_as_blocks_and_one_file_a_session(run, study, tmp_path):
    glm = study[1]
    func = glm / "sub-01/ses-1/func"
    whole = np.concatenate([betas_of("1", r, n) for r, n in (("1", 4), ("2", 3))], axis=3)
    shutil.rmtree(func)
    save(func / "sub-01_ses-1_task-scenes_space-T1w_desc-betas_statmap.nii.gz", whole)
    run("import", "bids", glm, "--block", "session", "--test-stimuli", "2", "--out", "r.h5", check=True)
    with h5py.File(tmp_path / "r.h5") as f:
        np.testing.assert_array_equal(f["responses"][:], expected())
        assert f["trials/block"][:].tolist() == [0] * 7 + [1] * 4
        assert f["trials/split"].asstr()[:].tolist() == ["test" if i > 3 else "train" for i in SHOWN]


def test_runs_are_counted_as_numbers(run, study, tmp_path):
    raw, glm = study
    for folder in (raw, glm):
        for path in (folder / "sub-01/ses-2/func").iterdir():
            path.rename(str(path).replace("run-1", "run-10"))
    late = [3, 1]
    stem = "sub-01/ses-2/func/sub-01_ses-2_task-scenes_run-2"
    save(glm / f"{stem}_space-T1w_desc-betas_statmap.nii.gz", betas_of("2", "2", 2))
    events(raw / f"{stem}_events.tsv", late)
    run("import", "bids", glm, "--out", "r.h5", check=True)
    with h5py.File(tmp_path / "r.h5") as f:
        assert f["trials/stimulus"][:].tolist() == [*SHOWN[:7], *late, *SHOWN[7:]]
        np.testing.assert_array_equal(f["responses"][7:9, :, 0], betas_of("2", "2", 2)[MASK].T)


def test_everything_can_be_named(run, study, tmp_path):
    raw, glm = study
    shutil.copytree(raw / "stimuli/scenes", tmp_path / "pictures/scenes")
    for path in raw.rglob("*_events.tsv"):
        target = tmp_path / "tables" / path.name
        target.parent.mkdir(exist_ok=True)
        shutil.copy(path, target)
    shutil.move(glm, tmp_path / "glm")
    shutil.rmtree(raw)
    save(tmp_path / "small.nii.gz", (AREAS > 0).astype(np.float32))
    (tmp_path / "names.tsv").write_text("index\tname\n1\tearly\n7\tlate\n")
    run("import", "bids", "glm", "--subject", "01", "--events", "tables", "--images", "pictures", "--mask",
        "small.nii.gz", "--rois", "glm/sub-01/anat/sub-01_space-T1w_desc-areas_dseg.nii.gz", "--labels",
        "names.tsv", "--trial-types", "scene", "--image-size", "4", "--out", "r.h5", check=True)
    with h5py.File(tmp_path / "r.h5") as f:
        np.testing.assert_array_equal(f["responses"][:], expected()[:, [0, 1, 3]])
        assert f["sensors/roi"].asstr()[:].tolist() == ["early", "late", "late"]
        assert f["stimuli/images"].shape[1:3] == (4, 4)


def test_voxels_with_gaps(run, study, tmp_path):
    glm = study[1]
    values = betas_of("2", "1", 4)
    values[1, 2, 0, 3] = np.nan
    save(glm / "sub-01/ses-2/func/sub-01_ses-2_task-scenes_run-1_space-T1w_desc-betas_statmap.nii.gz", values)
    assert_refused(run("import", "bids", glm, "--out", "r.h5"), "trial 10", f"voxel-{np.flatnonzero(MASK)[1]}")
    result = run("import", "bids", glm, "--nan", "drop", "--out", "r.h5", check=True)
    assert "dropped 1 sensors: NaN" in result.stderr
    with h5py.File(tmp_path / "r.h5") as f:
        np.testing.assert_array_equal(f["responses"][:], expected()[:, [0, 2, 3]])


def remove(pattern):
    def change(raw, glm):
        for path in list(raw.rglob(pattern)):
            path.unlink()
    return change


def shorter_events(raw, glm):
    events(raw / "sub-01/ses-1/func/sub-01_ses-1_task-scenes_run-2_events.tsv", [4, 5])


def other_space(raw, glm):
    folder = glm / "sub-01/ses-1/func"
    for path in list(folder.iterdir()):
        shutil.copy(path, str(path).replace("space-T1w", "space-MNI"))


def other_subject(raw, glm):
    save(glm / "sub-02/func/sub-02_task-scenes_desc-betas_statmap.nii.gz", betas_of("1", "1", 4))


def other_mask(raw, glm):
    save(glm / "sub-01/anat/sub-01_space-T1w_desc-gray_mask.nii.gz", MASK.astype(np.uint8))


def mask_of_other_size(raw, glm):
    save(glm / "sub-01/anat/sub-01_space-T1w_desc-brain_mask.nii.gz", np.ones((3, 3, 2), np.uint8))


def empty_mask(raw, glm):
    save(glm / "sub-01/anat/sub-01_space-T1w_desc-brain_mask.nii.gz", np.zeros(VOLUME, np.uint8))


def one_volume(raw, glm):
    path = "sub-01/ses-2/func/sub-01_ses-2_task-scenes_run-1_space-T1w_desc-betas_statmap.nii.gz"
    save(glm / path, betas_of("2", "1", 1)[..., 0])


def cut_short(raw, glm):
    path = glm / "sub-01/ses-2/func/sub-01_ses-2_task-scenes_run-1_space-T1w_desc-betas_statmap.nii.gz"
    whole = path.read_bytes()
    path.write_bytes(whole[:len(whole) // 2])


def unnamed_label(raw, glm):
    (glm / "sub-01/anat/sub-01_space-T1w_desc-areas_dseg.tsv").write_text("index\tname\n1\tV1\n")


ROIS = ["--rois", "study/derivatives/glm/sub-01/anat/sub-01_space-T1w_desc-areas_dseg.nii.gz"]


@pytest.mark.parametrize("change, options, words", [
    (remove("*_statmap.nii.gz"), [], ["has no NIfTI files named sub-LABEL", "betas", "--betas"]),
    (None, ["--subject", "03"], ["sub-03_"]),
    (other_space, [], ["several betas of one run", "space-MNI", "space-T1w", "--betas"]),
    (other_subject, [], ["several subjects: 01, 02", "--subject"]),
    (remove("*ses-2*_events.tsv"), [], ["ses-2_task-scenes_run-1", "no events.tsv", "--events"]),
    (shorter_events, [], ["run-2", "has 3 volumes", "show 2 stimuli", "run-2_events.tsv"]),
    (None, ["--trial-types", "button"], ["has 4 volumes", "show 0 stimuli"]),
    (None, ["--stimulus-column", "image"], ["events.tsv", "'image'"]),
    (None, ["--split-column", "sets"], ["events.tsv", "'sets'"]),
    (remove("photo4.png"), [], ["stimuli", "scenes/photo4.png"]),
    (lambda raw, glm: shutil.rmtree(raw / "stimuli"), [], ["has no folder 'stimuli'", "--images"]),
    (remove("*_mask.nii.gz"), [], ["no mask of sub-01 in space-T1w", "--mask"]),
    (other_mask, [], ["several masks", "desc-gray", "--mask"]),
    (mask_of_other_size, [], ["mask.nii.gz", "(3, 3, 2)", "(4, 3, 2)"]),
    (empty_mask, [], ["mask.nii.gz", "selects no sensor"]),
    (one_volume, [], ["ses-2", "holds one volume"]),
    (cut_short, [], ["ses-2"]),
    (remove("*_dseg.tsv"), ROIS, ["dseg.tsv", "no such file", "--labels"]),
    (unnamed_label, ROIS, ["dseg.nii.gz", "has the label 7"]),
    (None, ["--rois", "nowhere.nii.gz"], ["nowhere.tsv"]),
    (None, ["--test-stimuli", "6"], ["--test-stimuli", "6 of 6"]),
    (None, ["--bin-stop-ms", "0"], ["--bin-stop-ms"]),
])
def test_bad_folders_and_options_are_refused(run, study, tmp_path, change, options, words):
    if change:
        change(*study)
    assert_refused(run("import", "bids", "study/derivatives/glm", "--out", "r.h5", *options), *words)
    assert not (tmp_path / "r.h5").exists()


def test_other_paths_are_refused(run, study, tmp_path):
    assert_refused(run("import", "bids", "nowhere", "--out", "r.h5"), "nowhere", "no such file")
    assert_refused(run("import", "bids", study[1] / "sub-01/anat/sub-01_space-T1w_desc-areas_dseg.tsv", "--out",
                       "r.h5"), "takes one folder")
