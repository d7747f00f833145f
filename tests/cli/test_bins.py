"""Which bins a decoder reads: those before stimulus onset are for baselines, not for decoding."""
import csv
import json

import h5py
import numpy as np
import pytest
from conftest import assert_refused, run_program, write_image_folder, write_recording

TINY = ["--set", "data.image_size=32", "--set", "unet.width=8", "--set", "unet.blocks=2",
        "--set", "objective.perceptual=0", "--set", "training.steps=20"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A simulated recording of five windows after onset and one before, and a decoder of it."""
    folder = tmp_path_factory.mktemp("bins")
    write_image_folder(folder / "images", 24)
    for name, more in [("r.h5", ["--pre-stimulus"]), ("after.h5", [])]:
        run_program("simulate", "--images", "images", "--out", name, "--bins", "five", "--scale", ".1",
                    "--image-size", "32", "--train-trials", "80", "--test-images", "6",
                    "--test-repeats", "2", "--quiet", *more, cwd=folder, check=True)
    result = train(folder, "tuned", "m", *TINY)
    (folder / "said").write_text(result.stderr)
    return folder


def train(folder, config, out, *more, recording="r.h5", check=True):
    return run_program("train", config, "--recording", recording, "--out", out, *more, cwd=folder,
                       check=check)


def bins_of(model):
    bins = json.loads((model / "model.json").read_text())["input"]["bins"]
    return list(zip(bins["start_ms"], bins["stop_ms"]))


FIVE = [(0, 40), (40, 80), (80, 120), (120, 160), (160, 200)]


def test_the_bin_before_onset_is_left_out_and_train_says_so(folder):
    assert bins_of(folder / "m") == FIVE
    assert "1 of 6 bins" in (folder / "said").read_text()
    assert "-100 to 0" in (folder / "said").read_text()
    assert "0 to 40" in run_program("info", folder / "m", check=True).stdout


def test_it_holds_no_signal_and_changes_no_other_bin(folder):
    with h5py.File(folder / "r.h5") as all_bins, h5py.File(folder / "after.h5") as after:
        assert np.array_equal(all_bins["responses"][:, :, 1:], after["responses"])
        assert not all_bins["truth/time_course"][:, 0].any()


def images_of(path):
    with h5py.File(path) as file:
        return {"decoder": file["images"][()], **{name: file["controls"][name][()] for name in file["controls"]}}


def test_other_bins_of_a_recording_do_not_matter(folder):
    for name in ["r", "after"]:
        run_program("reconstruct", "m", f"{name}.h5", "--out", f"x-{name}.h5", "--quiet", cwd=folder,
                    check=True)
    first, second = images_of(folder / "x-r.h5"), images_of(folder / "x-after.h5")
    assert set(first) == {"decoder", "mean", "retrieval", "ridge", "shuffled"}
    for name, images in first.items():
        assert np.array_equal(images, second[name]), name


@pytest.mark.parametrize("chosen, expected", [("all", [(-100, 0), *FIVE]), ("0-80", FIVE[:2]),
                                              ("6,2", [FIVE[0], FIVE[4]]), ("-100-0", [(-100, 0)])])
def test_bins_are_chosen_by_number_or_time(folder, chosen, expected):
    train(folder, "ridge", f"r{chosen}", "--set", f"data.bins={chosen}", "--set", "data.image_size=32",
          "--quiet")
    assert bins_of(folder / f"r{chosen}") == expected


def test_nothing_can_be_decoded_before_onset(folder):
    """What the baseline bin is for: a decoder of it alone knows no more than the mean image."""
    def score(chosen):
        name = "only" + chosen
        train(folder, "ridge", name, "--set", f"data.bins={chosen}", "--set", "data.image_size=32",
              "--quiet")
        run_program("reconstruct", name, "r.h5", "--out", name + ".h5", "--quiet", cwd=folder, check=True)
        run_program("evaluate", name + ".h5", "--recording", "r.h5", "--out", name + ".json", "--metrics",
                    "pixel-identification-2way", "--quiet", cwd=folder, check=True)
        return json.loads((folder / (name + ".json")).read_text())["sets"][0]["scores"][0]["value"]
    assert score("1") < 0.75 < score("0-200")


def test_occlusion_by_the_level_before_onset(folder):
    def scores(baseline):
        run_program("analyse", "occlusion", "m", "r.h5", "--out", baseline, "--baseline", baseline,
                    "--metrics", "pixel-correlation", "--quiet", cwd=folder, check=True)
        with open(folder / baseline / "scores.csv", newline="") as file:
            return {(row["regions"], row["windows"]): row["value"] for row in csv.DictReader(file)}
    before, mean = scores("pre-stimulus"), scores("mean")
    assert len(before) == 44  # of five windows: that before onset is none of them
    assert before["all", "all"] == mean["all", "all"]
    assert before["V1", "all"] != mean["V1", "all"]
    assert "0 to 40" in json.loads((folder / "mean" / "analysis.json").read_text())["lead"]


@pytest.mark.parametrize("name, table, of, value", [
    ("layers", "layers", "regions", "correlation"), ("colour", "colourfulness", "images of", "mean")])
def test_layers_and_colour_by_the_level_before_onset(folder, name, table, of, value):
    def found(baseline):
        out = folder / f"{name}-{baseline}"
        run_program("analyse", name, "m", "r.h5", "--out", out, "--baseline", baseline, "--quiet",
                    cwd=folder, check=True)
        lead = json.loads((out / "analysis.json").read_text())["lead"]
        assert ("level before onset" in lead) == (baseline == "pre-stimulus")
        with open(out / f"{table}.csv", newline="") as file:
            return list(csv.DictReader(file))
    rows = found("mean")
    assert {row[of] for row in rows} >= {"all", "V1", "V4", "IT"}
    for mean, before in zip(rows, found("pre-stimulus"), strict=True):
        nothing_kept_away = mean[of] in ("shown", "all") and mean.get("windows", "all") == "all"
        assert (mean[value] == before[value]) == nothing_kept_away


def test_the_level_before_onset_may_come_from_another_recording(folder):
    for name, more in [("own", ["r.h5"]), ("other", ["after.h5", "--baseline-recording", "r.h5"])]:
        run_program("analyse", "occlusion", "m", *more, "--out", name, "--baseline", "pre-stimulus",
                    "--metrics", "pixel-correlation", "--quiet", cwd=folder, check=True)
    assert (folder / "own/scores.csv").read_text() == (folder / "other/scores.csv").read_text()


def test_a_model_made_before_there_was_a_choice(folder):
    """Its configuration has no data.bins; it reads all the bins it was trained on."""
    train(folder, "ridge", "old", "--set", "data.bins=all", "--set", "data.image_size=32", "--quiet")
    config = folder / "old" / "config.toml"
    lines = config.read_text().splitlines()
    assert any(line.startswith("bins = ") for line in lines)
    config.write_text("\n".join(line for line in lines if not line.startswith("bins = ")))
    run_program("reconstruct", "old", "r.h5", "--out", "old.h5", "--quiet", cwd=folder, check=True)
    assert_refused(run_program("reconstruct", "old", "after.h5", "--out", "o.h5", cwd=folder),
                   "after.h5", "-100 to 0 ms")


def test_a_window_outside_the_recorded_bins(folder):
    for chosen in ["200-300", "0-30", "7", "0"]:
        result = train(folder, "ridge", "none", "--set", f"data.bins={chosen}", check=False)
        assert_refused(result, "data.bins", "1: -100 to 0, 2: 0 to 40", "6: 160 to 200 ms")
    assert_refused(train(folder, "ridge", "none", "--set", "data.bins=early", check=False), "'early'", "0-80")
    assert not (folder / "none.training").exists()


def test_a_recording_with_nothing_after_onset(tmp_path):
    def early(file):
        file["bins/start_ms"][:] = [-50]
        file["bins/stop_ms"][:] = [0]
    write_recording(tmp_path / "r.h5", change=early)
    assert_refused(train(tmp_path, "ridge", "m", check=False), "data.bins", "after stimulus onset", "-50 to 0")


def test_an_unknown_region_lists_those_there_are(folder):
    result = train(folder, "tuned", "none", "--set", "data.regions=V1,V5", check=False)
    assert_refused(result, "data.regions", "'V5'", "V1, V4, IT")


def renamed(names, path):
    def change(file):
        del file["sensors"]
        file["sensors/name"] = names
    return write_recording(path, sensors=len(names), size=32, bins=2, change=change)


def test_a_model_and_a_recording_of_other_sensors_or_bins(tmp_path):
    names = [f"e{i}" for i in range(8)]
    renamed(names, tmp_path / "a.h5")
    train(tmp_path, "ridge", "m", "--set", "data.image_size=32", "--quiet", recording="a.h5")

    def refused(names, *words):
        renamed(names, tmp_path / "b.h5")
        result = run_program("reconstruct", "m", "b.h5", "--out", "x.h5", cwd=tmp_path)
        assert_refused(result, "b.h5", *words)

    refused(names[:3], "lacks 5 (e3, e4, e5, ...) of the model's 8 sensors")
    refused(["e0", "x", *names[2:], "y"], "lacks 1 (e1)", "has 2 (x, y) that the model has not")
    refused([*names, "z"], "has 1 (z)")
    refused(["e1", "e0", *names[2:]], "another order", "sensor 0 is 'e1', the model's 'e0'")

    def later(file):
        file["bins/start_ms"][:] = [25, 76]
        del file["sensors"]
        file["sensors/name"] = names
    write_recording(tmp_path / "c.h5", sensors=8, size=32, bins=2, change=later)
    assert_refused(run_program("reconstruct", "m", "c.h5", "--out", "x.h5", cwd=tmp_path),
                   "c.h5", "no bin from 75 to 125 ms", "1: 25 to 75, 2: 76 to 125")


@pytest.mark.parametrize("config", ["demo", "tuned", "monkeysee-end-to-end", "monkeysee-spatial"])
def test_a_decoder_that_needs_fields_says_how_to_get_them(tmp_path, config):
    def without_fields(file):
        for name in ["x", "y", "size"]:
            del file["sensors/" + name]
    write_recording(tmp_path / "r.h5", size=32, change=without_fields)
    result = train(tmp_path, config, "m", *TINY, "--set", "objective.fallback=squeezenet", check=False)
    assert_refused(result, "no sensor of the recording has a receptive field", "afterimage fields")
