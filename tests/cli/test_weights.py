"""`analyse weights`: what a linear decoder takes from each sensor, against NumPy and SciPy's ranks."""
import csv
import json

import nibabel
import numpy as np
import pytest
from conftest import SOURCE, assert_refused, tensors_of, write_recording

SHAPE = (3, 5, 4)
VOXELS = np.sort(np.random.default_rng(2).choice(60, 20, replace=False))


def save_mask(path):
    """A mask whose axes are turned and scaled: its space must be kept."""
    mask = np.zeros(60)
    mask[VOXELS] = 1
    affine = np.array([[0, -1.8, 0, 90], [1.8, 0, 0, -126], [0, 0, 2, -72], [0, 0, 0, 1]])
    nibabel.save(nibabel.Nifti1Image(mask.reshape(SHAPE).astype(np.int16), affine), path)
    return nibabel.load(path).affine  # as float32 has it


def ranks(values):
    """Percentages of others that are smaller, half of those that are equal."""
    others = len(values) - 1
    return [100 * (np.sum(values < v) + (np.sum(values == v) - 1) / 2) / others for v in values]


@pytest.fixture
def ridge(run, tmp_path):
    names = [f"voxel-{place}" for place in VOXELS]
    write_recording(tmp_path / "r.h5", bins=2, change=lambda file: file.__setitem__("sensors/name", names))
    run("train", "ridge", "--recording", "r.h5", "--out", "ridge", "--quiet", "--set", "data.image_size=16",
        "--set", "lambda=10", check=True)
    return tensors_of(tmp_path / "ridge/weights.safetensors")["weight"].reshape(20, 2, -1).astype(float)


def test_of_ridge_by_region_and_in_the_brain(run, ridge, tmp_path):
    affine = save_mask(tmp_path / "mask.nii.gz")
    run("analyse", "weights", "ridge", "r.h5", "--out", "w", "--mask", "mask.nii.gz", "--quiet", check=True)
    mean, norm = ridge.mean((1, 2)), np.abs(ridge).sum(1).mean(1)
    percentile = ranks(norm)
    for name, expected in [("weight", mean), ("norm", norm), ("percentile", percentile)]:
        np.testing.assert_allclose(np.load(tmp_path / f"w/{name}.npy")[0], expected, rtol=1e-6, atol=1e-12)
        volume = nibabel.load(tmp_path / f"w/{name}.nii.gz")
        np.testing.assert_array_equal(volume.affine, affine)
        assert volume.shape == SHAPE and volume.get_data_dtype() == np.float32
        np.testing.assert_allclose(volume.get_fdata().ravel()[VOXELS], expected, rtol=1e-6, atol=1e-9)
        assert np.count_nonzero(np.delete(volume.get_fdata().ravel(), VOXELS)) == 0
    with open(tmp_path / "w/regions.csv", newline="") as file:
        rows = {row["region"]: row for row in csv.DictReader(file)}
    for region, part in [("V1", slice(0, 10)), ("V4", slice(10, 20))]:
        row = rows[region]
        assert row["target"] == "pixels" and row["sensors"] == "10"
        for name, values in [("weight", mean[part]), ("percentile", np.array(percentile)[part])]:
            assert float(row[name]) == pytest.approx(values.mean())
            assert float(row[f"{name} sem"]) == pytest.approx(values.std(ddof=1) / np.sqrt(10))
    run("report", "w", "--out", "page.html", check=True)
    assert "Percentile of the weights" in (tmp_path / "page.html").read_text()


def test_which_target_a_region_serves(run, tmp_path):
    """z is read from V1 alone, c from V4 alone: each region stands in its own target only."""
    captions = [f"{('a', 'the')[i % 2]} {('cat', 'dog', 'kite', 'bus', 'train')[i % 5]}" for i in range(46)]
    write_recording(tmp_path / "r.h5", train=40, size=32,
                    change=lambda file: file.__setitem__("stimuli/caption", captions))
    settings = {"checkpoint": SOURCE / "tests/reference/diffusion/pipeline", "data.image_size": 32, "c.tokens": 8,
                "output": "stage-1", "z.regions": "V1", "c.regions": "V4", "regression.lambdas": "10",
                "generate.steps": 10, "generate.denoised_steps": 2, "generate.noised_to": 1}
    run("train", "minddiffuser", "--recording", "r.h5", "--out", "m", "--quiet",
        *(word for key, value in settings.items() for word in ("--set", f"{key}={value}")), check=True)
    run("analyse", "weights", "m", "r.h5", "--out", "w", "--quiet", check=True)
    with open(tmp_path / "w/serves.csv", newline="") as file:
        assert {row["region"]: (row["target"], row["next"]) for row in csv.DictReader(file)} == {
            "V1": ("z", ""), "V4": ("c", "")}
    weight, norm = np.load(tmp_path / "w/weight.npy"), np.load(tmp_path / "w/norm.npy")
    assert np.isnan(weight[0, 10:]).all() and np.isnan(weight[1, :10]).all()
    assert (norm[0, :10] > 0).all() and (norm[1, 10:] > 0).all() and norm[0, 10:].sum() == 0
    assert json.loads((tmp_path / "w/analysis.json").read_text())["arrays"][0]["names"]["target"] == ["z", "c"]
    assert not list((tmp_path / "w").glob("*.nii.gz"))


def test_what_is_refused(run, ridge, tmp_path):
    nibabel.save(nibabel.Nifti1Image(np.ones((2, 2, 2), np.int16), np.eye(4)), tmp_path / "small.nii")
    weights = ("analyse", "weights", "ridge", "r.h5", "--out", "w")
    assert_refused(run(*weights, "--mask", "small.nii"), "small.nii", "voxel-")
    assert_refused(run(*weights, "--mask", "none.nii"), "none.nii", "no such file")
    run("train", "tuned", "--recording", "r.h5", "--out", "net", "--quiet", "--set", "data.image_size=16", "--set",
        "unet.blocks=2", "--set", "unet.width=8", "--set", "training.steps=1", "--set", "objective.perceptual=0",
        "--set", "projection.tuning_start=random", check=True)
    assert_refused(run("analyse", "weights", "net", "r.h5", "--out", "w"), "not linear", "ridge", "occlusion")
    assert not (tmp_path / "w").exists()
