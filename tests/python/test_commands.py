"""The commands as functions: every one, the same numbers, the same sentences."""
import json
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import afterimage as ai


def test_every_command_has_its_name_in_python(program):
    table = json.loads(program("list", "commands", "--json").stdout)
    assert {entry["name"].replace("import", "import_") for entry in table} == set(ai.commands.names())
    listed = re.findall(r"^  ([a-z]+) ", program("--help").stdout, re.MULTILINE)
    assert {entry["name"] for entry in table} <= set(listed)
    for entry in table:
        function = ai.commands.find(entry["name"].replace("import", "import_"))
        for argument in entry["arguments"]:
            name = re.sub("[-.]", "_", argument["name"].lstrip("-"))
            assert {name, name + "_"} & set(function.__signature__.parameters), name
    assert set(dir(ai.import_)) > {"digit69", "nsd", "tvsd"} and "occlusion" in dir(ai.analyse)


def test_functions_have_all_that_the_help_shows(program):
    """Every command, command of a command and option on the program's own pages of help."""
    seen = []

    def compare(words, function):
        page = program(*words, "--help").stdout
        options = set(re.findall(r"^ +(?:-\w,)?--([a-z0-9.-]+)", page, re.MULTILINE))
        below = re.findall(r"^  ([a-z0-9-]+) ", page.partition("\nSubcommands:\n")[2].split("\n\n")[0],
                           re.MULTILINE)
        names = {re.sub("[-.]", "_", one) for one in options - {"help", "quiet", "version"}}
        if not below:  # else they are those of each command below
            has = set(function.__signature__.parameters)
            assert all({one, one + "_"} & has for one in names), (words, names - has)
            assert names or words[0] in ("info", "doctor", "list"), words
        for name in below:
            compare([*words, name], getattr(function, name.replace("-", "_")))
        seen.append(" ".join(words))

    for name in re.findall(r"^  ([a-z]+) ", program("--help").stdout.partition("Subcommands:")[2],
                           re.MULTILINE):
        python = name + ("_" if name == "import" else "")
        assert callable(getattr(ai, python))  # of evaluate and report the objects' own
        compare([name], ai.commands.find(python))
    assert {"import bids", "import nwb", "analyse occlusion", "fields", "train"} <= set(seen)


def test_a_way_from_end_to_end(recording, program, tmp_path):
    settings = {"data": {"image_size": 16}}
    model = ai.train("ridge", recording=recording, out=tmp_path / "m", set=settings, progress=False)
    assert model == tmp_path / "m" and (model / "model.json").exists()
    ai.reconstruct(model, recording, out=tmp_path / "i.h5", controls=["mean", "ridge"], progress=False)
    scores = ai.evaluate(tmp_path / "i.h5", recording=recording, out=tmp_path / "s.json",
                         metrics=["pixel-correlation", "ssim"], progress=False)
    program("reconstruct", "m", recording, "--out", "j.h5", "--controls", "mean,ridge", "--quiet")
    program("evaluate", "j.h5", "--recording", recording, "--out", "t.json", "--metrics",
            "pixel-correlation,ssim", "--quiet")
    there = json.loads((tmp_path / "t.json").read_text())
    assert scores.json["sets"] == there["sets"]
    assert scores["ridge", "pixel-correlation"] > 0.3
    table = scores.table()
    assert set(table["metric"]) == {"pixel-correlation", "ssim"}
    [own] = [row for row in table.to_dict("records")
             if row["set"] == "ridge" and row["metric"] == "pixel-correlation"]
    assert own["low"] < own["value"] < own["high"]
    assert "ridge" in ai.info(model)


def test_objects_go_where_paths_go(recording, tmp_path):
    whole = ai.Recording(recording)
    decoder = ai.Decoder("ridge", data={"image_size": 16}).fit(whole)
    result = decoder.reconstruct(whole)
    scores = ai.evaluate(result, metrics=["pixel-correlation"], progress=False)
    assert scores.checks and scores[result.name, "pixel-correlation"] > 0.3
    page = ai.report(whole, result, scores, decoder, progress=False)
    page.save(tmp_path / "report.html")
    assert "<html" in (tmp_path / "report.html").read_text() and "srcdoc" in page._repr_html_()


def test_arrays_go_where_paths_go(tmp_path):
    rng = np.random.default_rng(1)
    images = rng.integers(0, 256, (30, 2, 2, 3), dtype=np.uint8).repeat(8, 1).repeat(8, 2)
    responses = images[:, ::8, ::8].reshape(30, -1) + rng.normal(size=(30, 12))
    recording = ai.Recording.from_arrays(images, responses, split=["train"] * 20 + ["test"] * 10)
    assert "train: 20 of 20 stimuli" in ai.info(recording)
    result = ai.Decoder("ridge", data={"image_size": 16}).fit(recording).reconstruct(recording)
    assert ai.evaluate(result, metrics=["pixel-correlation"], progress=False)[
        "ridge", "pixel-correlation"] > 0.5


def test_ctrl_c_stops_a_command_and_leaves_nothing_half_written(recording, tmp_path):
    code = f"""
import afterimage as ai
try:
    ai.train("brain2pix", recording={str(recording)!r}, out="m", progress=False,
             set={{"data.image_size": 16, "unet": {{"width": 4, "blocks": 2}}, "objective.perceptual": 0,
                  "training": {{"steps": 1000000, "epochs": 0, "checkpoint_every": 5}}}})
except KeyboardInterrupt:
    print("interrupted")
"""
    process = subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    while process.poll() is None and not (tmp_path / "m.training/checkpoint.safetensors").exists():
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=60)[0] == "interrupted\n"
    assert not (tmp_path / "m").exists() and (tmp_path / "m.training").exists()  # to go on with


def test_refusals_are_the_programs(recording, tmp_path):
    with pytest.raises(ai.Error, match="none.h5"):
        ai.info(tmp_path / "none.h5")
    with pytest.raises(ai.Error, match="rigde.*ridge"):
        ai.train("rigde", recording=recording, out=tmp_path / "m")
    with pytest.raises(TypeError, match="recordnig"):
        ai.train("ridge", recordnig=recording)
    with pytest.raises(AttributeError, match="trian"):
        ai.trian
    assert not (tmp_path / "m").exists()
