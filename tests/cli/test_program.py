"""The program as such: help, version, unknown words, and the data folder."""
import re
import shutil

import pytest
from conftest import BINARY, SOURCE, assert_refused, run_program

COMMANDS = re.findall(r"^AFTERIMAGE_COMMAND\((\w+)\);",
                      (SOURCE / "apps/afterimage/command.h").read_text(), re.MULTILINE)


def test_help_names_every_command(run):
    text = run("--help", check=True).stdout
    assert len(COMMANDS) >= 10
    for command in COMMANDS:
        assert re.search(rf"^  {command} ", text, re.MULTILINE), command


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(run, command):
    text = run(command, "--help", check=True).stdout
    assert f"afterimage {command}" in text
    assert "Example:" in text
    assert "--seed" in text


def test_version_is_that_of_the_project(run):
    version = re.search(r"project\(afterimage VERSION ([\d.]+)", (SOURCE / "CMakeLists.txt").read_text())
    assert run("--version", check=True).stdout == version[1] + "\n"


@pytest.mark.parametrize("arguments, words", [
    ([], ["--help"]),
    (["trian"], ["'trian'", "'train'"]),
    (["info"], ["file"]),
    (["train", "ridge", "--recoding", "a.h5"], ["--recoding", "--recording"]),
    (["info", "a.h5", "b.h5"], ["'b.h5'"]),
    (["doctor", "--threads", "-1"], ["threads", "-1", "0..1024"]),
    (["doctor", "--threads", "two"], ["threads", "two", "whole number"]),
    (["doctor", "--device", "gpu"], ["--device", "gpu", "cpu"]),
    (["doctor", "--precision", "fp16"], ["precision", "fp16", "fp32"]),
    (["info", "none.h5"], ["none.h5"]),
])
def test_a_wrong_call_is_refused(run, arguments, words):
    assert_refused(run(*arguments), *words)


def test_a_program_without_its_data_says_so(run, tmp_path):
    assert_refused(run("list", "configs", AFTERIMAGE_DATA=str(tmp_path / "none")),
                   "AFTERIMAGE_DATA", "share/afterimage")


def test_doctor_looks_at_this_machine(run):
    text = run("doctor", check=True).stdout
    for words in ("LibTorch", "GFLOP/s", "memory", "data folder", "squeezenet weights"):
        assert words in text


@pytest.mark.parametrize("what", ["decoders", "projections", "metrics", "configs", "importers", "fields",
                                  "networks"])
def test_list_names_something(run, what):
    assert run("list", what, check=True).stdout.count("\n") >= 1
