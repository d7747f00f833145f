"""The wheel of this build, installed where nothing else of the project is."""
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(os.environ["AFTERIMAGE_SOURCE"])
BUILT = Path(os.environ["AFTERIMAGE_BINARY"]).parents[1]


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A folder as pip makes it of the wheel, and how to run Python with it."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "wheel", str(SOURCE), "--no-deps", "--no-build-isolation", "--no-index",
                    "-w", str(folder), "-C", f"build-dir={folder}/build",
                    "-C", f"cmake.define.AFTERIMAGE_BUILT={BUILT}"], check=True)
    [wheel] = folder.glob("*.whl")
    assert re.search(r"cp3\d+-cp3\d+-linux", wheel.name)
    subprocess.run([*pip, "install", str(wheel), "--no-deps", "--no-index", "--target",
                    str(folder / "site")], check=True)
    environment = {name: value for name, value in os.environ.items()
                   if not name.startswith("AFTERIMAGE_")}
    return folder / "site", {**environment, "PYTHONPATH": str(folder / "site")}


def test_it_is_whole(installed, tmp_path):
    site, environment = installed
    code = """
import afterimage as ai
from pathlib import Path
print(Path(ai.__file__).parent)
recording = ai.simulate(images=ai.examples / "photos", out="r.h5", scale=.05, image_size=16, train_trials=30,
                        test_images=4, test_repeats=1, progress=False)
decoder = ai.Decoder("ridge", data={"image_size": 16}).fit(ai.Recording(recording))
print(decoder.reconstruct(ai.Recording(recording)).images.shape)
"""
    process = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment,
                             capture_output=True, text=True)
    assert process.returncode == 0, process.stderr
    assert process.stdout.split("\n")[:2] == [str(site / "afterimage"), "(4, 16, 16, 3)"]
    assert {"py.typed", "__init__.pyi", "_core.pyi"} <= {one.name for one in (site / "afterimage").iterdir()}


def test_the_program_comes_with_it(installed):
    site, environment = installed
    process = subprocess.run([sys.executable, site / "bin/afterimage", "--version"],
                             env=environment, capture_output=True, text=True, check=True)
    assert re.fullmatch(r"\d+\.\d+\.\d+\n", process.stdout)
    listed = subprocess.run([sys.executable, site / "bin/afterimage", "list", "configs"],
                            env=environment, capture_output=True, text=True, check=True)
    assert "refined" in listed.stdout  # the data is found


def test_another_torch_is_refused_in_words(installed):
    _, environment = installed
    code = "import torch; torch.__version__ = '2.1.0'; import afterimage"
    process = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True,
                             text=True)
    assert process.returncode != 0 and "was built for torch" in process.stderr
