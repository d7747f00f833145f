"""`afterimage analyse`: what each analysis writes, and what it refuses."""
import csv
import json
import re
import shutil

import h5py
import numpy as np
import pytest
from conftest import assert_refused, read_png, run_program, write_image_folder

SMALL = ["--set", "data.image_size=32", "--set", "unet.width=8", "--set", "unet.blocks=2",
         "--set", "objective.perceptual=0", "--set", "training.steps=20", "--quiet"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A simulated recording of five windows, and a tuned and a fixed decoder."""
    folder = tmp_path_factory.mktemp("analyse")
    write_image_folder(folder / "images", 24)

    def run(*arguments):
        return run_program(*arguments, cwd=folder, check=True)

    run("simulate", "--images", "images", "--out", "r.h5", "--bins", "five", "--scale", ".1",
        "--image-size", "32", "--train-trials", "80", "--test-images", "6", "--test-repeats", "2",
        "--quiet")
    run("train", "tuned", "--recording", "r.h5", "--out", "tuned", *SMALL)
    run("train", "monkeysee-spatiotemporal", "--recording", "r.h5", "--out", "fixed", *SMALL,
        "--set", "training.epochs=0", "--set", "objective.fallback=squeezenet")
    return folder


def analyse(folder, name, model="tuned", *more):
    out = folder / f"{name}-{model}"
    run_program("analyse", name, folder / model, folder / "r.h5", "--out", out, "--force", "--quiet",
                *more, check=True)
    return out, json.loads((out / "analysis.json").read_text())


def rows(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def test_occlusion_has_the_44_conditions_of_the_paper(folder):
    out, result = analyse(folder, "occlusion", "fixed", "--metrics", "pixel-correlation,ssim")
    conditions = {(row["regions"], row["windows"]) for row in rows(out / "scores.csv")}
    assert len(conditions) == 44
    assert {regions for regions, _ in conditions} == {"all", "V1", "V4", "IT"}
    whole = [row for row in rows(out / "scores.csv") if row["regions"] == row["windows"] == "all"]
    assert [float(row["change"]) for row in whole] == [0, 0]
    assert (out / "regions.png").exists() and (out / "one-window.png").exists()
    assert "44 conditions" in result["lead"]


def test_every_condition_of_every_image_is_on_a_page_of_its_own(folder):
    """MonkeySee, Fig. 3: small multiples, a row per region and a column per choice of windows."""
    out, result = analyse(folder, "occlusion", "fixed", "--metrics", "pixel-correlation", "--images", "3")
    assert "multiples.html" in result["lead"]
    grids = result["multiples"]
    assert [grid["name"] for grid in grids] == ["conditions-1", "conditions-2", "conditions-3"]
    windows = ["all", *(f"only {i}" for i in range(1, 6)), *(f"all but {i}" for i in range(1, 6))]
    for grid in grids:
        assert grid["rows"] == ["all", "V1", "V4", "IT"] and grid["columns"] == ["shown", *windows]
    page = (out / "multiples.html").read_text()
    assert page.count("<img ") == 3 * 4 * 12 and page.count("conditions") > 0
    assert not re.search(r"(src|href)=.?https?:", page)  # it loads nothing
    # The same images as where the conditions are shown one by one.
    sheet, one_window = cells(out / "conditions-2.png", 4, 12), cells(out / "one-window.png", 3, 7)
    np.testing.assert_array_equal(sheet[0, :7], one_window[1])  # shown, all, only 1 to 5
    regions = cells(out / "regions.png", 3, 5)
    np.testing.assert_array_equal(sheet[:, 1], regions[1, 1:])
    np.testing.assert_array_equal(sheet[:, 0], regions[1, :1].repeat(4, 0))


def cells(path, rows, columns, side=32, gap=2):
    """The images of a sheet, (row, column, y, x, colour)."""
    sheet = read_png(path)
    y, x = ((side + gap) * np.arange(n)[:, None] + np.arange(side) for n in (rows, columns))
    return sheet[y][:, :, x].transpose(0, 2, 1, 3, 4)


def test_numbers_are_whole(folder):
    """Tables hold numbers as they were computed, in CSV and in JSON."""
    out, result = analyse(folder, "occlusion", "fixed", "--metrics", "pixel-correlation,ssim")
    saved = next(table for table in result["tables"] if table["name"] == "scores")
    for row, text in zip(saved["rows"], rows(out / "scores.csv")):
        value, low, high = (row[saved["columns"].index(name)] for name in ("value", "low", "high"))
        assert float(text["value"]) == value and low <= value <= high
    assert any(len(row["value"]) > 8 for row in rows(out / "scores.csv"))
    chart = next(chart for chart in result["charts"] if chart["name"] == "pixel-correlation-regions")
    assert chart["categories"] == ["all", "V1", "V4", "IT"]
    bars = chart["series"][0]
    assert all(low <= y <= high for low, y, high in zip(bars["low"], bars["y"], bars["high"]))


@pytest.mark.parametrize("name", ["occlusion", "layers", "colour"])
def test_the_level_before_onset_needs_such_a_bin(folder, name):
    assert_refused(run_program("analyse", name, "fixed", "r.h5", "--out", "o",
                               "--baseline", "pre-stimulus", cwd=folder),
                   "r.h5", "before stimulus onset", "baseline_recording")


def test_layers_are_shares_of_their_sum(folder):
    out, _ = analyse(folder, "layers")
    table = rows(out / "layers.csv")
    sums = {}
    for row in table:
        key = row["regions"], row["windows"]
        sums[key] = sums.get(key, 0) + float(row["share"])
    assert len(sums) == 4 * 6
    assert np.allclose(list(sums.values()), 1, atol=2e-3)


def test_colour_measures_what_was_shown_and_each_region(folder):
    out, result = analyse(folder, "colour")
    assert [row["images of"] for row in rows(out / "colourfulness.csv")] == ["shown", "all", "V1", "V4", "IT"]
    counts = result["charts"][0]["series"]
    assert all(sum(series["y"]) == 6 for series in counts)


def test_fields_beside_the_truth(folder):
    out, _ = analyse(folder, "fields")
    table = rows(out / "fields.csv")
    assert {"x", "y", "size", "shift", "error", "tuning 0", "tuning 15"} <= set(table[0])
    assert all(0 <= float(row["shift"]) < 0.1 for row in table)
    assert [row["roi"] for row in rows(out / "regions.csv")] == ["V1", "V4", "IT"]


def test_fields_that_were_not_learned_are_left_out(folder, tmp_path):
    shutil.copy(folder / "r.h5", tmp_path / "r.h5")
    with h5py.File(tmp_path / "r.h5", "r+") as file:
        file["sensors/x"][:3] = np.nan  # of V1
        file.attrs["fixation_x"], file.attrs["fixation_y"] = 0.1, -0.2
        name = file["sensors/name"].asstr()[:]
        roi = file["sensors/roi"].asstr()[:]
    run_program("train", "tuned", "--recording", "r.h5", "--out", "m", *SMALL, "--set",
                "data.regions=V1,IT", cwd=tmp_path, check=True)
    run_program("analyse", "fields", "m", "r.h5", "--out", "a", "--quiet", cwd=tmp_path, check=True)
    table = rows(tmp_path / "a" / "fields.csv")
    assert [row["sensor"] for row in table] == [n for n, r in zip(name[3:], roi[3:]) if r != "V4"]
    for row in table:
        x, y = float(row["x"]), float(row["y"])
        assert float(row["eccentricity"]) == pytest.approx(np.hypot(x - 0.1, y + 0.2))
    result = json.loads((tmp_path / "a" / "analysis.json").read_text())
    v4 = (roi == "V4").sum()
    assert f"Left out: 3 sensors without a field, {v4} sensors outside V1, IT (data.regions)." in result["lead"]
    assert "distance from fixation" in result["lead"]
    centres, sizes = result["charts"]
    assert centres["over_stimulus"] and "from fixation" in sizes["title"]
    assert [series["name"] for series in centres["series"]] == ["V1", "IT", "fixation"]
    assert centres["series"][0]["y"] == [float(row["y"]) for row in table if row["roi"] == "V1"]


def test_eccentricity_without_fixation_is_from_the_middle(folder, tmp_path):
    shutil.copy(folder / "r.h5", tmp_path / "r.h5")
    with h5py.File(tmp_path / "r.h5", "r+") as file:
        del file.attrs["fixation_x"], file.attrs["fixation_y"]
    run_program("analyse", "fields", folder / "tuned", "r.h5", "--out", "a", "--quiet", cwd=tmp_path, check=True)
    result = json.loads((tmp_path / "a" / "analysis.json").read_text())
    assert "from the middle of the stimulus: the recording does not know fixation" in result["lead"]
    assert "from the middle of the stimulus" in result["charts"][1]["title"]
    assert "unknown" in run_program("info", "r.h5", cwd=tmp_path, check=True).stdout


def test_fields_of_a_decoder_that_learns_none(folder):
    assert_refused(run_program("analyse", "fields", "fixed", "r.h5", "--out", "f", cwd=folder),
                   "learns no receptive fields", "tuned")


def test_responses_of_arrays_and_of_single_sensors(folder):
    out, _ = analyse(folder, "responses")
    assert all(float(row["added"]) > 0 for row in rows(out / "responses.csv"))
    first = rows(analyse(folder, "fields")[0] / "fields.csv")[0]["sensor"]
    out, _ = analyse(folder, "responses", "tuned", "--sensors", first)
    assert [row["responses"] for row in rows(out / "responses.csv")] == [first]
    assert_refused(run_program("analyse", "responses", "tuned", "r.h5", "--out", "s",
                               "--sensors", "nobody", cwd=folder), "nobody")


def test_the_page_shows_them(folder):
    analyse(folder, "colour")
    run_program("report", folder / "colour-tuned", "--out", folder / "page.html", "--force", check=True)
    page = (folder / "page.html").read_text()
    assert "Colourfulness: tuned" in page and "Distribution of colourfulness" in page


def test_bad_calls(folder, tmp_path):
    assert_refused(run_program("analyse", "oclusion", "tuned", "r.h5", "--out", "o", cwd=folder), "oclusion")
    assert_refused(run_program("analyse", "colour", "none", "r.h5", "--out", "o", cwd=folder), "none")
    (tmp_path / "there").mkdir()
    assert_refused(run_program("analyse", "colour", folder / "tuned", folder / "r.h5", "--out",
                               tmp_path / "there"), "there", "--force")
