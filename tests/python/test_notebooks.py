"""The notebooks of the docs run from top to bottom, each in an empty folder."""
import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(os.environ["AFTERIMAGE_SOURCE"]) / "docs/notebooks").glob("*.ipynb"))
os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"  # the kernel of this Python, and no other


def test_they_are_there_and_stripped():
    assert len(NOTEBOOKS) >= 5
    for path in NOTEBOOKS:
        for cell in nbformat.read(path, 4).cells:
            assert not cell.get("outputs") and not cell.get("execution_count"), \
                f"{path.name} has outputs. Strip them"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_they_run(path, tmp_path):
    notebook = nbformat.read(path, 4)
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": tmp_path}}).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert any("image/png" in output.get("data", {}) for output in outputs)  # pictures come of runs
    said = [output.text for output in outputs if output.get("name") == "stderr"]
    assert not said, said
