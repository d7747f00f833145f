"""A report in a real browser: it draws itself without complaint whatever parts it has, asks nothing
of the network, fits a phone, sorts, searches and enlarges.

The page is the one AFTERIMAGE_REPORT names, else the sample that the unit tests write.
Run: AFTERIMAGE_REPORT=report.html pytest tests/cli/test_report_page.py
"""

import json
import os
import subprocess
from itertools import combinations
from pathlib import Path

import pytest

from browser import Browser, find_chromium
from conftest import run_program, write_recording

BINARY = os.environ.get("AFTERIMAGE_BINARY")
ROWS = "#image-table tbody tr"

pytestmark = pytest.mark.skipif(find_chromium() is None, reason="needs Chromium")


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The path of a report."""
    named = os.environ.get("AFTERIMAGE_REPORT")
    if named:
        return named
    if not BINARY:
        pytest.skip("name a page in AFTERIMAGE_REPORT or the program in AFTERIMAGE_BINARY")
    folder = tmp_path_factory.mktemp("report")
    program = Path(BINARY).resolve().parents[1] / "src/afterimage/report/report_test"
    subprocess.run([program, "--gtest_filter=ReportTest.WholePage"], check=True,
                   stdout=subprocess.DEVNULL, env={**os.environ, "TMPDIR": str(folder)})
    return folder / "afterimage_sample_report.html"


@pytest.fixture(scope="module")
def browser(page):
    browser = Browser()
    browser.resize(1280, 900)
    browser.prefer("light")
    browser.open(page)
    yield browser
    browser.close()


@pytest.fixture(autouse=True)
def original_order(browser):
    """Each test starts from the page as it opens: wide, unsorted, unfiltered."""
    yield
    browser.check()
    browser.resize(1280, 900)
    browser.evaluate("document.querySelector('#viewer').close()")
    choose(browser, "Order", "order")
    search(browser, "")


def choose(browser, label, value):
    browser.evaluate(f"""(() => {{
      const select = [...document.querySelectorAll('#image-tools label')]
        .find((label) => label.textContent.startsWith('{label}')).querySelector('select');
      select.value = '{value}';
      select.dispatchEvent(new Event('change'));
    }})()""")


def search(browser, text):
    browser.evaluate(f"""(() => {{
      const input = document.querySelector('#image-tools input[type=search]');
      input.value = {text!r};
      input.dispatchEvent(new Event('input'));
    }})()""")


def names(browser):
    return browser.evaluate(
        f"[...document.querySelectorAll('{ROWS}')].map((row) => row.querySelector('.open').title)")


def test_the_page_opens_with_its_checks(browser):
    """The worst first, with their sentences, and the images concerned one step away."""
    found = browser.evaluate("""[...document.querySelectorAll('#check-table tbody tr')].map((row) =>
      [row.querySelector('.verdict').textContent, row.querySelector('th span').textContent])""")
    assert found == [["fail", "Leakage"], ["pass", "Null inputs"]]
    assert "1 fail, 1 pass" in browser.evaluate("document.querySelector('#checks-about').textContent")
    browser.evaluate("document.querySelector('#check-table button.rows').click()")
    assert browser.evaluate("document.querySelector('#viewer').open")
    assert browser.evaluate("document.querySelector('#viewer .about').textContent").startswith("1 of 2")
    first, = browser.evaluate("[document.querySelector('#viewer-name').textContent]")
    assert first == browser.evaluate(f"document.querySelectorAll('{ROWS}')[3].querySelector('.open').title")



def column_scores(browser, column):
    """The scores shown in one column, top to bottom."""
    texts = browser.evaluate(f"[...document.querySelectorAll('{ROWS}')]"
                             f".map((row) => row.children[{column} + 1].lastChild.textContent)")
    return [float(text.replace("\u2212", "-")) for text in texts]


def scored_column(browser):
    """The first column that can be sorted by its scores, counted without the names."""
    found = browser.evaluate("""[...document.querySelectorAll('#image-tools option')]
      .map((option) => option.value).find((value) => value.endsWith(' best')) ?? null""")
    if found is None:
        pytest.skip("the page has no scores of single images")
    return int(found.split()[0])


def test_the_page_asks_nothing_of_the_network(browser):
    outside = [url for url in browser.requests if not url.startswith(("data:", "file:"))]
    assert outside == []
    assert len([url for url in browser.requests if url.startswith("file:")]) == 1


def test_metrics_that_were_not_computed_are_one_line(browser):
    fold = "document.querySelector('#not-computed')"
    missing = browser.evaluate(f"[...{fold}.querySelectorAll('dd span')].map((one) => one.textContent)")
    if not missing:
        pytest.skip("all metrics were computed")
    assert browser.evaluate(f"{fold}.querySelector('summary').textContent").startswith(
        f"{len(missing)} metric")
    assert not browser.evaluate(f"{fold}.open")
    assert not set(missing) & set(browser.evaluate(
        "[...document.querySelectorAll('#score-table button.metric')].map((one) => one.textContent)"))


def test_what_one_was_trained_against_is_marked_and_never_the_best(browser):
    marks = browser.evaluate("[...document.querySelectorAll('#score-table .evidence')]"
                             ".map((mark) => [mark.title, mark.parentNode.className])")
    if not marks:
        pytest.skip("nobody was trained against a metric of this page")
    assert all("trained against" in title and kind != "best" for title, kind in marks)
    notes = browser.evaluate("document.querySelector('#evidence').textContent")
    assert "no evidence" in notes and "no summary counts it" in notes


def test_every_image_is_drawn(browser):
    """The true images and the decoders' are no flat areas; every column draws something."""
    spreads = browser.evaluate(f"""(() => {{
      window.dispatchEvent(new Event('beforeprint'));
      return [...document.querySelectorAll('{ROWS}')].map((row) =>
        [...row.querySelectorAll('canvas')].map((canvas) => {{
          const {{data}} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
          let sum = 0, squares = 0, clear = 0;
          for (let i = 0; i < data.length; i += 4) {{
            sum += data[i];
            squares += data[i] * data[i];
            if (data[i + 3] !== 255) clear++;
          }}
          const count = data.length / 4;
          return clear ? -1 : squares / count - (sum / count) ** 2;
        }}));
    }})()""")
    assert len(spreads) > 0
    assert min(min(row) for row in spreads) >= 0, "a canvas is still blank"
    assert min(row[0] for row in spreads) > 1, "a true image is flat"


def test_what_scores_could_be_stands_beside_them(browser):
    shown = browser.evaluate("[...document.querySelectorAll('#score-table .ceiling')]"
                             ".map((one) => [one.textContent, one.title])")
    if not shown:
        pytest.skip("the page has no ceilings")
    assert all(text and text in title for text, title in shown)
    assert browser.evaluate("[...document.querySelectorAll('#score-table .definition')]"
                            ".some((one) => one.textContent.includes('Beside '))")


def test_brain_correlation_has_a_table_of_areas(browser):
    rows = browser.evaluate("[...document.querySelectorAll('#area-table tbody tr')]"
                            ".map((row) => [...row.cells].map((cell) => cell.firstChild?.textContent ?? ''))")
    if not rows:
        pytest.skip("the page has no brain correlation")
    columns = browser.evaluate("[...document.querySelectorAll('#area-table thead th')]"
                               ".map((one) => one.firstChild.textContent)")
    assert columns[0] == "Area" and columns[-2:] == ["true images", "noise ceiling"]
    assert rows[-1][0] == "all" and all(len(row) == len(columns) for row in rows)
    assert all(float(value.replace("\u2212", "-")) <= 1 for row in rows for value in row[1:-1] if value)


def test_columns_sort_by_score(browser):
    column = scored_column(browser)
    before = names(browser)
    for way in ("best", "worst"):
        choose(browser, "Order", f"{column} {way}")
        scores = column_scores(browser, column)
        assert sorted(names(browser)) == sorted(before)
        state = browser.evaluate("document.querySelector("
                                 f"'#image-table th[data-key=\"{column}\"]').ariaSort")
        assert scores == sorted(scores, reverse=state == "descending")
    choose(browser, "Order", "order")
    assert names(browser) == before


def test_headings_sort_best_first_then_worst_first_then_as_recorded(browser):
    column = scored_column(browser)
    before = names(browser)
    heading = f"document.querySelector('#image-table th[data-key=\"{column}\"]')"
    states = []
    for _ in range(3):
        browser.evaluate(heading + ".querySelector('button').click()")
        states.append(browser.evaluate(heading + ".ariaSort"))
    assert states in (["descending", "ascending", "none"], ["ascending", "descending", "none"])
    assert names(browser) == before


def test_search_narrows_the_rows_and_says_so(browser):
    before = names(browser)
    part = before[0][:8].strip().lower()
    search(browser, part)
    assert names(browser) == [name for name in before if part in name.lower()]
    assert browser.evaluate("document.querySelector('#image-tools output').textContent").endswith(
        f"of {len(before)} images shown")
    search(browser, "no such name anywhere")
    assert names(browser) == []


def test_a_row_enlarges_by_keyboard_and_steps(browser):
    first = names(browser)
    browser.evaluate(f"document.querySelector('{ROWS} .open').focus()")
    browser.press("ArrowDown")
    browser.press("Enter")
    title = "document.querySelector('#viewer-name').textContent"
    assert browser.evaluate("document.querySelector('#viewer').open")
    assert browser.evaluate(title) == first[1 % len(first)]
    browser.press("ArrowRight")
    assert browser.evaluate(title) == first[2 % len(first)]
    rendering = "getComputedStyle(document.querySelector('#viewer canvas')).imageRendering"
    assert browser.evaluate(rendering) == "pixelated"
    browser.press("Escape")
    assert not browser.evaluate("document.querySelector('#viewer').open")


CARD = "document.querySelector('.point-card')"


@pytest.fixture
def point_map(browser):
    """The first map of points, in view: gives the place of a point in the window."""
    if not browser.evaluate("pointMaps.length"):
        pytest.skip("the page has no map of points")
    browser.evaluate("pointMaps[0].plot.scrollIntoView({block: 'center'})")

    def place(point):
        return browser.evaluate(f"""(() => {{
          const box = pointMaps[0].top.getBoundingClientRect();
          const [x, y] = pointMaps[0].place({point});
          return [box.left + x, box.top + y];
        }})()""")
    yield place
    browser.move_to(1, 1)
    browser.evaluate("pointMaps[0].top.blur(); pointMaps[0].show(null)")


def card(browser):
    """What the card shows: the image's name and the facts, or None while it is hidden."""
    return browser.evaluate(f"{CARD}.hidden ? null : "
                            f"[...{CARD}.querySelectorAll('strong, span')].map((e) => e.textContent)")


def expected_card(browser, point):
    return browser.evaluate(f"""(() => {{
      const {{map, analysis}} = pointMaps[0];
      const facts = map.colourings.map((one) =>
        one.group[{point}] < 0 ? `no ${{one.name}}` : one.labels[one.group[{point}]]).join(", ");
      const shown = analysis.cells[map.image[{point}]] >= 0;
      return [analysis.names[map.image[{point}]], facts + (shown ? "" : " (image not on this page)")];
    }})()""")


def quarters(browser, canvas):
    """Mean colours of a canvas' quarters."""
    return browser.evaluate(f"""(() => {{
      const canvas = {canvas}, [w, h] = [canvas.width >> 1, canvas.height >> 1];
      return [0, 1, 2, 3].flatMap((i) => {{
        const {{data}} = canvas.getContext('2d').getImageData((i % 2) * w, (i >> 1) * h, w, h);
        return [0, 1, 2].map((c) => {{
          let sum = 0;
          for (let p = c; p < data.length; p += 4) sum += data[p];
          return sum / (w * h);
        }});
      }});
    }})()""")


@pytest.mark.parametrize("point", [0, 13, 20])
def test_hovering_a_point_shows_its_image(browser, point_map, point):
    assert card(browser) is None
    browser.move_to(*point_map(point))
    assert card(browser) == expected_card(browser, point)
    box = browser.evaluate(f"(({{width, height}}) => [width, height])"
                           f"({CARD}.querySelector('canvas').getBoundingClientRect())")
    assert min(box) >= 96
    browser.move_to(1, 1)
    assert card(browser) is None


def test_the_image_is_that_of_the_point(browser, point_map):
    """Against the table of images of the same page, where it shows the same stimulus."""
    browser.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    name = browser.evaluate("pointMaps[0].analysis.names[pointMaps[0].map.image[13]]")
    if name not in names(browser):
        pytest.skip("the page has no table with this image")
    browser.move_to(*point_map(13))
    shown = quarters(browser, f"{CARD}.querySelector('canvas')")
    row = names(browser).index(name)
    table = [quarters(browser, f"document.querySelectorAll('{ROWS}')[{i}].querySelector('canvas')")
             for i in (row, row - 1)]
    apart = [max(abs(a - b) for a, b in zip(shown, seen)) for seen in table]
    assert apart[0] < 4 and apart[1] > 8


def test_points_without_an_image_say_so(browser, point_map):
    point = browser.evaluate("pointMaps[0].map.image.findIndex("
                             "(image) => pointMaps[0].analysis.cells[image] < 0)")
    if point < 0:
        pytest.skip("the page has the images of all points")
    browser.move_to(*point_map(point))
    assert card(browser) == expected_card(browser, point)
    assert card(browser)[1].endswith("(image not on this page)")
    assert browser.evaluate(f"{CARD}.querySelector('canvas').getBoundingClientRect().width") == 0


def test_points_are_reached_by_keyboard_and_touch(browser, point_map):
    browser.press("Tab")  # the page then takes the focus below for one by keyboard
    browser.evaluate("pointMaps[0].top.focus()")
    start = browser.evaluate("pointMaps[0].shown")
    assert card(browser) == expected_card(browser, start)
    browser.press("ArrowRight")
    moved = browser.evaluate("pointMaps[0].shown")
    assert point_map(moved)[0] > point_map(start)[0]
    assert card(browser) == expected_card(browser, moved)
    browser.press("Escape")
    assert card(browser) is None
    browser.tap(*point_map(7))
    assert card(browser) == expected_card(browser, 7)


def test_colours_change_from_arrays_to_clusters(browser, point_map):
    def pixels():
        return browser.evaluate("pointMaps[0].base.toDataURL()")

    def legend():
        return browser.evaluate("[...pointMaps[0].legend.children].map((item) => item.textContent)")
    labels = browser.evaluate("pointMaps[0].map.colourings.map((one) => one.labels)")
    buttons = "document.querySelectorAll('.point-map .choice button')"
    before = pixels()
    assert legend()[0] == labels[0][0]
    browser.evaluate(f"{buttons}[1].click()")
    assert pixels() != before
    assert legend()[0] == labels[1][0]
    assert browser.evaluate(f"{buttons}[1].ariaPressed") == "true"
    browser.evaluate(f"{buttons}[0].click()")
    assert pixels() == before


@pytest.mark.parametrize("width", [390, 768, 1280])
def test_the_page_never_scrolls_sideways(browser, width):
    browser.resize(width, 844, phone=width < 500)
    assert browser.becomes_true(
        f"innerWidth === {width} && document.documentElement.scrollWidth <= {width}"), (
            browser.evaluate("[innerWidth, document.documentElement.scrollWidth]"))


def contrast(first, second):
    """The contrast ratio of two colours (WCAG 2.2) as the browser writes them."""
    def luminance(text):
        parts = [float(part) / 255 for part in text[text.index("(") + 1:-1].split(",")[:3]]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_have_contrast(browser, scheme):
    browser.prefer(scheme)
    colour = {name: browser.evaluate(f"styleColour('--{name}')")
              for name in ["page", "surface", "ink", "muted", "accent",
                           *(f"series-{i}" for i in range(8))]}
    browser.prefer("light")
    for ground in ("page", "surface"):
        assert contrast(colour["ink"], colour[ground]) >= 7
        assert contrast(colour["muted"], colour[ground]) >= 4.5
        for i in range(8):  # graphics: 3 to 1
            assert contrast(colour[f"series-{i}"], colour[ground]) >= 3


def test_the_theme_button_changes_the_colours(browser):
    ground = "getComputedStyle(document.body).backgroundColor"
    before = browser.evaluate(ground)
    browser.evaluate("document.querySelector('#theme').click()")
    assert browser.evaluate(ground) != before
    browser.evaluate("document.querySelector('#theme').click()")
    assert browser.evaluate(ground) == before
    browser.evaluate("localStorage.clear(); delete document.documentElement.dataset.theme")


@pytest.mark.parametrize("scores, higher, best", [
    ([(0.8, 0.7, 0.9), (0.5, 0.4, 0.6)], True, 0),
    ([(0.8, 0.7, 0.9), (0.5, 0.4, 0.6)], False, 1),
    ([(0.8, 0.7, 0.9), (0.75, 0.65, 0.85)], True, -1),         # their intervals overlap
    ([(0.8, 0.7, 0.9), (0.8001, 0.7, 0.9), (0.1, 0, 0.2)], True, -1),  # alike as shown
    ([(0.8, None, None), (0.5, 0.4, 0.6)], True, -1),          # how sure is not known
    ([(0.8, 0.7, 0.9), (None, None, None), (0.5, None, None)], True, 0),
    ([(0.8, 0.7, 0.9)], True, -1),
    ([(0.8, 0.7, 0.9), (0.5, 0.4, 0.6)], None, -1),
])
def test_bold_is_what_is_clearly_best(browser, scores, higher, best):
    sets = [{"value": value, "low": low, "high": high} for value, low, high in scores]
    assert browser.evaluate(
        f"clearlyBestOf({json.dumps(sets)}, {json.dumps(higher)}, 3)") == best


PARTS = ["recording", "reconstruction", "scores", "model", "analysis"]


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    """Each part of a page, made as README does: the recording tells nothing of where it is from."""
    if not BINARY:
        pytest.skip("AFTERIMAGE_BINARY is not set")
    folder = tmp_path_factory.mktemp("parts")
    recording = write_recording(folder / "recording.h5", train=60, test=6, size=32, sensors=40)

    def run(*arguments):
        return run_program(*arguments, cwd=folder, check=True)

    run("train", "tuned", "--recording", recording, "--out", "model", "--quiet",
        "--set", "data.image_size=32", "--set", "unet.width=8", "--set", "unet.blocks=2",
        "--set", "objective.perceptual=0", "--set", "training.steps=20",
        "--set", "training.log_every=1")
    run("reconstruct", "model", recording, "--out", "reconstruction", "--quiet")
    run("evaluate", "reconstruction", "--recording", recording, "--out", "scores", "--quiet")
    run("analyse", "fields", "model", recording, "--out", "analysis", "--quiet")
    return folder


@pytest.fixture(scope="module")
def plain_browser():
    browser = Browser()
    browser.resize(1280, 900)
    yield browser
    browser.close()


def has_truth(given):
    return "recording" in given or "reconstruction" not in given


@pytest.mark.parametrize("given", [given for size in (1, len(PARTS) - 1, len(PARTS))
                                   for given in combinations(PARTS, size) if has_truth(given)],
                         ids="+".join)
def test_the_page_draws_the_parts_it_is_given(parts, plain_browser, given):
    files = ["recording.h5" if part == "recording" else part for part in given]
    run_program("report", *files, "--out", "page.html", "--force", cwd=parts, check=True)
    plain_browser.open(parts / "page.html")
    expected = {"Receptive fields": "recording" in given, "Images": "reconstruction" in given,
                "At a glance": "reconstruction" in given, "Scores": "scores" in given,
                "Checks": "scores" in given,
                "Training": "model" in given, "Analyses": "analysis" in given,
                "Provenance": given != ("recording",)}
    shown = plain_browser.evaluate(
        "[...document.querySelectorAll('#sections a')].map((link) => link.textContent)")
    assert sorted(shown) == sorted(title for title, there in expected.items() if there)


@pytest.mark.parametrize("provenance, shown", [
    ("recorded by hand", "recorded by hand"),
    ('{"command": ["a", 1], "inputs": "x", "run": "r", "receptive_fields": "by eye"}', "by eye"),
    ("[1, 2]", "[1,2]"),
    ("null", None),
])
def test_the_page_lists_whatever_a_recording_says_of_its_origin(tmp_path, plain_browser, provenance,
                                                                shown):
    def change(file):
        file.attrs["provenance"] = provenance

    recording = write_recording(tmp_path / "r.h5", change=change)
    run_program("report", recording, "--out", tmp_path / "page.html", check=True)
    plain_browser.open(tmp_path / "page.html")
    text = plain_browser.evaluate("document.querySelector('#records').textContent")
    assert shown in text if shown else text == ""


def test_a_part_that_fails_takes_no_other_with_it(parts, plain_browser):
    run_program("report", "recording.h5", "reconstruction", "scores", "--out", "page.html", "--force",
                cwd=parts, check=True)
    page = (parts / "page.html").read_text()
    (parts / "broken.html").write_text(page.replace('"comparisons":[', '"comparisons":[null,', 1))
    with pytest.raises(AssertionError, match="the page complains: TypeError"):
        plain_browser.open(parts / "broken.html")
    plain_browser.problems.clear()
    assert plain_browser.becomes_true("document.documentElement.dataset.ready === 'true'")
    assert "could not draw its scores" in plain_browser.evaluate(
        "document.querySelector('#notes').textContent")
    assert plain_browser.evaluate(f"document.querySelectorAll('{ROWS}').length") == 6
    plain_browser.problems.clear()
