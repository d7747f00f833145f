"""IRFA on a small recording: training, reconstruction, and what it refuses."""
import csv
import json
import shutil
import signal
import subprocess
import sys
import time

import h5py
import numpy as np
import pytest
from conftest import BINARY, SOURCE, assert_refused, read_png, run_program

SMALL = ["--set", "data.image_size=16", "--set", "unet.width=8", "--set", "unet.blocks=2",
         "--set", "training.batch=4", "--set", "objective.perceptual=0",
         "--set", "training.epochs=0", "--set", "training.steps=12", "--quiet"]
AS_IN_THE_CODE = ["--set", "projection.embedding=batchnorm-relu", "--set", "objective.verdict=sigmoid",
                  "--set", "optimiser.discriminator_every=5"]


def train(run, recording, *more, config="irfa-4", **options):
    return run("train", config, "--recording", recording, "--out", "m", *SMALL, *more, **options)


@pytest.mark.parametrize("config,more", [("irfa-4", []), ("irfa-16", AS_IN_THE_CODE)])
def test_it_trains_and_reconstructs(run, recording, tmp_path, config, more):
    train(run, recording, *more, config=config, check=True)
    run("reconstruct", "m", recording, "--out", "x.h5", "--quiet", check=True)
    with h5py.File(tmp_path / "x.h5") as file:
        assert file["images"].shape == (6, 16, 16, 3)
        assert file["images"][()].std() > 0


def test_regions_that_are_not_seen_take_no_part_in_attention(run, recording, tmp_path):
    train(run, recording, "--set", "data.regions=V1", check=True)
    assert json.loads((tmp_path / "m/model.json").read_text())["arrays_left_out"] == ["V4"]
    images = []
    for out, more in [("x.h5", []), ("y.h5", ["--absent", "V4"])]:
        run("reconstruct", "m", recording, "--out", out, "--controls", "none", "--quiet", *more, check=True)
        with h5py.File(tmp_path / out) as file:
            images.append(file["images"][()])
    assert np.array_equal(*images)  # it is absent already
    result = run("reconstruct", "m", recording, "--out", "z.h5", "--absent", "V1", "--quiet")
    assert_refused(result, "--absent", "leaves no array")


@pytest.mark.parametrize("sees,channels", [("image", 3), ("maps-and-image", 3 + 4)])
def test_what_the_discriminator_sees(recording, tmp_path, sees, channels):
    """The discriminator is kept in checkpoints alone: one of a training that was interrupted tells."""
    process = subprocess.Popen(
        [BINARY, "train", "irfa-4", "--recording", recording, "--out", "m", *SMALL, "--set",
         "training.steps=100000", "--set", "training.checkpoint_every=1", "--set", f"discriminator={sees}"],
        cwd=tmp_path)
    checkpoint = tmp_path / "m.training" / "checkpoint.safetensors"
    while not checkpoint.exists() and process.poll() is None:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 130
    content = checkpoint.read_bytes()
    header = json.loads(content[8:8 + int.from_bytes(content[:8], "little")])
    first = [key for key in header if key.endswith("discriminator.conv1.weight")]
    assert [header[key]["shape"][1] for key in first] == [channels]


def test_wrong_settings_are_refused(run, recording):
    assert_refused(train(run, recording, "--set", "projection.features=5"), "features", "even")
    assert_refused(train(run, recording, "--set", "projection.absent=V2"), "V2", "V1")
    assert_refused(train(run, recording, "--set", "projection.absent=V1,V4"), "leaves no array")
    assert_refused(train(run, recording, "--set", "projection.kernel=0"), "kernel", "1..15")


@pytest.fixture(scope="module")
def trained(tmp_path_factory, recording):
    folder = tmp_path_factory.mktemp("irfa")

    def run_here(*arguments, **options):
        return run_program(*arguments, **{"cwd": folder, **options})
    train(run_here, recording, check=True)
    return folder / "m"


def rows(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def test_inverse_receptive_fields(run, recording, tmp_path, trained):
    run("analyse", "irf", trained, recording, "--out", "a", "--quiet", check=True)
    table = rows(tmp_path / "a" / "arrays.csv")
    assert [row["array"] for row in table] == ["V1", "V4"]
    assert sum(float(row["mean weight"]) for row in table) == pytest.approx(1, abs=2e-3)
    assert all(-1 <= float(row["overlap"]) <= 1 for row in table)
    spatial = np.load(tmp_path / "a" / "spatial-fields.npy")  # stimulus, array, y, x
    feature = np.load(tmp_path / "a" / "feature-fields.npy")  # stimulus, array, feature
    assert spatial.shape == (6, 2, 16, 16) and feature.shape == (6, 2, 4)
    assert np.allclose(spatial.sum(1), 1, atol=1e-5)
    about = {array["name"]: array for array in json.loads((tmp_path / "a" / "analysis.json").read_text())["arrays"]}
    assert about["spatial-fields"]["names"]["array"] == ["V1", "V4"]
    assert len(about["spatial-fields"]["names"]["stimulus"]) == 6
    with h5py.File(tmp_path / "a" / "arrays.h5") as file:
        assert np.array_equal(file["spatial-fields"], spatial) and np.array_equal(file["feature-fields"], feature)
        assert file["spatial-fields"].attrs["axes"] == "stimulus, array, y, x"
        assert file["feature-fields"].attrs["axes"] == "stimulus, array, feature"
        assert list(file["array"].asstr()) == ["V1", "V4"]
        assert list(file["stimulus"].asstr()) == about["spatial-fields"]["names"]["stimulus"]
        assert "analyse irf" in json.loads(file.attrs["provenance"])["command"]
    for row, weights in zip(table, spatial.mean(axis=(0, 2, 3))):
        assert float(row["mean weight"]) == pytest.approx(weights, rel=1e-5)
    summary = {row["what"]: float(row["value"]) for row in rows(tmp_path / "a" / "summary.csv")}
    own = sum(float(row["overlap"]) for row in table) / 2
    assert summary["overlap with the known fields (correlation)"] == pytest.approx(own, abs=1e-9)
    others = sum(float(row["overlap with others"]) for row in table) / 2
    assert summary["overlap with the known fields of other arrays"] == pytest.approx(others, abs=2e-3)
    assert 0 < summary["p of an overlap as large by chance"] <= 1


@pytest.mark.parametrize("more", [[], ["--deviation", "ratio", "--classes", "7"]])
def test_how_much_fields_change_is_numpys(run, recording, tmp_path, trained, more):
    """IRFA, Fig. 4B: histograms of each array's standard deviation over stimuli, or of its ratio."""
    run("analyse", "irf", trained, recording, "--out", "a", "--quiet", *more, check=True)
    saved = json.loads((tmp_path / "a" / "analysis.json").read_text())
    classes = 7 if more else 40
    with h5py.File(tmp_path / "a" / "arrays.h5") as file:
        fields = {kind: file[f"{kind}-fields"][()].astype(float) for kind in ("spatial", "feature")}
        kept = {kind: file[f"{kind}-deviations"][()] for kind in fields}
    right = {kind: values.std(0) / (values.mean(0) if more else 1) for kind, values in fields.items()}
    for kind, values in right.items():
        np.testing.assert_allclose(kept[kind], values, rtol=1e-3, atol=1e-7)
    most = max(values.max() for values in kept.values())
    table = rows(tmp_path / "a" / "deviations.csv")
    assert len(table) == 2 * 2 * classes  # arrays, kinds, classes
    for h, array in enumerate(["V1", "V4"]):
        for kind in fields:
            own = [row for row in table if (row["array"], row["fields"]) == (array, kind)]
            counts, edges = np.histogram(kept[kind][h], classes, (0, most))
            np.testing.assert_allclose([float(row["share"]) for row in own], counts / counts.sum(), atol=1e-12)
            np.testing.assert_allclose([float(row["to"]) for row in own], edges[1:], rtol=1e-6)
    charts = [(chart["name"], chart["title"].split(": ")[1]) for chart in saved["charts"]]
    assert charts == [("deviation", "all arrays"), ("deviation-1", "V1"), ("deviation-2", "V4")]
    assert ("over the mean" in saved["charts"][0]["x_label"]) == bool(more)


def test_every_image_is_shown_with_its_fields(run, recording, tmp_path, trained):
    """IRFA, Fig. 4A."""
    run("analyse", "irf", trained, recording, "--out", "a", "--quiet", "--images", "4", check=True)
    saved = json.loads((tmp_path / "a" / "analysis.json").read_text())
    grid = saved["grids"][0]
    assert grid["name"] == "stimuli" and len(grid["rows"]) == 4
    assert grid["columns"] == ["shown", "reconstruction", "V1", "V4", "features"]
    sheet = read_png(tmp_path / "a" / "stimuli.png") / 255
    gap = (sheet.shape[0] - 4 * 16) // 3
    y, x = ((16 + gap) * np.arange(n)[:, None] + np.arange(16) for n in (4, 5))
    cells = sheet[y][:, :, x].transpose(0, 2, 1, 3, 4)  # row, column, y, x, colour
    run("reconstruct", trained, recording, "--out", "x.h5", "--controls", "none", "--quiet", check=True)
    with h5py.File(tmp_path / "x.h5") as file:
        assert grid["rows"] == [str(number) for number in file["stimulus"][:4]]
        assert np.abs(cells[:, 1] - file["images"][:4]).max() < 0.5 / 255 + 1e-3
    spatial = np.load(tmp_path / "a" / "spatial-fields.npy")[:4]
    inside = spatial[..., 2:-2, 2:-2]
    for h in range(2):
        low, high = inside[:, h].min(), inside[:, h].max()  # one scale for the images shown
        right = ((spatial[:, h] - low) / (high - low)).clip(0, 1)
        assert np.abs(cells[:, 2 + h, :, :, 0] - right).max() < 0.5 / 255 + 1e-3
    feature = np.load(tmp_path / "a" / "feature-fields.npy")[:4]
    boxes = (feature / feature.max()).repeat(8, 1).repeat(4, 2)  # 2 arrays, 4 features in 16 pixels
    assert np.abs(cells[:, 4, :, :, 1] - boxes).max() < 0.5 / 255 + 1e-3
    run("report", "a", "--out", "page.html", check=True)
    page = (tmp_path / "page.html").read_text()
    assert "Every image&#39;s inverse receptive fields" in page or "Every image's inverse" in page


def test_wrong_deviations_are_refused(run, recording, trained):
    def irf(*more):
        return run("analyse", "irf", trained, recording, "--out", "a", *more)
    assert_refused(irf("--deviation", "variance"), "deviation", "absolute")
    assert_refused(irf("--images", "0"), "images", "1..1000")
    assert_refused(irf("--classes", "1"), "classes", "2..1000")


def test_the_arrays_are_read_as_the_docs_say(run, recording, tmp_path, trained):
    run("analyse", "irf", trained, recording, "--out", "irf", "--quiet", check=True)
    blocks = (SOURCE / "docs/analyses.md").read_text().split("```python\n")[1:3]
    done = [subprocess.run([sys.executable, "-c", block.split("```")[0]], cwd=tmp_path, capture_output=True,
                           text=True, check=True).stdout for block in blocks]
    assert done == ["stimulus, array, y, x (6, 2, 16, 16) 6 ['V1', 'V4']\n",
                    "{'V1': (16, 16), 'V4': (16, 16)}\n"]


def test_embedding(run, recording, tmp_path, trained):
    run("analyse", "embedding", trained, recording, "--out", "a", "--quiet", "--split", "train",
        "--tsne.iterations", "300", "--seeds", "2", "--images", "50", check=True)
    points = rows(tmp_path / "a" / "points.csv")
    assert len(points) == 2 * 120 * 2  # kinds, images, arrays
    starts = [row["start"] for row in rows(tmp_path / "a" / "starts.csv") if row["fields"] == "spatial"]
    assert starts == ["principal components", "random 1", "random 2"]
    agreement = rows(tmp_path / "a" / "agreement.csv")
    assert len(agreement) == 2 * 3  # kinds, pairs of starts
    assert all(-1 <= float(row["adjusted Rand index"]) <= 1 for row in agreement)
    sweep = rows(tmp_path / "a" / "sweep.csv")
    assert len(sweep) == 2 * 3 * 7  # kinds, starts, values of eps
    saved = json.loads((tmp_path / "a" / "analysis.json").read_text())
    assert len(saved["maps"]["images"]["names"]) == 120
    assert len(saved["maps"]["images"]["kept"]) == 40  # every third of 120: at most 50
    for chart in saved["charts"]:
        assert [len(series["y"]) for series in chart["series"]] == [7] * 4
    assert_refused(run("analyse", "embedding", trained, recording, "--out", "b", "--quiet"),
                   "12 rows", "perplexity")


def test_the_page_needs_the_analysis_alone(run, recording, tmp_path, trained):
    run("analyse", "embedding", trained, recording, "--out", "a", "--quiet", "--split", "train",
        "--tsne.iterations", "250", "--seeds", "0", "--image-size", "8", check=True)
    assert not (tmp_path / "a" / "agreement.csv").exists()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "a").rename(tmp_path / "elsewhere" / "a")
    run("report", "elsewhere/a", "--out", "page.html", check=True)
    page = (tmp_path / "page.html").read_text()
    data = json.loads(page.split('id="data">')[1].split("</script>")[0])
    analysis = data["maps"][0]
    assert analysis["sprites"]["width"] == 8
    assert [len(one["x"]) for one in analysis["maps"]] == [240, 240]
    assert min(analysis["cells"]) == 0


def reconstructed(path):
    with h5py.File(path) as file:
        return {name: file[name][()] for name in ("images", "controls/ridge", "controls/shuffled",
                                                  "controls/mean")}, file.attrs["provenance"]


def test_arrays_can_be_absent_when_reconstructing(run, recording, tmp_path, trained):
    """What the absent array responds is of no account to the decoder and to its controls."""
    changed = tmp_path / "recording.h5"
    shutil.copy(recording, changed)
    with h5py.File(changed, "r+") as file:
        test = file["trials/split"].asstr()[()] == "test"
        v4 = file["sensors/roi"].asstr()[()] == "V4"
        responses = file["responses"][()]
        responses[np.ix_(test, v4)] += 3
        file["responses"][...] = responses
    images = {}
    for name, path, more in [("whole", recording, []), ("absent", recording, ["--absent", "V4"]),
                             ("changed", changed, ["--absent", "V4"])]:
        run("reconstruct", trained, path, "--out", f"{name}.h5", *more, "--quiet", check=True)
        images[name], provenance = reconstructed(tmp_path / f"{name}.h5")
    assert json.loads(provenance)["options"]["absent"] == ["V4"]
    for name in images["whole"]:
        assert np.array_equal(images["absent"][name], images["changed"][name]), name
        if name != "controls/mean":
            assert not np.allclose(images["absent"][name], images["whole"][name]), name
    run("report", recording, "absent.h5", "--out", "page.html", check=True)
    assert "and its controls were given nothing of V4." in (tmp_path / "page.html").read_text()


def test_wrong_absent_arrays_are_refused(run, recording, tmp_path, trained):
    def refused(model, arrays, *words):
        result = run("reconstruct", model, recording, "--out", "x.h5", "--absent", arrays)
        assert_refused(result, "--absent", *words)
        assert not (tmp_path / "x.h5").exists()
    refused(trained, "V2", "'V2'", "V1, V4")
    refused(trained, "V1,V4", "leaves no array")
    run("train", "demo", "--recording", recording, "--out", "demo", *SMALL, check=True)
    refused("demo", "V4", "attention", "irfa-16", "data.regions")


def test_a_model_without_attention_is_refused(run, recording):
    run("train", "demo", "--recording", recording, "--out", "demo", *SMALL, check=True)
    assert_refused(run("analyse", "irf", "demo", recording, "--out", "a"), "attention")
