"""A report in a real browser: it draws itself without complaint, asks nothing of the network, fits
a phone, sorts, searches and enlarges.

The page is the one AFTERIMAGE_REPORT names, else the sample that the unit tests write.
Run: AFTERIMAGE_REPORT=report.html pytest tests/cli/test_report_page.py
"""

import os
import subprocess
from pathlib import Path

import pytest

from browser import Browser, find_chromium

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


def test_the_page_complains_of_nothing(browser):
    assert browser.problems == []


def test_the_page_asks_nothing_of_the_network(browser):
    outside = [url for url in browser.requests if not url.startswith(("data:", "file:"))]
    assert outside == []
    assert len([url for url in browser.requests if url.startswith("file:")]) == 1


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
