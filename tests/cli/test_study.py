"""`afterimage study`: several trainings by a plan, resumable, with one summary."""
import csv
import json
import re

import h5py
import pytest
from conftest import SOURCE, assert_refused, run_program, write_recording

PLAN = """
recording = "r.h5"
config = "demo"
seeds = [1, 2]
metrics = ["pixel-correlation", "ssim"]

[set]
data.image_size = 16
unet.width = 8
unet.blocks = 2
objective.perceptual = 0
training.steps = 3

[variants.whole]

[variants.no-discriminator]
objective.adversarial = 0

[variants.V1]
data.regions = ["V1"]
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    write_recording(folder / "r.h5")
    (folder / "plan.toml").write_text(PLAN)
    (folder / "linear.toml").write_text('decoder = "ridge"\n')
    (folder / "ridge.toml").write_text(
        'recording = "r.h5"\nmetrics = ["pixel-correlation"]\n[set]\ndata.image_size = 16\n'
        '[variants.linear]\nconfig = "linear.toml"\n')
    return folder


def study(folder, plan="plan.toml", out="out", **options):
    return run_program("study", plan, "--out", out, "--quiet", cwd=folder, **options)


def summary(folder, out="out"):
    with open(folder / out / "summary" / "summary.csv", newline="") as file:
        return {(row["variant"], row["metric"]): row for row in csv.DictReader(file)}


def test_a_study_trains_every_variant_with_every_seed(folder):
    study(folder, check=True)
    table = summary(folder)
    assert {variant for variant, _ in table} == {"whole", "no-discriminator", "V1"}
    assert {metric for _, metric in table} == {"pixel-correlation", "ssim"}
    row = table["whole", "ssim"]
    assert row["seeds"] == "2" and float(row["difference"]) == 0 and float(row["sd over seeds"]) > 0
    assert float(row["low"]) <= float(row["mean"]) <= float(row["high"])
    other = table["no-discriminator", "ssim"]
    assert float(other["difference"]) == pytest.approx(float(other["mean"]) - float(row["mean"]), abs=2e-4)
    with open(folder / "out" / "summary" / "means.csv", newline="") as file:
        means = {row["variant"]: row for row in csv.DictReader(file)}
    assert list(means) == ["whole", "no-discriminator", "V1"]
    assert means["no-discriminator"]["ssim"] == other["mean"]


def test_what_is_done_is_not_done_again(folder):
    study(folder, check=True)
    before = {p: p.stat().st_mtime_ns for p in (folder / "out").glob("*/*/model/model.json")}
    assert len(before) == 6
    (folder / "out/whole/seed-2/scores.json").unlink()
    study(folder, check=True)
    assert {p: p.stat().st_mtime_ns for p in before} == before
    assert (folder / "out/whole/seed-2/scores.json").exists()


def test_variants_that_differ_in_the_test_alone_share_a_model(folder):
    (folder / "tests.toml").write_text(
        (folder / "ridge.toml").read_text() + '[variants.seen]\nconfig = "linear.toml"\ntest = "train"\n'
        '[variants.stronger]\nconfig = "linear.toml"\nlambda = 1e9\ntest = "train"\n')
    for _ in range(2):  # and again of what is there
        study(folder, "tests.toml", "tests", check=True)
        assert sorted(path.parent.parent.name for path in (folder / "tests").glob("*/seed-1/model")) == [
            "linear", "stronger"]
        means = {variant: float(row["mean"]) for (variant, _), row in summary(folder, "tests").items()}
        assert means["seen"] > means["linear"] and means["stronger"] != means["seen"]
    with h5py.File(folder / "tests/seen/seed-1/images.h5") as file:
        assert file.attrs["name"] == "seen"


def test_a_changed_plan_does_not_mix_with_what_is_there(folder):
    study(folder, check=True)
    text = (folder / "plan.toml").read_text().replace("training.steps = 3", "training.steps = 4")
    (folder / "changed.toml").write_text(text)
    assert_refused(study(folder, "changed.toml"), "another plan", "--out")


def test_results_are_used_again_by_content(tmp_path):
    write_recording(tmp_path / "r.h5")
    (tmp_path / "linear.toml").write_text('decoder = "ridge"\n')
    (tmp_path / "plan.toml").write_text(
        'recording = "r.h5"\nmetrics = ["pixel-correlation"]\n[set]\ndata.image_size = 16\n'
        '[variants.linear]\nconfig = "linear.toml"\n')
    study(tmp_path, check=True)
    results = [tmp_path / "out/linear/seed-1" / name for name in ("images.h5", "scores.json")]
    made = [path.stat().st_mtime_ns for path in results]
    (tmp_path / "r.h5").touch()  # the same content
    study(tmp_path, check=True)
    assert [path.stat().st_mtime_ns for path in results] == made
    # Trained again: what was made of the old model is made again.
    run_program("train", "linear.toml", "--recording", "r.h5", "--out", "out/linear/seed-1/model",
                "--force", "--set", "data.image_size=16", "--set", "name=linear", "--quiet",
                cwd=tmp_path, check=True)
    result = run_program("study", "plan.toml", "--out", "out", cwd=tmp_path, check=True)
    assert result.stderr.count("made of something else") == 2, str(result)
    assert all(path.stat().st_mtime_ns > before for path, before in zip(results, made))
    # Another recording under the same name: a model is not thrown away.
    write_recording(tmp_path / "r.h5", seed=2)
    assert_refused(study(tmp_path), "out/linear/seed-1/model", "r.h5", "before it was changed", "--out")


def test_a_configuration_beside_the_plan(folder):
    study(folder, "ridge.toml", "ridge-out", check=True)
    assert ("linear", "pixel-correlation") in summary(folder, "ridge-out")
    card = json.loads((folder / "ridge-out/linear/seed-1/model/model.json").read_text())
    assert card["decoder"] == "ridge"


def test_settings_of_all_go_to_the_decoders_that_have_them(folder):
    (folder / "mixed.toml").write_text(
        'recording = "r.h5"\nconfig = "linear.toml"\nmetrics = ["pixel-correlation"]\n'
        '[set]\ndata.image_size = 16\nunet.width = 8\nunet.blocks = 2\ntraining.steps = 2\n'
        'objective.perceptual = 0\n[variants.linear]\n[variants.network]\nconfig = "demo"\n')
    study(folder, "mixed.toml", "mixed-out", check=True)
    assert {variant for variant, _ in summary(folder, "mixed-out")} == {"linear", "network"}


def test_variants_of_split_preparation_and_bottleneck(folder):
    (folder / "hard.toml").write_text(
        'recording = "r.h5"\nconfig = "linear.toml"\nmetrics = ["pixel-correlation"]\n'
        '[set]\ndata.image_size = 16\n[variants.whole]\n[variants.narrow]\ndata.bottleneck = 1\n'
        '[variants.trained]\ntest = "train"\n'
        '[variants.divided]\nprepare.split = "source"\nprepare.test_share = 0.5\n')
    study(folder, "hard.toml", "hard", check=True)
    table = {variant: float(row["mean"]) for (variant, _), row in summary(folder, "hard").items()}
    assert table["trained"] > table["whole"] > table["narrow"]
    with h5py.File(folder / "hard/divided/recording.h5") as f:
        split, stimulus = f["trials/split"].asstr()[:], f["trials/stimulus"][:]
        tested = set(stimulus[split == "test"])
        assert len(tested) == 15 and not tested & set(stimulus[split == "train"])
    with h5py.File(folder / "hard/divided/seed-1/images.h5") as f:
        assert set(f["stimulus"][:]) == tested
    made = (folder / "hard/divided/recording.h5").stat().st_mtime_ns
    study(folder, "hard.toml", "hard", check=True)
    assert (folder / "hard/divided/recording.h5").stat().st_mtime_ns == made
    (folder / "hard.toml").write_text(
        'recording = "r.h5"\nconfig = "linear.toml"\n[variants.a]\nprepare.splitt = "source"\n')
    assert_refused(study(folder, "hard.toml", "hard"), "variant 'a'", "splitt", "split")


def test_a_plan_is_refused_before_anything_is_trained(folder):
    for setting, words in (("training.stpes = 2", ["training.stpes", "training.steps"]),
                           ("training.steps = -1", ["training.steps", "-1"]),
                           ('projection.kind = "fixd"', ["fixd", "fixed"])):
        (folder / "late.toml").write_text(
            'recording = "r.h5"\nconfig = "demo"\n[variants.first]\n[variants.second]\n' + setting)
        assert_refused(study(folder, "late.toml", "late"), "late.toml: variant 'second': ", *words)
        (folder / "late.toml").write_text(
            f'recording = "r.h5"\nconfig = "demo"\n[set]\n{setting}\n[variants.first]\n')
        assert_refused(study(folder, "late.toml", "late"), "late.toml: variant 'first': ", *words)
    assert not (folder / "late").exists()


@pytest.mark.parametrize("text, words", [
    ('config = "demo"\n[variants.a]\n', ["names no recording", "--recording"]),
    ('recording = "r.h5"\nconfig = "demo"\n', ["no variants"]),
    ('recording = "r.h5"\n[variants.a]\n', ["'a'", "configuration"]),
    ('recording = "r.h5"\nsedes = [1]\n[variants.a]\n', ["sedes", "seeds"]),
    ('recording = "none.h5"\nconfig = "demo"\n[variants.a]\n', ["none.h5"]),
    ('recording = "r.h5"\nconfig = "demo"\n[variants.a]\ndata.regions = ["V9"]\n', ["V9", "V1"]),
])
def test_bad_plans(folder, text, words):
    (folder / "bad.toml").write_text(text)
    assert_refused(study(folder, "bad.toml", "bad"), *words)


PAPER = """
summary = "two decoders of one table"
config = "linear.toml"
metrics = ["pixel-correlation", "ssim"]
[set]
data.image_size = 16
[variants.linear]
[variants.other]
recording = "windows"
lambda = 3
[recordings]
windows = "second.h5"
[small]
lambda = 1000
[paper]
source = "Nobody 2022, Table 1"
needs = "a day & a half"
rows = ["pixels", "structure", "motion_1"]
metrics = ["pixel-correlation", "ssim", "-"]
misprints = ["linear: structure"]
[printed]
linear = [0.5, 1.25, 0.125]
"""


def run_study(folder, plan, out, *more):
    return run_program("study", plan, *more, "--out", out, "--quiet", cwd=folder)


def models(folder, out):
    return {path.parent.parent.parent.name: (path.parent / "config.toml").read_text()
            for path in (folder / out).glob("*/*/model/model.json")}


def test_the_command_line_changes_a_plan(folder):
    (folder / "regions.toml").write_text('recording = "r.h5"\nconfig = "demo"\n[set]\n'
                                         'data.image_size = 16\n[variants.whole]\n[variants.V1]\n'
                                         'data.regions = ["V1"]\n')
    assert run_study(folder, "regions.toml", "changed-out", "--config", "linear.toml", "--seeds", "3,5",
                     "--set", "lambda=2.5", "--set", "data.image_size=8").returncode == 0
    assert sorted(p.name for p in (folder / "changed-out/whole").iterdir()) == ["seed-3", "seed-5"]
    for text in models(folder, "changed-out").values():
        assert 'decoder = "ridge"' in text and "lambda = 2.5" in text and "image_size = 8" in text
    assert_refused(run_study(folder, "plan.toml", "no", "--set", "lamda=2"), "plan.toml", "lamda")
    assert_refused(run_study(folder, "plan.toml", "no", "--config", "none.toml"), "none.toml")
    assert run_study(folder, "plan.toml", "no", "--seeds", "one").returncode == 2
    assert_refused(run_program("study", "plan.toml", cwd=folder), "--out")
    assert not (folder / "no").exists()


def test_a_paper_s_table_beside_its_printed_numbers(folder):
    (folder / "paper.toml").write_text(PAPER)
    write_recording(folder / "second.h5", seed=5)
    assert run_study(folder, "paper.toml", "paper", "--recording", "r.h5").returncode == 0
    with open(folder / "paper/summary/paper.csv", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["", "linear", "linear, printed", "other"]
    means = summary(folder, "paper")
    assert [row[0] for row in rows[1:]] == ["pixels", "structure", "motion_1"]
    assert [row[2] for row in rows[1:]] == ["0.5", "1.25 (misprint)", "0.125"]
    assert float(rows[1][1]) == pytest.approx(float(means["linear", "pixel-correlation"]["mean"]))
    assert float(rows[2][3]) == pytest.approx(float(means["other", "ssim"]["mean"]))
    assert rows[3][1] == rows[3][3] == ""  # no metric of ours
    latex = (folder / "paper/summary/paper.tex").read_text()
    assert latex.startswith("\\begin{tabular}{lrrr}") and "motion\\_1 & " in latex
    assert (folder / "paper/summary/summary.tex").exists()
    run_program("report", "paper/summary", "--out", "paper.html", cwd=folder, check=True)
    assert "1.25 (misprint)" in (folder / "paper.html").read_text()


def test_each_variant_has_its_recording(folder):
    """The other recording shows other images to other sensors; it can be named on the command line."""
    (folder / "paper.toml").write_text(PAPER)
    write_recording(folder / "second.h5", seed=5)
    write_recording(folder / "third.h5", seed=6, sensors=12)
    assert run_study(folder, "paper.toml", "two", "--recording", "r.h5").returncode == 0
    assert run_study(folder, "paper.toml", "three", "--small", "--recording", "r.h5", "--recording",
                     "windows=third.h5").returncode == 0
    for out, file, sensors in [("two", "second.h5", 20), ("three", "third.h5", 12)]:
        card = json.loads((folder / out / "other/seed-1/model/model.json").read_text())
        assert card["provenance"]["inputs"][-1]["path"].endswith(file), card["provenance"]
        assert "r.h5" in (folder / out / "linear/seed-1/model/model.json").read_text()
    assert "lambda = 3 " in models(folder, "two")["other"]
    assert "lambda = 1000 " in models(folder, "three")["linear"]
    assert "lambda = 3 " in models(folder, "three")["other"]  # a variant's own word goes last


def test_what_a_plan_needs_is_said_before(folder):
    (folder / "paper.toml").write_text(PAPER)
    said = run_program("study", "paper.toml", "--paper", cwd=folder, check=True).stdout
    for words in ("Nobody 2022, Table 1", "a day & a half", "2 variants x 1 seeds = 2", "closed form"):
        assert words in said
    said = run_program("study", "brain2pix-tables-1-2", "--paper", cwd=folder, check=True).stdout
    for words in ("Doctor Who", "vgg19", "alexnet", "squeezenet", "50 epochs of batches of 12", "closed form"):
        assert words in said, said
    said = run_program("study", "brain2pix-tables-1-2", "--small", "--paper", cwd=folder, check=True).stdout
    assert "600 steps of batches of 8" in said and "vgg19" not in said.split("needs")[1].split("\n", 1)[1]


def test_a_plan_may_leave_a_recording_to_the_command_line(folder):
    (folder / "open.toml").write_text(PAPER.replace('"second.h5"', '""'))
    write_recording(folder / "second.h5", seed=5)
    assert_refused(run_study(folder, "open.toml", "open", "--recording", "r.h5"), "open.toml", "'windows'",
                   "--recording windows=FILE")
    assert not (folder / "open").exists()
    assert run_study(folder, "open.toml", "open", "--recording", "r.h5", "--recording",
                     "windows=second.h5").returncode == 0
    assert_refused(run_study(folder, "monkeysee-table-1", "no", "--recording", "r.h5"), "windows=FILE")


@pytest.mark.parametrize("change, words", [
    (('rows = ["pixels", ', 'rows = ['), ["paper.rows", "2", "3"]),
    (("linear = [0.5, ", "linear = ["), ["printed.linear", "2", "3"]),
    (("\nlinear = [0.5", "\nliner = [0.5"), ["printed.liner", "linear"]),
    (('recording = "windows"', 'recording = "window"'), ["'other'", "window", "[recordings]"]),
    (('needs = ', 'need = '), ["paper.need", "paper.needs"]),
])
def test_papers_that_do_not_fit_are_refused(folder, change, words):
    (folder / "bad-paper.toml").write_text(PAPER.replace(*change))
    result = run_study(folder, "bad-paper.toml", "bad-paper", "--recording", "r.h5")
    assert_refused(result, "bad-paper.toml", *words)


def test_a_small_form_must_be_there(folder):
    assert_refused(run_study(folder, "plan.toml", "small", "--small"), "plan.toml", "small")


SHIPPED = sorted(path.stem for path in (SOURCE / "configs/studies").glob("*.toml"))


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_plan_can_be_read_whole(folder, name):
    text = (SOURCE / f"configs/studies/{name}.toml").read_text()
    for more in [[], ["--small"]] if "[small]" in text else [[]]:
        run_program("study", name, "--paper", *more, cwd=folder, check=True)
    assert re.search(rf"^{name} +\w", run_program("list", "studies", check=True).stdout, re.MULTILINE)


def test_the_plans_that_come_with_the_program(folder):
    assert_refused(run_program("study", "ablaton", "--out", "x", cwd=folder), "ablation")
    for plan in (SOURCE / "configs/studies").glob("*.toml"):
        assert_refused(run_program("study", plan.stem, "--out", "x", cwd=folder), "--recording")
        assert plan.stem in run_program("list", "studies").stdout
