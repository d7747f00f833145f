"""What the tests of the Python package share. ctest sets PYTHONPATH to the package in the build
tree and AFTERIMAGE_BINARY to the program; by hand:
    PYTHONPATH=build/release/python .deps/python/bin/python -m pytest tests/python
"""
import importlib.util
from pathlib import Path

import pytest

# The small recordings and the runs of the program are those of the command line's tests.
_spec = importlib.util.spec_from_file_location(
    "cli_conftest", Path(__file__).resolve().parents[1] / "cli/conftest.py")
cli = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(cli)


@pytest.fixture(scope="session")
def recording(tmp_path_factory):
    """A small recording that no test changes."""
    return cli.write_recording(tmp_path_factory.mktemp("recording") / "recording.h5", train=120,
                               sensors=60, bins=2)


@pytest.fixture
def program(tmp_path):
    """program(*arguments) runs the command line in the test's own folder."""
    def run(*arguments):
        return cli.run_program(*arguments, cwd=tmp_path, check=True)
    return run
