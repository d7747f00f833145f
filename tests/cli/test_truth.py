"""What decoders and analyses find on simulated recordings, beside the truth and beside controls."""
import csv
import shutil

import h5py
import numpy as np
import pytest
from conftest import SOURCE, run_program

SMALL = ["--set", "data.image_size=32", "--set", "unet.width=16", "--set", "unet.blocks=3",
         "--set", "objective.adversarial=0", "--quiet"]


def rows(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def simulate(folder, *more):
    run_program("simulate", "--images", SOURCE / "assets/examples/photos", "--out", "r.h5",
                "--scale", ".3", "--image-size", "32", "--test-repeats", "4", "--quiet", *more,
                cwd=folder, check=True)
    return folder / "r.h5"


@pytest.fixture(scope="module")
def displaced(tmp_path_factory):
    """A recording whose receptive fields are said to lie a tenth of the width from where they are,
    each in another direction."""
    folder = tmp_path_factory.mktemp("displaced")
    simulate(folder, "--train-trials", "1500", "--test-images", "10")
    with h5py.File(folder / "r.h5", "r+") as file:
        angle = np.random.default_rng(1).uniform(0, 2 * np.pi, len(file["sensors/x"]))
        file["sensors/x"][...] += 0.1 * np.cos(angle)
        file["sensors/y"][...] += 0.1 * np.sin(angle)
    return folder


def median_errors(folder, recording, *settings):
    """Of each region: the median distance of learned centres from the true ones."""
    run_program("train", "tuned", "--recording", recording, "--out", "m", "--force", *SMALL, "--set",
                "objective.perceptual=0", "--set", "training.steps=100", *settings, cwd=folder,
                check=True)
    run_program("analyse", "fields", "m", recording, "--out", "f", "--force", "--quiet", cwd=folder,
                check=True)
    return {row["roi"]: float(row["distance from the true centre"])
            for row in rows(folder / "f" / "regions.csv")}


@pytest.mark.parametrize("kind", ["tuned", "gaussian"])
def test_training_finds_fields_that_start_a_tenth_away(displaced, kind):
    error = median_errors(displaced, "r.h5", "--set", f"projection.kind={kind}",
                          "--set", "projection.fit=true")
    assert error["V1"] < 0.045 and error["V4"] < 0.07  # measured: .03 and .056
    assert error["IT"] < 0.105  # a field as large as the image tells its place to no decoder


def test_it_finds_no_fields_in_shuffled_responses(displaced):
    shutil.copy(displaced / "r.h5", displaced / "shuffled.h5")
    with h5py.File(displaced / "shuffled.h5", "r+") as file:
        trials = len(file["responses"])
        file["responses"][...] = file["responses"][()][np.random.default_rng(2).permutation(trials)]
    error = median_errors(displaced, "shuffled.h5", "--set", "projection.fit=true")
    assert all(value > 0.085 for value in error.values())


class Occluded:
    """What a decoder of five windows shows of each region and window alone."""

    def __init__(self, folder, recording):
        run_program("train", "tuned", "--recording", recording, "--out", "m", "--force", *SMALL,
                    "--set", "training.steps=120", "--set", "training.learning_rate=1.5e-3", cwd=folder,
                    check=True)
        run_program("analyse", "occlusion", "m", recording, "--out", "o", "--force", "--quiet",
                    "--metrics", "pixel-correlation", cwd=folder, check=True)
        run_program("analyse", "layers", "m", recording, "--out", "l", "--force", "--quiet",
                    cwd=folder, check=True)
        self.pixels = {(row["regions"], row["windows"]): float(row["value"])
                       for row in rows(folder / "o" / "scores.csv")}
        self.shares = {(row["regions"], row["layer"]): float(row["share"])
                       for row in rows(folder / "l" / "layers.csv") if row["windows"] == "all"}

    def layout(self):
        """How much better V1 alone tells pixels than IT alone."""
        return self.pixels["V1", "all"] - self.pixels["IT", "all"]

    def category(self):
        """How much more of IT's feature correlation than of V1's lies in the two last layers."""
        def late(roi):
            return self.shares[roi, "features.12"] + self.shares[roi, "logits"]
        return late("IT") - late("V1")

    def lateness(self):
        """What the fourth window alone tells more than the second, in IT over V1."""
        def gain(roi):
            return self.pixels[roi, "only 4"] - self.pixels[roi, "only 2"]
        return gain("IT") - gain("V1")


@pytest.fixture(scope="module")
def regions(tmp_path_factory):
    """A decoder, and one of the same responses whose sensors are given regions by lot."""
    folder = tmp_path_factory.mktemp("regions")
    simulate(folder, "--train-trials", "1500", "--test-images", "60", "--bins", "five")
    shutil.copy(folder / "r.h5", folder / "by-lot.h5")
    with h5py.File(folder / "by-lot.h5", "r+") as file:
        roi = file["sensors/roi"][()]
        file["sensors/roi"][...] = roi[np.random.default_rng(3).permutation(len(roi))]
    return Occluded(folder, "r.h5"), Occluded(folder, "by-lot.h5")


@pytest.mark.parametrize("direction, least, by_chance", [("layout", 0.15, 0.15), ("category", 0.02, 0.015),
                                                         ("lateness", 0.03, 0.03)])
def test_regions_differ_as_in_monkeysee(regions, direction, least, by_chance):
    given, by_lot = (getattr(each, direction)() for each in regions)
    assert given > least
    assert by_lot < by_chance


def test_attention_finds_where_its_arrays_look(tmp_path):
    """IRFA is told no fields. Its spatial fields lie on the arrays' own, and change less from image to
    image than its feature fields do (Fig. 4)."""
    simulate(tmp_path, "--train-trials", "1500", "--test-images", "20")
    run_program("train", "irfa", "--recording", "r.h5", "--out", "m", *SMALL,
                "--set", "training.steps=200", cwd=tmp_path, check=True)
    run_program("analyse", "irf", "m", "r.h5", "--out", "i", "--quiet", cwd=tmp_path, check=True)
    found = {row["what"]: float(row["value"]) for row in rows(tmp_path / "i" / "summary.csv")}
    assert found["overlap with the known fields (correlation)"] > 0.2
    assert found["p of an overlap as large by chance"] < 0.01
    assert found["p of a distance as small by chance"] < 0.01
    assert found["feature deviation"] > found["spatial deviation"]
