"""Scores: single trials, other recordings, names, leaks, tables."""
import csv
import hashlib
import json

import h5py
import numpy as np
import pytest
from conftest import assert_refused, run_program, write_recording

FEW = ["--metrics", "pixel-correlation,pixel-identification-2way,pixel-identification-nway"]


def rows(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def name_stimuli(f):
    """Two names that only an injective encoding keeps apart."""
    f["stimuli/name"] = [f"photo{i}" for i in range(24)] + ["a/b", "a_b"]


def reconstruct(run, model, recording, out, *more):
    return run("reconstruct", model, recording, "--out", out, "--quiet", *more, check=True)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Two test stimuli, four trials each: model, single trials, averages and scores of both."""
    folder = tmp_path_factory.mktemp("made")

    def run(*arguments, **options):
        return run_program(*arguments, **{"cwd": folder, "check": True, **options})

    write_recording(folder / "r.h5", test=2, repeats=4, noise=0.05, change=name_stimuli)
    run("train", "ridge", "--recording", "r.h5", "--out", "m", "--set", "data.image_size=16", "--quiet")
    reconstruct(run, "m", "r.h5", "single.h5", "--average-repeats", "false", "--png", "png")
    reconstruct(run, "m", "r.h5", "averaged.h5", "--png", "averaged")
    for name in ("single", "averaged"):
        run("evaluate", f"{name}.h5", "--recording", "r.h5", "--out", f"{name}.json", "--csv",
            f"{name}.csv", "--csv-images", f"{name}-images.csv", *FEW)
    return folder


def test_single_trials_are_trials_of_two_stimuli(made):
    scores = json.loads((made / "single.json").read_text())
    assert scores["stimuli"] == 2 and len(scores["images"]) == 8
    assert sorted(image["repeat"] for image in scores["images"]) == [0, 0, 1, 1, 2, 2, 3, 3]
    assert {m["name"]: m["chance"] for m in scores["metrics"]} == {
        "pixel-correlation": None, "pixel-identification-2way": 0.5,
        "pixel-identification-nway": 0.5}
    ridge = next(s for s in scores["sets"] if s["name"] == "ridge")
    assert [s["value"] for s in ridge["scores"]][1:] == [1, 1]  # 4/7 at best, if trials were images
    # Two stimuli: exchanging them in either, both or none is all there is.
    assert all(c["p"] in (0.5, 1) for c in scores["comparisons"])


def test_shuffled_trials_show_the_other_stimulus(made):
    with h5py.File(made / "single.h5") as f:
        stimulus, images = f["stimulus"][()], f["images"][()]
        for i, shuffled in enumerate(f["controls/shuffled"][()]):
            source = np.abs(images - shuffled).max(axis=(1, 2, 3)).argmin()
            np.testing.assert_allclose(images[source], shuffled, atol=1e-6)
            assert stimulus[source] != stimulus[i]


def test_one_stimulus_has_no_shuffled_control(run, tmp_path):
    write_recording(tmp_path / "r.h5", test=1, repeats=3)
    run("train", "ridge", "--recording", "r.h5", "--out", "m", "--quiet", check=True)
    result = run("reconstruct", "m", "r.h5", "--out", "x.h5", "--average-repeats", "false", check=True)
    assert result.stderr.count("one stimulus only") == 1
    with h5py.File(tmp_path / "x.h5") as f:
        assert sorted(f["controls"]) == ["mean", "retrieval"]


def test_every_row_has_its_png(made):
    names = sorted(path.name for path in (made / "png").glob("*.png"))
    assert names == sorted(f"{name}-{k}.png" for name in ("a%2Fb", "a_b") for k in range(1, 5))
    assert sorted(path.name for path in (made / "averaged/mean").glob("*.png")) == ["a%2Fb.png",
                                                                                    "a_b.png"]


def test_tables_of_sets_and_of_images(made):
    summary, images = rows(made / "single.csv"), rows(made / "single-images.csv")
    scores = json.loads((made / "single.json").read_text())
    assert list(summary[0]) == ["set", "control", "metric", "value", "low", "high", "not_computed",
                                "trained_against", "area", "true_images", "noise_free", "predicted",
                                "repeats", "halves"]
    assert len(summary) == 3 * len(scores["sets"]) and len(images) == 8 * len(summary)
    assert list(images[0]) == ["set", "control", "metric", "stimulus", "repeat", "name", "value"]
    one = [row for row in images if row["set"] == "mean" and row["metric"] == "pixel-correlation"]
    assert [(row["name"], row["repeat"]) for row in one][:2] == [("a/b", "0"), ("a/b", "1")]
    value = next(row["value"] for row in summary
                 if row["set"] == "mean" and row["metric"] == "pixel-correlation")
    assert np.isclose(float(value), np.mean([float(row["value"]) for row in one]))


def test_the_image_size_is_said(made, run):
    result = run("evaluate", made / "single.h5", "--recording", made / "r.h5", "--out", "s.json", *FEW,
                 check=True)
    assert result.stdout.startswith("8 single trials of 2 images of 16 x 16 pixels (test); scores "
                                    "depend on that size\n")
    assert json.loads((made / "single.json").read_text())["image_size"] == [16, 16]
    assert "8 of 2 stimuli, 16 x 16 pixels" in run("info", made / "single.json", check=True).stdout


def test_a_reconstruction_keeps_names_and_hashes(made, run):
    with h5py.File(made / "single.h5") as f, h5py.File(made / "r.h5") as recording:
        assert f["stimulus_name"].asstr()[:2].tolist() == ["a/b", "a/b"]
        assert f.attrs["train_split"] == "train"
        for row, digest in zip(f["stimulus"][()], f["stimulus_sha256"].asstr()[:]):
            pixels = recording["stimuli/images"][row].tobytes()
            assert digest == hashlib.sha256(pixels).hexdigest()
        whole = hashlib.sha256("\n".join(f["stimulus_sha256"].asstr()[:]).encode()).hexdigest()
    text = run("info", made / "single.h5", check=True).stdout
    assert f"2, in 8 rows; sha256 {whole}" in text


def test_another_recording_of_as_many_stimuli_is_refused(made, run, tmp_path):
    write_recording(tmp_path / "other.h5", test=2, repeats=4, seed=2, change=name_stimuli)
    write_recording(tmp_path / "unnamed.h5", test=2, repeats=4)
    arguments = ["evaluate", made / "single.h5", "--out", "s.json", "--recording"]
    assert_refused(run(*arguments, "other.h5"), "other.h5", "other pixels", "stimulus 24 ('a/b')")
    assert_refused(run(*arguments, "unnamed.h5"), "unnamed.h5", "'24'", "'a/b'")
    assert_refused(run("report", "other.h5", made / "single.h5", "--out", "r.html"), "other pixels")
    assert_refused(run("report", made / "r.h5", made / "averaged.h5", made / "single.json", "--out",
                       "r.html"), "other images")
    assert not (tmp_path / "s.json").exists() and not (tmp_path / "r.html").exists()


def test_an_older_reconstruction_is_read(made, run, tmp_path):
    (tmp_path / "old.h5").write_bytes((made / "single.h5").read_bytes())
    with h5py.File(tmp_path / "old.h5", "a") as f:
        del f["stimulus_name"], f["stimulus_sha256"], f.attrs["train_split"]
    run("evaluate", "old.h5", "--recording", made / "r.h5", "--out", "s.json", *FEW, check=True)
    old, new = (json.loads(path.read_text()) for path in (tmp_path / "s.json", made / "single.json"))
    assert old["sets"] == new["sets"] and old["images"] == new["images"]
    assert "an older file" in run("info", "old.h5", check=True).stdout


def test_two_models_of_one_name(made, run, tmp_path):
    files = [made / "averaged.h5", made / "averaged.h5"]
    arguments = ["evaluate", *files, "--recording", made / "r.h5", "--out", "s.json", *FEW]
    assert_refused(run(*arguments), "two reconstructions", "--name")
    assert_refused(run(*arguments, "--name", "one"), "--name", "1 of 2")
    run(*arguments, "--name", "one", "--name", "two", check=True)
    sets = json.loads((tmp_path / "s.json").read_text())["sets"]
    assert [s["name"] for s in sets][:2] == ["one", "two"]
    page = ["report", made / "r.h5", *files, "s.json", "--out", "r.html"]
    assert_refused(run(*page), "--name")
    run(*page, "--name", "one", "--name", "two", check=True)
    reconstruct(run, made / "m", made / "r.h5", "named.h5", "--name", "linear, again")
    run("evaluate", "named.h5", made / "averaged.h5", "--recording", made / "r.h5", "--out", "t.json",
        *FEW, check=True)
    assert json.loads((tmp_path / "t.json").read_text())["sets"][0]["name"] == "linear, again"


def test_an_empty_name_is_refused(made, run):
    assert_refused(run("train", "ridge", "--recording", made / "r.h5", "--out", "m", "--set", "name="),
                   "name is empty")


def leak(f):
    """Of six test stimuli one is trained on, one is a copy, one was cut from the same photo."""
    images = f["stimuli/images"][()]
    images[25] = images[3]
    f["stimuli/images"][...] = images
    sources = [f"photo{i}" for i in range(30)]
    sources[26] = sources[4]
    f["stimuli/source"] = sources
    stimulus = f["trials/stimulus"][()]
    stimulus[0] = 24
    f["trials/stimulus"][...] = stimulus


def test_leaks_are_said_by_each_command_once(run, tmp_path):
    write_recording(tmp_path / "r.h5", change=leak)
    said = ("3 of the 6 stimuli of 'test' are in 'train' too (1 the same stimulus, 1 with equal pixels, "
            "1 cut from the same source): scores will be too good")
    assert run("info", "r.h5", check=True).stdout.count(said) == 1
    result = run("train", "ridge", "--recording", "r.h5", "--out", "m", check=True)
    assert result.stderr.count(said) == 1
    reconstruct(run, "m", "r.h5", "x.h5")
    result = run("evaluate", "x.h5", "--recording", "r.h5", "--out", "s.json", *FEW, check=True)
    assert str(result).count(said) == 1
    assert json.loads((tmp_path / "s.json").read_text())["leakage"] == [
        {"train": "train", "test": "test", "tested": 6, "rows": [24], "pixels": [25], "sources": [26]}]
    run("report", "r.h5", "x.h5", "s.json", "--out", "r.html", check=True)
    run("report", "r.h5", "x.h5", "--out", "unscored.html", check=True)
    for page in ("r.html", "unscored.html"):
        assert (tmp_path / page).read_text().count(said) == 1


def test_no_leak_is_said_by_info_alone(made, run):
    assert "train and test share no stimulus" in run("info", made / "r.h5", check=True).stdout
    result = run("train", "ridge", "--recording", made / "r.h5", "--out", "m", check=True)
    assert "share" not in str(result) and "too good" not in str(result)


def damage(text):
    card = json.loads(text)
    card["name" if "decoder" in card else "split"] = 3
    return json.dumps(card)


@pytest.mark.parametrize("change", [lambda text: text[:len(text) // 2], lambda text: "[1]", damage])
def test_info_on_damaged_json_is_one_line(made, run, tmp_path, change):
    (tmp_path / "m").mkdir()
    (tmp_path / "m/model.json").write_text(change((made / "m/model.json").read_text()))
    (tmp_path / "s.json").write_text(change((made / "single.json").read_text()))
    assert_refused(run("info", "m"), "m")
    assert_refused(run("info", "s.json"), "s.json")
