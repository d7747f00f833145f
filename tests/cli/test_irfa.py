"""IRFA on a small recording: training, reconstruction, and what it refuses."""
import csv

import h5py
import pytest
from conftest import assert_refused, run_program

SMALL = ["--set", "data.image_size=16", "--set", "unet.width=8", "--set", "unet.blocks=2",
         "--set", "training.batch=4", "--set", "objective.perceptual=0",
         "--set", "training.epochs=0", "--set", "training.steps=12", "--quiet"]
AS_IN_THE_CODE = ["--set", "projection.embedding=batchnorm-relu", "--set", "objective.verdict=sigmoid",
                  "--set", "optimiser.discriminator_every=5"]


def train(run, recording, *more, config="irfa-4", **options):
    return run("train", config, "--recording", recording, "--out", "m", *SMALL, *more, **options)


@pytest.mark.parametrize("config,more", [("irfa-4", []), ("irfa-16", AS_IN_THE_CODE)])
def test_it_trains_and_reconstructs(run, recording, tmp_path, config, more):
    train(run, recording, *more, config=config, check=True)
    run("reconstruct", "m", recording, "--out", "x.h5", "--quiet", check=True)
    with h5py.File(tmp_path / "x.h5") as file:
        assert file["images"].shape == (6, 16, 16, 3)
        assert file["images"][()].std() > 0


def test_wrong_settings_are_refused(run, recording):
    assert_refused(train(run, recording, "--set", "projection.features=5"), "features", "even")
    assert_refused(train(run, recording, "--set", "projection.absent=V2"), "V2", "V1")
    assert_refused(train(run, recording, "--set", "projection.absent=V1,V4"), "leaves no array")
    assert_refused(train(run, recording, "--set", "projection.kernel=0"), "kernel", "1..15")


@pytest.fixture(scope="module")
def trained(tmp_path_factory, recording):
    folder = tmp_path_factory.mktemp("irfa")

    def run_here(*arguments, **options):
        return run_program(*arguments, **{"cwd": folder, **options})
    train(run_here, recording, check=True)
    return folder / "m"


def rows(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def test_inverse_receptive_fields(run, recording, tmp_path, trained):
    run("analyse", "irf", trained, recording, "--out", "a", "--quiet", check=True)
    table = rows(tmp_path / "a" / "arrays.csv")
    assert [row["array"] for row in table] == ["V1", "V4"]
    assert sum(float(row["mean weight"]) for row in table) == pytest.approx(1, abs=2e-3)


def test_embedding(run, recording, tmp_path, trained):
    run("analyse", "embedding", trained, recording, "--out", "a", "--quiet",
        "--split", "train", "--tsne.iterations", "300", check=True)
    points = rows(tmp_path / "a" / "points.csv")
    assert len(points) == 2 * 120 * 2  # kinds, images, arrays
    assert_refused(run("analyse", "embedding", trained, recording, "--out", "b", "--quiet"),
                   "12 rows", "perplexity")


def test_a_model_without_attention_is_refused(run, recording):
    run("train", "demo", "--recording", recording, "--out", "demo", *SMALL, check=True)
    assert_refused(run("analyse", "irf", "demo", recording, "--out", "a"), "attention")
