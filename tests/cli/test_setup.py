"""scripts/setup with stand-ins for apt-get, dpkg-query, sudo and pip that write down how they are
called: nothing is installed and no network is used."""
import os
import shutil
import subprocess

import pytest
from conftest import SOURCE

STANDINS = {
    "dpkg-query": 'for p in "$@"; do case " $MISSING " in *" $p "*) ;; '
                  '*) echo "installed $p" ;; esac; done',
    "apt-get": 'echo "apt-get $*" >> "$CALLS"; [ -z "$APT_SAYS" ] || { echo "$APT_SAYS"; exit 100; }',
    "sudo": 'echo "sudo $*" >> "$CALLS"; exit 1',
    # The Python that makes the environment; the environment's own is the same stand-in.
    "python-standin": 'case "$*" in *venv\\ .deps*) mkdir -p .deps/python/bin && cp "$0" .deps/python/bin/python ;; '
                      '*-m\\ pip*) echo "pip $*" >> "$CALLS"; '
                      '[ -z "$PIP_SAYS" ] || { echo "$PIP_SAYS"; exit 1; }; '
                      's=.deps/python/lib/python3.11/site-packages; '
                      'mkdir -p $s/torch/share/cmake/Torch $s/h5py; '
                      'touch $s/torch/share/cmake/Torch/TorchConfig.cmake $s/h5py/__init__.py ;; esac',
}


@pytest.fixture
def setup(tmp_path):
    """setup(*arguments, **environment) -> (exit code, standard error, calls made)."""
    shutil.copytree(SOURCE / "scripts", tmp_path / "project/scripts")
    (tmp_path / "bin").mkdir()
    for name, body in STANDINS.items():
        path = tmp_path / "bin" / name
        path.write_text("#!/bin/sh\n" + body + "\n")
        path.chmod(0o755)
    calls = tmp_path / "calls"

    def run_setup(*arguments, **environment):
        calls.write_text("")
        variables = {k: v for k, v in os.environ.items() if k != "Torch_DIR"}
        variables |= {"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}", "CALLS": str(calls),
                      "PYTHON": "python-standin", "MISSING": "", "APT_SAYS": "", "PIP_SAYS": "", **environment}
        process = subprocess.run(["bash", tmp_path / "project/scripts/setup", *arguments], env=variables,
                                 capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60)
        return process.returncode, process.stderr, calls.read_text().splitlines()

    run_setup.project = tmp_path / "project"
    return run_setup


as_root = pytest.mark.skipif(os.geteuid() != 0, reason="the stand-in of sudo refuses")


def test_installs_libtorch_once(setup):
    code, said, calls = setup()
    assert (code, len(calls)) == (0, 1), said
    assert "-r scripts/requirements.txt" in calls[0]
    assert setup() == (0, "", []), "the second time there is nothing to do"


def test_tests_bring_their_own(setup):
    setup()
    code, said, calls = setup("--tests")
    assert (code, len(calls)) == (0, 1), said
    assert "-r scripts/requirements-tests.txt" in calls[0]
    assert setup("--tests") == (0, "", [])


def test_installs_again_when_what_is_wanted_changes(setup):
    setup()
    code, _, calls = setup(AFTERIMAGE_PIP_ARGS="--no-deps")
    assert code == 0 and "--no-deps" in calls[0]
    (setup.project / "scripts/requirements.txt").write_text("torch==2.11.0\n")
    assert len(setup(AFTERIMAGE_PIP_ARGS="--no-deps")[2]) == 1
    shutil.rmtree(setup.project / ".deps/python/lib")
    assert len(setup(AFTERIMAGE_PIP_ARGS="--no-deps")[2]) == 1, "removed by hand"


@as_root
def test_missing_packages_take_one_installation(setup):
    code, said, calls = setup(MISSING="libzip-dev mold")
    assert code == 0, said
    installs = [call for call in calls if call.startswith("apt-get install")]
    assert len(installs) == 1
    assert installs[0].split()[-2:] == ["libzip-dev", "mold"]


def test_test_packages_are_for_tests_only(setup):
    assert not [call for call in setup(MISSING="chromium")[2] if "apt-get" in call]


@as_root
def test_packages_that_cannot_be_fetched_are_one_line(setup):
    code, said, _ = setup(MISSING="mold", APT_SAYS="E: Failed to fetch mold.deb: Temporary failure resolving")
    assert code == 1
    assert said.splitlines()[-1].startswith("setup: apt-get could not install mold")
    assert "no network" in said.splitlines()[-1]


@pytest.mark.parametrize("log, reason", [
    ("ERROR: Could not find a version that satisfies torch (from versions: none)", "no network"),
    ("WARNING: Retrying: Failed to establish a new connection", "no network"),
    ("ERROR: OSError: [Errno 28] No space left on device", "the disk is full"),
    ("ERROR: something else", "something else"),
])
def test_wheels_that_cannot_be_fetched_are_one_line(setup, log, reason):
    code, said, _ = setup(PIP_SAYS=log)
    assert code == 1
    assert reason in said.splitlines()[-1]
    assert not list((setup.project / ".deps/python").glob("*.stamp")), "it will be tried again"


def test_a_libtorch_of_ones_own_needs_no_wheel(setup, tmp_path):
    code, said, calls = setup(Torch_DIR=str(tmp_path))
    assert code == 1 and "TorchConfig.cmake" in said
    (tmp_path / "TorchConfig.cmake").touch()
    assert setup(Torch_DIR=str(tmp_path)) == (0, "", [])


def test_unknown_arguments_are_refused(setup):
    code, said, _ = setup("--test")
    assert code == 1 and "--test" in said and "Usage" in said
