"""People as judges: a blinded page, answered in a browser, read back into scores."""
import json
import re

import pytest
from browser import Browser, find_chromium
from conftest import assert_refused, run_program, write_recording

FEW = ["--metrics", "pixel-correlation"]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")

    def run(*arguments):
        return run_program(*arguments, "--quiet", cwd=folder, check=True)

    write_recording(folder / "r.h5", test=8)
    run("train", "ridge", "--recording", "r.h5", "--out", "m", "--set", "data.image_size=16")
    run("reconstruct", "m", "r.h5", "--out", "ridge.h5", "--name", "ours of ridge")
    run("judge", "ridge.h5", "--recording", "r.h5", "--out", "judge.html", "--controls", "mean",
        "--seed", "5")
    return folder


def evaluate(run, made, *answers):
    return run("evaluate", made / "ridge.h5", "--recording", made / "r.h5", "--out", "s.json", *FEW,
               *[word for file in answers for word in ("--human", file)])


def page_data(made):
    text = (made / "judge.html").read_text()
    return json.loads(text.split('id="data">')[1].split("</script>")[0])


def answers_of(made, choose, rater="one"):
    """A file of answers by someone who sees the images' numbers on the page."""
    data = page_data(made)
    answers = [{"trial": i, "choice": choose(trial), "seconds": 1}
               for i, trial in enumerate(data["trials"])]
    return {**data["answers"], "rater": rater, "answers": answers}


def mean_cell(made):
    """The mean image is the same in every question, and so the most frequent."""
    cells = [cell for trial in page_data(made)["trials"] for cell in (trial["left"], trial["right"])]
    return max(set(cells), key=cells.count)


def disliking(cell):
    """Chooses the image itself where it is there, else what is not `cell`."""
    def choose(trial):
        if trial["seen"] in (trial["left"], trial["right"]):
            return "left" if trial["left"] == trial["seen"] else "right"
        return "right" if trial["left"] == cell else "left"
    return choose


def test_the_page_names_nobody(made):
    text = (made / "judge.html").read_text()
    assert not re.search(r"\b(ridge|ours)\b", text, re.IGNORECASE)
    data = page_data(made)
    assert len(data["trials"]) == 8 + 2
    checks = [trial for trial in data["trials"] if trial["seen"] in (trial["left"], trial["right"])]
    assert len(checks) == 2


def test_answers_become_scores(made, run, tmp_path):
    (tmp_path / "a.json").write_text(json.dumps(answers_of(made, disliking(mean_cell(made)))))
    (tmp_path / "b.json").write_text(json.dumps(answers_of(made, lambda trial: (
        "left" if trial["right"] == trial["seen"] else "right"), "asleep")))
    result = evaluate(run, made, "a.json", "b.json")
    assert result.returncode == 0, str(result)
    human = json.loads((tmp_path / "s.json").read_text())["human"]
    preference, = human["preferences"]
    assert (preference["first"], preference["second"]) == ("mean", "ours of ridge")
    assert preference["share"] == 0 and preference["interval"][0] == 0
    assert preference["answers"] == 8 and preference["raters"] == 1 and preference["p"] < 0.01
    assert [rater["counted"] for rater in human["raters"]] == [True, False]
    assert "people chose mean over ours of ridge in 0 % of answers" in result.stdout
    assert "1 rater failed the attention checks" in result.stdout
    run("report", made / "r.h5", made / "ridge.h5", "s.json", "--out", "r.html", check=True)
    assert "people chose mean over ours of ridge" in (tmp_path / "r.html").read_text()


def test_other_answers_are_refused(made, run, tmp_path):
    good = answers_of(made, lambda trial: "left")
    for change, word in (({"sets": ["0" * 64] * 2}, "not of these"), ({"seed": 6}, "questions"),
                         ({"format": "x"}, "no answers"), ({"answers": [{}]}, "changed")):
        (tmp_path / "a.json").write_text(json.dumps({**good, **change}))
        assert_refused(evaluate(run, made, "a.json"), "a.json", word)
    assert not (tmp_path / "s.json").exists()
    assert_refused(evaluate(run, made, "none.json"), "none.json")


def test_answers_count_once(made, run, tmp_path):
    answers = answers_of(made, disliking(mean_cell(made)))
    (tmp_path / "a.json").write_text(json.dumps(answers))
    assert_refused(evaluate(run, made, "a.json", "a.json"), "a.json", "once")
    twice = {**answers, "answers": answers["answers"] * 2}
    (tmp_path / "b.json").write_text(json.dumps(twice))
    assert_refused(evaluate(run, made, "b.json"), "b.json", "twice")
    trials = page_data(made)["trials"]
    few = [a for a in answers["answers"]
           if trials[a["trial"]]["seen"] not in (trials[a["trial"]]["left"], trials[a["trial"]]["right"])]
    (tmp_path / "c.json").write_text(json.dumps({**answers, "answers": few}))  # no attention check
    assert evaluate(run, made, "c.json").returncode == 0
    assert not json.loads((tmp_path / "s.json").read_text())["human"]["raters"][0]["counted"]


def test_one_reconstruction_alone_cannot_be_judged(made, run):
    arguments = ["judge", made / "ridge.h5", "--recording", made / "r.h5", "--out", "x.html"]
    assert_refused(run(*arguments), "two different")
    assert_refused(run(*arguments, "--controls", "means"), "--controls", "'mean'")
    assert_refused(run(*arguments[:-1], made / "judge.html", "--controls", "mean"), "--force")


@pytest.mark.skipif(find_chromium() is None, reason="needs Chromium")
def test_a_rater_clicks_through(made, run, tmp_path):
    """By mouse and keys, back once, stopping once; the text is what `evaluate` reads."""
    browser = Browser()
    try:
        browser.resize(1000, 800)
        browser.open(made / "judge.html")
        browser.evaluate("byId('rater').value = 'R. Ater'")
        browser.evaluate("document.querySelector('#rater-form button').click()")
        progress = "document.querySelector('#progress').textContent"
        assert browser.evaluate(progress) == "Question 1 of 10"
        browser.evaluate("byId('left').click()")
        browser.press("ArrowRight")
        browser.press("ArrowLeft")
        browser.evaluate("byId('back').click()")
        assert browser.evaluate(progress) == "Question 3 of 10"
        browser.evaluate("byId('stop').click()")
        partial = json.loads(browser.evaluate("byId('answers').value"))
        assert [answer["choice"] for answer in partial["answers"]] == ["left", "right"]
        browser.evaluate("byId('go-on').click()")
        for _ in range(8):
            browser.press("ArrowRight")
        answers = json.loads(browser.evaluate("byId('answers').value"))
        assert len(answers["answers"]) == 10 and answers["rater"] == "R. Ater"
        link = browser.evaluate("[byId('save').download, byId('save').href.slice(0, 22)]")
        assert link == ["R-Ater.json", "data:application/json,"]
        browser.check()
        assert not [url for url in browser.requests if not url.startswith(("data:", "file:"))]
    finally:
        browser.close()
    for name, content in (("partial.json", partial), ("all.json", answers)):
        (tmp_path / name).write_text(json.dumps(content))
        assert evaluate(run, made, name).returncode == 0
        (tmp_path / "s.json").unlink()
