"""The Python of docs/recording.md does what the page says, and the program reads what it wrote.

Run: AFTERIMAGE_BINARY=build/release/bin/afterimage pytest tests/cli/test_recording_doc.py
"""

import h5py
import pytest

from conftest import SOURCE, assert_refused, run_program
from snippets import snippets

PAGE = SOURCE / "docs/recording.md"
SNIPPETS = [snippet.text for snippet in snippets(PAGE) if snippet.language == "python"]


def write_example(folder, monkeypatch, changes=""):
    """Runs the page's first snippet in `folder`, then `changes` on the open file `f`."""
    monkeypatch.chdir(folder)
    exec(compile(SNIPPETS[0], "docs/recording.md", "exec"), {})
    with h5py.File("my_recording.h5", "a") as f:
        exec(changes, {"f": f, "h5py": h5py})
    return folder / "my_recording.h5"


def test_the_page_has_a_writer_and_a_reader():
    assert len(SNIPPETS) == 2


def test_reader_reads_what_the_writer_wrote(tmp_path, monkeypatch, capsys):
    write_example(tmp_path, monkeypatch)
    exec(compile(SNIPPETS[1], "docs/recording.md", "exec"), {})
    assert capsys.readouterr().out == "40 test trials, 12 sensors with a receptive field\n"


def test_every_part_written_is_in_the_table(tmp_path, monkeypatch):
    path = write_example(tmp_path, monkeypatch)
    names = []
    with h5py.File(path) as f:
        f.visititems(lambda name, item: names.append(name) if isinstance(item, h5py.Dataset) else None)
    assert len(names) == 10
    for name in names:
        assert f"`/{name}`" in PAGE.read_text()


def test_program_reads_it(tmp_path, monkeypatch):
    result = run_program("info", write_example(tmp_path, monkeypatch))
    assert result.returncode == 0, result.stderr
    for words in ("60 of 32 x 32 pixels", "train: 50 of 50", "test: 40 of 10", "V1: 8", "V4: 4"):
        assert words in result.stdout


@pytest.mark.parametrize(
    "changes",
    [
        'x = f["responses"][:]; del f["responses"]; f.create_dataset("responses", data=x, chunks=(8, 12, 2), compression="gzip", shuffle=True)',
        'x = f["trials/split"].asstr()[:]; del f["trials/split"]; f["trials/split"] = x.astype("S")',
        'x = f["responses"][:]; del f["responses"]; f["responses"] = x.astype(">f8")',
        'f.attrs["complete"] = True',
        'f["my own/notes"] = "kept, not read"',
    ],
)
def test_program_reads_other_ways_to_store_it(tmp_path, monkeypatch, changes):
    result = run_program("info", write_example(tmp_path, monkeypatch, changes))
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize(
    "changes, words",
    [
        ('del f.attrs["complete"]', "unfinished"),
        ('f.attrs["version"] = 2', "newer"),
        ('del f["trials/split"]', "/trials/split"),
        ('f["trials/stimulus"][3] = 60', "counted from 0 to 59"),
        ('x = f["stimuli/images"][:]; del f["stimuli/images"]; f["stimuli/images"] = x / 255.0', "uint8"),
        ('x = f["responses"][:]; del f["responses"]; f["responses"] = x.T', "(trial, sensor, bin)"),
        ('f["sensors/size"][2] = -0.1', "above 0"),
    ],
)
def test_program_says_what_is_wrong(tmp_path, monkeypatch, changes, words):
    result = run_program("info", write_example(tmp_path, monkeypatch, changes))
    assert_refused(result, words)
