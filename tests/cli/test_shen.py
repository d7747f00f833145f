"""The decoder of Shen et al. (2019): its projection makes the image, there is no U-Net."""
import h5py
import numpy as np
import pytest
from conftest import assert_refused, run_program

SMALL = ["--set", "data.image_size=32", "--set", "projection.hidden=64", "--set", "projection.width=16",
         "--set", "training.batch=8", "--set", "objective.perceptual=0", "--set", "training.epochs=0",
         "--quiet"]


@pytest.fixture(scope="module")
def model(tmp_path_factory, recording):
    folder = tmp_path_factory.mktemp("shen") / "m"
    run_program("train", "shen", "--recording", recording, "--out", folder, *SMALL,
                "--set", "training.steps=200", "--set", "training.learning_rate=2e-3",
                "--set", "objective.adversarial=0", check=True)
    return folder


def images_of(path):
    with h5py.File(path) as file:
        return file["images"][()]


def test_it_learns_to_show_what_was_seen(model, recording, tmp_path):
    """It has no fields and few samples to find them with, but those it was trained on it must know."""
    run_program("reconstruct", model, recording, "--split", "train", "--out", tmp_path / "x.h5",
                "--controls", "none", "--quiet", check=True)
    found = images_of(tmp_path / "x.h5")
    assert found.shape == (120, 32, 32, 3)
    with h5py.File(recording) as file:
        shown = file["stimuli/images"][:120].repeat(2, axis=1).repeat(2, axis=2)
    r = np.corrcoef(found.reshape(120, -1), shown.reshape(120, -1))[:120, 120:]
    assert np.diag(r).mean() > r[~np.eye(120, dtype=bool)].mean() + 0.2, np.diag(r).mean()


def test_the_seed_decides_and_analyses_work(recording, tmp_path):
    """No weights of a U-Net are among those it keeps."""
    for name in ["a", "b"]:
        run_program("train", "shen", "--recording", recording, "--out", name, *SMALL,
                    "--set", "training.steps=4", cwd=tmp_path, check=True)
    assert (tmp_path / "a/weights.safetensors").read_bytes() == (tmp_path / "b/weights.safetensors").read_bytes()
    assert b"unet" not in (tmp_path / "a/weights.safetensors").read_bytes()
    run_program("analyse", "occlusion", "a", recording, "--out", "o", "--metrics", "pixel-correlation",
                "--quiet", cwd=tmp_path, check=True)


def test_generator_and_projection_must_go_together(recording, tmp_path):
    def refused(*settings):
        words = [word for setting in settings for word in ("--set", setting)]
        return run_program("train", "shen", "--recording", recording, "--out", "m", *SMALL, *words,
                           cwd=tmp_path)
    assert_refused(refused("generator=unet"), "generator", "upconv")
    assert_refused(refused("linear_input=true"), "linear_input")
    assert_refused(refused("data.image_size=100"), "data.image_size", "100")
    result = run_program("train", "tuned", "--recording", recording, "--out", "m", "--set",
                         "generator=projection", cwd=tmp_path)
    assert_refused(result, "generator", "upconv")
