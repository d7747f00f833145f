"""Scores that are no evidence, and many decoders in one table."""
import csv
import json
import re

import h5py
import pytest
from browser import Browser, find_chromium
from conftest import assert_refused, run_program, write_recording

FEW = ["--metrics", "pixel-correlation,hog-correlation,squeezenet-logits-pattern"]
NETWORK = "squeezenet-logits-pattern"


def rows(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Two decoders and three seeds of one of them on one recording, one on another; scores of each
    alone. The decoder "judged" says it was trained against SqueezeNet, "old" says nothing."""
    folder = tmp_path_factory.mktemp("made")

    def run(*arguments):
        return run_program(*arguments, "--quiet", cwd=folder, check=True)

    for name, seed in (("r", 1), ("other", 2)):
        write_recording(folder / f"{name}.h5", test=12, seed=seed)
    for seed in (1, 2, 3):
        run("train", "ridge", "--recording", "r.h5", "--out", f"seed{seed}", "--seed", seed, "--set",
            "data.image_size=16", "--set", f"name=ridge-{seed}")
        run("reconstruct", f"seed{seed}", "r.h5", "--out", f"seed{seed}.h5")
    run("train", "ridge", "--recording", "other.h5", "--out", "m", "--set", "data.image_size=16")
    run("reconstruct", "m", "other.h5", "--out", "elsewhere.h5", "--name", "elsewhere")
    for name in ("judged", "old"):
        run("reconstruct", "seed1", "r.h5", "--out", f"{name}.h5", "--name", name)
    with h5py.File(folder / "judged.h5", "a") as f:
        f.attrs["trained_against"] = json.dumps([{"network": "squeezenet", "file": "x", "sha256": "y"}])
        f["images"][...] = 0.9 * f["images"][...] + 0.05
    with h5py.File(folder / "old.h5", "a") as f:
        f["images"][...] = 0.5 * f["images"][...] + 0.25
        for name in ("trained_against", "configuration", "seed"):
            del f.attrs[name]
    for name in ("seed1", "seed2", "seed3", "judged", "old"):
        run("evaluate", f"{name}.h5", "--recording", "r.h5", "--out", f"{name}.json", "--csv",
            f"{name}.csv", *FEW)
    run("evaluate", "elsewhere.h5", "--recording", "other.h5", "--out", "elsewhere.json", *FEW)
    return folder


def test_a_reconstruction_says_what_it_was_trained_against(made):
    with h5py.File(made / "seed1.h5") as f, h5py.File(made / "seed2.h5") as g:
        assert json.loads(f.attrs["trained_against"]) == [{"metric": "pixel-mse"}]  # ridge
        assert f.attrs["configuration"] == g.attrs["configuration"]
        assert (f.attrs["seed"], g.attrs["seed"]) == ("1", "2")


@pytest.mark.parametrize("name, mark, number", [("seed1", "no", False), ("judged", "yes", True),
                                                ("old", "unknown", None)])
def test_scores_mark_what_is_no_evidence(made, name, mark, number):
    scores = json.loads((made / f"{name}.json").read_text())
    own = next(one for one in scores["sets"] if not one["control"])
    marks_of = {one["metric"]: one["trained_against"] for one in own["scores"]}
    assert marks_of == {"pixel-correlation": False, "hog-correlation": False, NETWORK: number}
    marks = {row["metric"]: row["trained_against"] for row in rows(made / f"{name}.csv")
             if row["control"] == "no"}
    assert marks == {"pixel-correlation": "no", "hog-correlation": "no", NETWORK: mark}
    shuffled = [row["trained_against"] for row in rows(made / f"{name}.csv")
                if row["set"].startswith("shuffled") and row["metric"] == NETWORK]
    assert shuffled == [mark]  # the same decoder, fed with others' responses
    mean = [row["trained_against"] for row in rows(made / f"{name}.csv")
            if row["set"] == "mean" and row["metric"] == NETWORK]
    assert mean == ["no"]


def test_a_summary_counts_only_the_others(made, run):
    summary = json.loads((made / "judged.json").read_text())["summary"]
    against_mean = next(one for one in summary if one["second"] == "mean")
    assert against_mean["better"] + against_mean["worse"] + against_mean["unclear"] == 2
    assert against_mean["not_counted_trained_against"] == 1
    text = run("evaluate", made / "judged.h5", "--recording", made / "r.h5", "--out", "s.json", *FEW,
               check=True).stdout
    assert re.search(r"judged against mean: better in \d of 2 metrics, worse in \d; "
                     r"1 not counted \(trained against\)", text)
    assert "* trained against the metric or its network: no evidence" in text


def compare(run, made, *arguments):
    names = ("seed1", "seed2", "seed3", "judged", "old", "elsewhere")
    return run("compare", *[made / f"{name}.json" for name in names], *arguments, check=True)


def test_many_decoders_in_one_table(made, run, tmp_path):
    text = compare(run, made, "--out", "c.json", "--csv", "c.csv", "--latex", "c.tex", "--sort",
                   "hog-correlation").stdout
    table = json.loads((tmp_path / "c.json").read_text())
    assert table["format"] == "afterimage-comparison" and table["sort"] == "hog-correlation"
    by_name = {row["name"]: row for row in table["rows"]}
    assert by_name["ridge"]["seeds"] == [1, 2, 3] and by_name["ridge"]["trainings"] == 3
    assert {"judged", "old", "elsewhere", "mean (r)", "mean (other)"} <= set(by_name)
    values = [row["scores"]["hog-correlation"]["value"] for row in table["rows"]]
    assert values == sorted(values, reverse=True)
    assert by_name["judged"]["scores"][NETWORK]["trained_against"] is True
    assert by_name["old"]["scores"][NETWORK]["trained_against"] is None
    assert not by_name["judged"]["scores"][NETWORK]["leads"]
    tested = {(one["first"], one["second"]) for one in table["pairs"]}
    assert not any("elsewhere" in pair and "judged" in pair for pair in tested)
    assert any(set(pair) == {"judged", "old"} for pair in tested)
    assert all(one["reason"] == "other stimuli" for one in table["untested"])
    assert "not tested: other stimuli" in text
    assert len(rows(tmp_path / "c.csv")) == 3 * len(table["rows"])
    latex = (tmp_path / "c.tex").read_text()
    assert latex.count("\\\\\n") == len(table["rows"]) + 1 and "$^{\\dagger}$" in latex


def test_reconstructions_are_evaluated_on_the_way(made, run, tmp_path):
    files = [made / f"{name}.h5" for name in ("r", "other", "judged", "elsewhere")]
    run("compare", *files, "--out", "c.json", "--controls", "false", *FEW, check=True)
    table = json.loads((tmp_path / "c.json").read_text())
    assert {row["name"] for row in table["rows"]} == {"judged", "elsewhere"}
    scores = json.loads((made / "judged.json").read_text())["sets"][0]["scores"][0]
    judged = next(row for row in table["rows"] if row["name"] == "judged")
    assert judged["scores"]["pixel-correlation"]["value"] == scores["value"]
    assert judged["scores"]["pixel-correlation"]["interval"] == scores["interval"]


def test_scores_by_other_metrics_of_one_reconstruction_make_one_row(made, run, tmp_path):
    for metric in ("ssim", "spectrum-distance"):
        run("evaluate", made / "seed1.h5", "--recording", made / "r.h5", "--out", f"{metric}.json",
            "--metrics", metric, "--quiet", check=True)
    run("compare", "ssim.json", "spectrum-distance.json", made / "seed1.json", "--out", "c.json",
        "--quiet", check=True)
    text = (tmp_path / "c.json").read_text()
    assert "spectrum-distance" in text and "ssim" in text and "hog-correlation" in text
    table = run("compare", "ssim.json", "spectrum-distance.json", made / "seed1.json", check=True).stdout
    assert sum(line.startswith("ridge-1 ") for line in table.splitlines()) == 1, table


def test_what_cannot_be_compared_is_refused(made, run, tmp_path):
    assert_refused(run("compare", made / "judged.h5"), "judged.h5", "recording")
    assert_refused(run("compare", made / "m"), "m", "no scores")
    assert_refused(run("compare", made / "old.json", "--sort", "hog"), "--sort", "hog-correlation")
    assert_refused(run("compare", made / "old.json", "--metrics", "ssim"), "--metrics", "ssim")
    assert_refused(run("compare", made / "old.json", "--group", "x=a"), "--group")
    (tmp_path / "c.json").write_text("kept")
    assert_refused(run("compare", made / "old.json", "--out", "c.json"), "c.json", "--force")
    assert (tmp_path / "c.json").read_text() == "kept"


@pytest.mark.skipif(find_chromium() is None, reason="needs Chromium")
def test_the_page_sorts_by_any_metric(made, run, tmp_path):
    compare(run, made, "--page", "c.html", "--out", "c.json")
    table = json.loads((tmp_path / "c.json").read_text())
    browser = Browser()
    try:
        browser.resize(1280, 900)
        browser.open(tmp_path / "c.html")
        names = "[...document.querySelectorAll('#ranking-table tbody tr')]" \
                ".map((row) => row.querySelector('th span').textContent)"
        for metric in ("hog-correlation", NETWORK):
            browser.evaluate(f"document.querySelector('[data-metric=\"{metric}\"] button').click()")
            known = [row for row in table["rows"] if metric in row["scores"]]
            expected = sorted((row["scores"][metric]["value"] for row in known), reverse=True)
            shown = browser.evaluate(names)
            by_name = {row["name"]: row["scores"][metric]["value"] for row in known}
            assert [by_name[name] for name in shown if name in by_name] == expected
            tests = browser.evaluate("document.querySelectorAll('#test-table tbody tr').length")
            assert tests == sum(pair["metric"] == metric for pair in table["pairs"])
        assert browser.evaluate("document.querySelectorAll('#ranking-table .evidence').length") >= 2
        assert browser.evaluate("document.querySelector('#untested summary').textContent").endswith(
            f": {len(table['untested'])} pairs")
        browser.resize(390, 844, phone=True)
        assert browser.becomes_true("document.documentElement.scrollWidth <= 390")
        browser.check()
        assert not [url for url in browser.requests if not url.startswith(("data:", "file:"))]
    finally:
        browser.close()
