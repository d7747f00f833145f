"""What a training can be told, and what it says of it: options, their lists, length, shares, broken starts."""
import json
import re
import tomllib

import h5py
import numpy as np
import pytest
from conftest import assert_refused, write_recording

TINY = ["--set", "data.image_size=16", "--set", "unet.width=4", "--set", "unet.blocks=2",
        "--set", "training.batch=4", "--set", "objective.perceptual=0", "--set", "objective.adversarial=0"]


def train(run, config, recording, *settings, out="m", more=(), **options):
    words = [word for setting in settings for word in ("--set", setting)]
    return run("train", config, "--recording", recording, "--out", out, *words, *more, **options)


def config_of(folder):
    return tomllib.loads((folder / "config.toml").read_text())


def steps_of(folder):
    return json.loads((folder / "log.jsonl").read_text().splitlines()[-1])["step"]


def test_another_kind_of_projection_names_what_it_drops(run, recording, tmp_path):
    said = train(run, "tuned", recording, "projection.kind=gaussian", "training.steps=2", more=TINY, check=True).stderr
    line = [line for line in said.splitlines() if "drops" in line]
    assert len(line) == 1 and "projection.kind=gaussian" in line[0] and "'tuned'" in line[0]
    for key in ["projection.features", "projection.tuning_start", "projection.start", "projection.move"]:
        assert key in line[0]
    assert "drops" not in train(run, "tuned", recording, "projection.kind=tuned", "projection.features=8",
                                "training.steps=2", more=TINY,
                                out="same", check=True).stderr


@pytest.mark.parametrize("settings, steps, saved", [
    (["training.steps=6"], 6, (6, 0)),                          # the file has 100 epochs
    (["training.epochs=0.05"], 2, (0, 0.05)),                   # 120 samples, batch 4
    (["training.epochs=0", "training.steps=5"], 5, (5, 0)),
])
def test_the_command_line_says_how_long(run, recording, tmp_path, settings, steps, saved):
    train(run, "irfa-4", recording, *settings, more=[*TINY, "--quiet"], check=True)
    assert steps_of(tmp_path / "m") == steps
    used = config_of(tmp_path / "m")["training"]
    assert (used["steps"], used["epochs"]) == saved


def test_two_lengths_are_refused(run, recording, tmp_path):
    assert_refused(train(run, "irfa-4", recording, "training.steps=6", "training.epochs=2", more=TINY),
                   "--set", "training.steps", "training.epochs", "one of them")
    assert_refused(train(run, "demo", recording, "training.steps=0", more=TINY), "training.steps", "training.epochs")
    both = tmp_path / "both.toml"
    both.write_text('decoder = "image-to-image"\n[training]\nsteps = 5\nepochs = 2\n')
    assert_refused(train(run, both, recording, more=TINY), "both.toml:", "training.steps", "training.epochs")
    train(run, both, recording, "training.steps=4", more=[*TINY, "--quiet"], check=True)
    assert steps_of(tmp_path / "m") == 4


def test_a_saved_configuration_trains_again(run, recording, tmp_path):
    train(run, "irfa-4", recording, "training.epochs=0.05", more=[*TINY, "--quiet"], check=True)
    run("train", "m/config.toml", "--recording", recording, "--out", "again", "--quiet", check=True)
    assert (tmp_path / "again/weights.safetensors").read_bytes() == (tmp_path / "m/weights.safetensors").read_bytes()


def test_a_model_of_before_keeps_both_lengths(run, recording, tmp_path):
    """Saved configurations had steps beside epochs; such models are still read."""
    train(run, "irfa-4", recording, "training.epochs=0.05", more=[*TINY, "--quiet"], check=True)
    path = tmp_path / "m/config.toml"
    text = re.sub(r"^steps = 0\b", "steps = 600", path.read_text(), flags=re.MULTILINE)
    assert text != path.read_text()
    path.write_text("\n".join(line for line in text.splitlines() if not re.match(
        "fraction|initialise|norm_momentum|discriminator_initialise|align_corners|normalise_input|detach_maps|fakes",
        line)))
    run("reconstruct", "m", recording, "--out", "x.h5", "--quiet", check=True)


@pytest.mark.parametrize("written", ["V4", '["V4"]', "['V4']"])
def test_lists_are_written_plainly_or_as_in_toml(run, recording, tmp_path, written):
    train(run, "ridge", recording, f"data.regions={written}", "data.bins=[1]", more=["--quiet"], check=True)
    assert config_of(tmp_path / "m")["data"]["regions"] == ["V4"]
    assert config_of(tmp_path / "m")["data"]["bins"] == ["1"]


def test_wrong_lists_are_refused(run, recording):
    assert_refused(train(run, "ridge", recording, 'data.regions=["V4"'), "data.regions", "list")
    assert_refused(train(run, "ridge", recording, 'data.regions=["V4", "V9"]'), "V9", "V1")


def test_an_option_may_be_given_again(run, recording, tmp_path):
    train(run, "irfa-4", recording, "projection.groups=2", "training.steps=2", more=[*TINY, "--quiet"], check=True)
    for name, words in [("comma", ["--absent", "V1 group 1,V4 group 2"]),
                        ("again", ["--absent", "V1 group 1", "--absent", "V4 group 2"])]:
        run("reconstruct", "m", recording, "--out", f"{name}.h5", *words, "--controls", "none", "--quiet", check=True)
    with h5py.File(tmp_path / "comma.h5") as comma, h5py.File(tmp_path / "again.h5") as again:
        assert np.array_equal(comma["images"], again["images"])
        assert json.loads(again.attrs["provenance"])["options"]["absent"] == ["V1 group 1", "V4 group 2"]


def test_what_a_configuration_can_be_told(run):
    text = run("train", "--options", "tuned", check=True).stdout
    assert "training.steps = 600\n    updates" in text
    assert "data.image_size = 64" in text and "8..1024" in text
    assert "training.learning_rate = 4e-04" in text or "training.learning_rate = 0.0004" in text or "4e-4" in text
    assert "default 2e-04" in text or "default 0.0002" in text
    assert "projection.tuning_start = closed-form" in text and "closed-form | random" in text
    assert "projection.kernel" not in text
    other = run("train", "tuned", "--options", "--set", "projection.kind=attention", check=True).stdout
    assert "projection.kernel = 4" in other and "projection.tuning_start" not in other
    assert "lambda" in run("train", "--options", "ridge", check=True).stdout
    assert_refused(run("train", "--options", "tuend"), "tuend", "tuned")
    assert_refused(run("train", "tuned", "--out", "m"), "--recording", "--help")
    assert_refused(run("train", "tuned", "--recording", "r.h5"), "--out", "--help")


def test_help_shows_what_works(run, recording, tmp_path):
    text = run("train", "--help", check=True).stdout
    assert "KEY=VALUE ..." not in text and "KEY=VALUE" in text
    example = re.search(r"^  afterimage (train .*)", text, re.MULTILINE)[1].split()
    (tmp_path / "recording.h5").symlink_to(recording)
    run(*example, "--set", "training.steps=1", "--set", "unet.width=4", "--quiet", check=True)


def test_every_decoder_listed_can_be_trained(run, recording):
    text = run("list", "decoders", check=True).stdout
    kinds = re.findall(r"^(\S+)", text, re.MULTILINE)
    trained = re.findall(r"^ +train (.*)", text, re.MULTILINE)
    assert len(kinds) == len(trained) >= 4
    configs = run("list", "configs", check=True).stdout
    for names in trained:
        assert names
        for name in names.split(", "):
            assert re.search(rf"^{re.escape(name)} ", configs, re.MULTILINE), name
    assert "tuned" in trained[kinds.index("image-to-image")]
    for name in ["retrieval", "mean"]:
        train(run, name, recording, out=name, more=["--quiet"], check=True)
    assert_refused(train(run, "image-to-image", recording), "kind of decoder", "tuned")


def test_a_change_of_size_is_said_once(run, recording):
    said = train(run, "ridge", recording, check=True).stderr
    assert said.count("16 x 16") == 1 and "enlarged to 64 x 64" in said
    said = train(run, "ridge", recording, "data.image_size=8", out="small", check=True).stderr
    assert said.count("16 x 16") == 1 and "reduced to 8 x 8" in said
    assert "16 x 16" not in train(run, "ridge", recording, "data.image_size=16", out="same", check=True).stderr


def test_a_start_that_broke_leaves_nothing(run, recording, tmp_path):
    """Stopped before the first checkpoint: there is nothing to go on with, and nothing in the way."""
    def spoil(file):
        file["responses"][5, 3] = np.nan
    spoiled = write_recording(tmp_path / "spoiled.h5", change=spoil)
    assert_refused(train(run, "ridge", spoiled, more=["--quiet"]), "spoiled.h5")
    assert not (tmp_path / "m.training").exists()
    train(run, "ridge", recording, more=["--quiet"], check=True)


def test_an_unfinished_folder_without_checkpoint_begins_anew(run, recording, tmp_path):
    (tmp_path / "m.training").mkdir()  # as a loss of power leaves it
    assert_refused(run("reconstruct", "m", recording, "--out", "x.h5"), "--resume")
    assert_refused(train(run, "demo", recording, "training.steps=2", more=TINY), "--resume", "--force")
    said = train(run, "demo", recording, "training.steps=2", more=[*TINY, "--resume"], check=True).stderr
    assert "anew" in said
    assert (tmp_path / "m/weights.safetensors").exists() and not (tmp_path / "m.training").exists()


def test_one_array_is_said_and_split(run, tmp_path):
    def without_rois(file):
        del file["sensors/roi"]
    recording = write_recording(tmp_path / "r.h5", train=40, change=without_rois)
    said = train(run, "irfa-4", recording, "training.steps=2", more=TINY, check=True).stderr
    assert "nothing to choose from" in said and "projection.groups=8" in said
    for how, settings in [("position", []), ("random", ["projection.split=random"])]:
        said = train(run, "irfa-4", recording, "training.steps=2", "projection.groups=3", *settings, out=how,
                     more=TINY, check=True).stderr
        assert "choose from" not in said
        run("analyse", "irf", how, recording, "--out", f"a-{how}", "--quiet", check=True)
        table = (tmp_path / f"a-{how}" / "arrays.csv").read_text()
        assert len(table.splitlines()) == 1 + 3 and "group 3" in table
        # Another seed finds the groups the model was trained with.
        for seed in ["1", "2"]:
            run("reconstruct", how, recording, "--out", f"{how}{seed}.h5", "--seed", seed, "--controls", "none",
                "--quiet", check=True)
        with h5py.File(tmp_path / f"{how}1.h5") as one, h5py.File(tmp_path / f"{how}2.h5") as two:
            assert np.array_equal(one["images"], two["images"])


def test_sizes_that_are_assumed_are_said(run, tmp_path):
    def forget(file):
        file["sensors/size"][3:8] = np.nan
    recording = write_recording(tmp_path / "r.h5", train=40, change=forget)
    said = train(run, "tuned", recording, "training.steps=2", "projection.features=8", more=TINY,
                 check=True).stderr
    assert "5 of 20 sensors" in said and "0.05 stimulus widths" in said


def test_what_was_used_is_what_is_saved(run, recording, tmp_path):
    run("train", "shen", "--recording", recording, "--out", "m", "--quiet", "--set", "data.image_size=32",
        "--set", "projection.hidden=16", "--set", "projection.width=8", "--set", "training.steps=1", check=True)
    used = config_of(tmp_path / "m")
    assert used["discriminator"] == "image"
    assert used["objective"]["layers"], "named, also where the fallback's own are taken"
    run("train", "tuned", "--recording", recording, "--out", "n", "--quiet", "--set", "data.image_size=32",
        "--set", "generator=projection", "--set", "projection.kind=upconv", "--set", "projection.hidden=16",
        "--set", "projection.width=8", "--set", "training.steps=1", check=True)
    used = config_of(tmp_path / "n")
    assert used["discriminator"] == "image" and len(used["objective"]["layers"]) == 5


def test_a_share_of_the_photographs(run, recording, tmp_path):
    def samples(name, *more):
        train(run, "retrieval", recording, "data.image_size=16", *more, out=name, more=["--quiet"], check=True)
        return json.loads((tmp_path / name / "model.json").read_text())["samples"]
    assert samples("all") == 120
    assert samples("quarter", "data.fraction=0.25") == 30
    images = {}
    for name in ["all", "quarter"]:
        # Another seed than that of the training, whose share the controls learn from.
        run("reconstruct", name, recording, "--out", f"{name}.h5", "--seed", "9", "--quiet", check=True)
        with h5py.File(tmp_path / f"{name}.h5") as file:
            images[name] = {"decoder": file["images"][()], "ridge": file["controls/ridge"][()]}
    assert not np.array_equal(images["all"]["decoder"], images["quarter"]["decoder"])
    assert not np.array_equal(images["all"]["ridge"], images["quarter"]["ridge"])
    assert_refused(train(run, "ridge", recording, "data.fraction=0", out="none"), "data.fraction")
