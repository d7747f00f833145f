"""The site of the docs: built without a warning, whole, and nothing in it is loaded from elsewhere."""
import html.parser
import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

import afterimage as ai

DOCS = Path(os.environ["AFTERIMAGE_SOURCE"]) / "docs"


def build(source, folder):
    """What Sphinx says; notebooks are not run, as test_notebooks.py runs them."""
    return subprocess.run(
        [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-D", "nb_execution_mode=off",
         "-c", DOCS / "site", "-d", folder / "trees", source, folder / "site"],
        capture_output=True, text=True)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    process = build(DOCS, folder)
    assert process.returncode == 0, process.stdout + process.stderr
    return folder / "site"


class Page(html.parser.HTMLParser):
    """What a page loads, what it links to, and the places in it."""
    LOADS = {"script": "src", "img": "src", "iframe": "src", "source": "src", "link": "href"}

    def __init__(self, path):
        super().__init__()
        self.loads, self.links, self.places = [], [], set()
        self.feed(path.read_text())

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.places.add(given.get("id"))
        if given.get(self.LOADS.get(tag)):
            self.loads.append(given[self.LOADS[tag]])
        if tag == "a" and given.get("href"):
            self.links.append(given["href"])


def test_every_page_and_every_name_is_in_it(site):
    for page in (*DOCS.glob("*.md"), *DOCS.glob("*.rst"), *DOCS.glob("notebooks/*.ipynb")):
        assert (site / page.relative_to(DOCS)).with_suffix(".html").exists(), page
    reference = Page(site / "api.html").places
    for kind in (ai.Recording, ai.Decoder, ai.Reconstruction, ai.Scores, ai.Report):
        methods = [name for name in vars(kind) if not name.startswith("_")]
        assert {f"afterimage.{kind.__name__}.{name}" for name in methods} <= reference
    parts = [name for name, value in vars(ai.nn).items()
             if getattr(value, "__module__", "") == "afterimage.nn" and not name.startswith("_")]
    assert {f"afterimage.nn.{name}" for name in parts} <= reference and "Projection" in parts
    commands = Page(site / "commands.html").places
    for name in ai.commands.names():
        assert f"command-{name.rstrip('_')}" in commands
    assert "command-analyse-occlusion" in commands


def test_nothing_is_loaded_from_elsewhere(site):
    for path in site.rglob("*.html"):
        for address in Page(path).loads:
            assert not urlsplit(address).netloc, f"{path.name} loads {address}"
            assert (path.parent / unquote(urlsplit(address).path)).exists(), f"{path.name}: {address}"
    for path in site.rglob("*.css"):
        assert not re.search(r"(url\(|@import)\s*[\"']?(https?:)?//", path.read_text()), path


def test_links_lead_somewhere(site):
    pages = {path.resolve(): Page(path) for path in site.rglob("*.html")}
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            there = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            assert there.exists(), f"{path.name}: {link}"
            if parts.fragment and there in pages:
                assert unquote(parts.fragment) in pages[there].places, f"{path.name}: {link}"


def test_links_to_nowhere_are_refused(tmp_path):
    (tmp_path / "index.md").write_text("# A page\n\n[x](none.md) [x](#nowhere) ![x](none.png)\n")
    process = build(tmp_path, tmp_path / "built")
    assert process.returncode != 0
    for wrong in ("none.md", "nowhere", "none.png"):
        assert wrong in process.stderr
