"""README and docs do what they say: every snippet of Python runs, every TOML file is used, every
command is typed as it is written.

What a test may change is in its scene (scenes.py), and only there: shorter trainings and smaller
simulations (`shorter`), and commands that are not typed (`skipped`), with the reason. A scene that
names what is no longer on its page fails, and so does a page with snippets and no scene.

Run: AFTERIMAGE_BINARY=build/release/bin/afterimage pytest tests/cli/test_docs.py
"""

import importlib.util
import json
import os
import re
import shutil
import subprocess

import pytest

from conftest import BINARY, SOURCE, run_program, write_recording
from scenes import SCENES, remove
from snippets import snippets


class Player:
    """Plays the snippets of a page, and notes which parts of its scene were of use."""

    def __init__(self, page, scene, folder):
        self.page, self.scene, self.folder = page, scene, folder
        self.names = dict(scene.given())
        self.tomls = list(scene.tomls)
        self.used = set()

    def play(self, snippet):
        if self.skipped(snippet.language):
            return
        if snippet.language == "python":
            exec(compile(self.shorter(snippet.text), str(snippet), "exec"), self.names)
        elif snippet.language == "toml":
            assert self.tomls, f"{snippet}: the scene does not say what this file is for"
            self.tomls.pop(0)(self.folder, snippet.text)
        elif snippet.language == "shell":
            for command in snippet.commands():
                self.type(command, snippet)
        else:
            pytest.fail(f"{snippet}: '{snippet.language}' is neither run nor skipped")

    def skipped(self, text):
        found = [start for start in self.scene.skipped if text.startswith(start)]
        self.used.update(found)
        return bool(found)

    def shorter(self, text):
        for words, typed in self.scene.shorter.items():
            if words in text:
                self.used.add(words)
                text = text.replace(words, typed)
        return text

    def type(self, command, snippet):
        if self.skipped(command):
            return
        for start, prepare in self.scene.before.items():
            if command.startswith(start):
                self.used.add(start)
                prepare(self.folder)
        command = self.shorter(command)
        out = re.search(r"--out (\S+)", command)
        if out:  # examples of one page write to the same place
            remove(self.folder / out[1])
        result = subprocess.run(["bash", "-ec", command], cwd=self.folder, capture_output=True,
                                text=True, timeout=300, stdin=subprocess.DEVNULL,
                                env={**os.environ, "PATH": f"{BINARY.parent}:{os.environ['PATH']}"})
        assert result.returncode == 0, f"{snippet}\n$ {command}\n{result.stdout}{result.stderr}"

    def unused(self):
        scene = self.scene
        named = [*scene.skipped, *scene.before, *scene.shorter]
        return [name for name in named if name not in self.used] + self.tomls


PAGES = [SOURCE / "README.md", *sorted((SOURCE / "docs").glob("*.md"))]


def name_of(page):
    return str(page.relative_to(SOURCE))


@pytest.mark.parametrize("page", [page for page in PAGES if snippets(page)], ids=name_of)
def test_the_page_does_what_it_says(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert name_of(page) in SCENES, "the page has snippets; give it a scene"
    if "import afterimage" in page.read_text() and not importlib.util.find_spec("afterimage"):
        pytest.skip("this build has no Python package")
    scene = SCENES[name_of(page)]
    scene.prepare(tmp_path)
    player = Player(page, scene, tmp_path)
    for snippet in snippets(page):
        player.play(snippet)
    assert player.unused() == [], "the scene names what is not on the page"
    if scene.after:
        scene.after(tmp_path, player.names)


def test_every_scene_has_its_page():
    assert set(SCENES) <= {name_of(page) for page in PAGES}


def commands_in_text(page):
    """Commands within sentences: their words, and the options among them."""
    for command in re.findall(r"`afterimage ([a-z][^`]*)`", page.read_text()):
        words = command.split()
        yield command, words[0], re.findall(r"(?<=\s)--[a-z][a-z-]*", command)


def test_commands_in_sentences_have_their_options():
    helps = {}
    for page in PAGES:
        for command, name, options in commands_in_text(page):
            if name not in helps:
                helps[name] = run_program(name, "--help").stdout
                assert helps[name], f"{name_of(page)}: `afterimage {command}`: no such command"
            for option in options:
                assert option in helps[name] or name in ("import", "analyse"), (
                    f"{name_of(page)}: `afterimage {command}`: {name} has no {option}")


LITTLE = ["data.image_size=32", "unet.width=4", "unet.blocks=2", "training.steps=1",
          "training.epochs=0", "objective.perceptual=0", "objective.fallback=squeezenet"]


def header(path):
    raw = path.read_bytes()
    names = json.loads(raw[8:8 + int.from_bytes(raw[:8], "little")])
    names.pop("__metadata__", None)
    return names


def documented(tensor, page):
    """Whether a page names a tensor; on it, * stands for the rest of a word, blocks are not nested."""
    tensor = re.sub(r"block\.(inner\.)+", "block.", re.sub(r"^(projection|linear)\.", "", tensor))
    return any(re.fullmatch(re.escape(name).replace(r"\*", r"\w*"), tensor)
               for name in re.findall(r"`([\w.*]+)`", page))


def test_every_tensor_of_every_decoder_is_on_its_page(tmp_path):
    """docs/model.md names what a model folder holds, whatever the configuration."""
    named = (SOURCE / "docs/model.md").read_text()
    write_recording(tmp_path / "r.h5", size=32, bins=2)
    for config, *more in [("ridge",), ("tuned", "projection.move=bounded"), ("refined",), ("irfa",),
                          ("brain2pix",), ("monkeysee-end-to-end",), ("monkeysee-baseline",),
                          ("shen",), ("brain2pix-learned", "projection.rank=2"),
                          ("fully-connected", "fully_connected.divisor=5000"), ("map",),
                          ("nishimoto",)]:
        settings = [word for change in [*LITTLE, *more] for word in ("--set", change)]
        if config in ("ridge", "map", "nishimoto"):
            settings = ["--set", "data.image_size=32"]
        run_program("train", config, "--recording", "r.h5", "--out", config, *settings, "--quiet",
                    cwd=tmp_path, check=True)
        for tensor in header(tmp_path / config / "weights.safetensors"):
            assert documented(tensor, named), f"{config}: {tensor} is not in docs/model.md"
