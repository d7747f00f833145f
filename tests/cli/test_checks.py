"""Checks of every evaluation: what they say of honest and of leaked data, and where it is shown."""
import json

import h5py
import numpy as np
import pytest
from conftest import assert_refused, run_program, write_recording

FEW = ["--metrics", "pixel-correlation,ssim,pixel-identification-2way"]
ALL = ["trained-against", "leakage", "category", "zero-shot", "recovery", "output-dimension",
       "null-inputs", "trivial-decoders", "single-trials", "batch-statistics", "few-images"]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("checks")

    def run(*arguments):
        return run_program(*arguments, cwd=folder, check=True)

    write_recording(folder / "r.h5", train=120, test=10, repeats=4, sensors=60)
    run("train", "ridge", "--recording", "r.h5", "--out", "m", "--set", "data.image_size=16", "--quiet")
    run("reconstruct", "m", "r.h5", "--out", "x.h5", "--quiet")
    (folder / "said.txt").write_text(
        run("evaluate", "x.h5", "--recording", "r.h5", "--out", "s.json", *FEW).stdout)
    return folder


def verdicts(path):
    return {c["name"]: c["verdict"] for c in json.loads(path.read_text())["checks"]}


def test_every_check_is_made_and_said(made):
    scores = json.loads((made / "s.json").read_text())
    assert [c["name"] for c in scores["checks"]] == ALL
    said = (made / "said.txt").read_text()
    for check in scores["checks"]:
        assert check["decoder"] == "ridge" and check["found"] and check["meaning"]
        assert any(line.startswith(check["verdict"]) and check["label"] in line
                   for line in said.splitlines())
        assert all(0 <= row < 10 for row in check["rows"])
    found = verdicts(made / "s.json")
    assert {name for name, verdict in found.items() if verdict == "not checked"} == {
        "category", "recovery"}  # neither is known of this recording
    assert not {name for name, verdict in found.items() if verdict == "fail"}


def test_they_can_be_chosen_and_left_out(made, run, tmp_path):
    arguments = ["evaluate", made / "x.h5", "--recording", made / "r.h5", *FEW]
    run(*arguments, "--out", "a.json", "--checks", "leakage,null-inputs", check=True)
    assert list(verdicts(tmp_path / "a.json")) == ["leakage", "null-inputs"]
    result = run(*arguments, "--out", "b.json", "--checks", "none", check=True)
    assert verdicts(tmp_path / "b.json") == {} and "not checked" in result.stdout
    assert_refused(run(*arguments, "--out", "c.json", "--checks", "leaks"), "--checks", "leaks")
    assert not (tmp_path / "c.json").exists()


def test_an_older_reconstruction_says_what_to_do(made, run, tmp_path):
    (tmp_path / "old.h5").write_bytes((made / "x.h5").read_bytes())
    with h5py.File(tmp_path / "old.h5", "a") as f:
        del f["probes"], f.attrs["batch_difference"], f.attrs["trained_against"]
    result = run("evaluate", "old.h5", "--recording", made / "r.h5", "--out", "s.json", *FEW, check=True)
    assert result.stdout.count("Reconstruct again") == 3
    assert verdicts(tmp_path / "s.json")["single-trials"] == "not checked"


def test_probes_are_in_the_file_and_can_be_left_out(made, run, tmp_path):
    with h5py.File(made / "x.h5") as f:
        assert sorted(f["probes"]) == ["half-1", "half-2", "noise", "trials-1", "trials-2", "zero"]
        assert f["probes/trials-2/images"].shape == (10, 16, 16, 3)
        assert f["probes/trials-2/row"][:].tolist() == list(range(10))
        assert f.attrs["batch_difference"] < 1e-5
        # Half of the trials show what all show.
        half, whole = f["probes/half-1/images"][:] / 255, f["images"][:]
        assert np.corrcoef(half.ravel(), whole.ravel())[0, 1] > 0.95
    run("reconstruct", made / "m", made / "r.h5", "--out", "none.h5", "--probes", "none", "--quiet",
        check=True)
    with h5py.File(tmp_path / "none.h5") as f:
        assert "probes" not in f
    assert_refused(run("reconstruct", made / "m", made / "r.h5", "--out", "y.h5", "--probes", "half"),
                   "--probes", "half")


def test_one_image_fails_nothing(run, tmp_path):
    """Nothing can be told from one: no check says that the decoder is to blame."""
    write_recording(tmp_path / "r.h5", test=1)
    run("train", "ridge", "--recording", "r.h5", "--out", "m", "--set", "data.image_size=16", "--quiet",
        check=True)
    run("reconstruct", "m", "r.h5", "--out", "i.h5", "--quiet", check=True)
    run("evaluate", "i.h5", "--recording", "r.h5", "--out", "s.json", "--quiet", check=True)
    failed = [check["name"] for check in json.loads((tmp_path / "s.json").read_text())["checks"]
              if check["verdict"] == "fail"]
    assert set(failed) <= {"few-images"}, failed


def leak(f):
    """A test image stored again among the training images, a little changed."""
    images = f["stimuli/images"][()]
    images[7] = np.clip(images[122].astype(int) + 2, 0, 255)
    f["stimuli/images"][...] = images


def test_a_near_duplicate_is_found(run, tmp_path):
    write_recording(tmp_path / "r.h5", train=120, test=10, repeats=2, sensors=60, change=leak)
    run("train", "ridge", "--recording", "r.h5", "--out", "m", "--quiet", "--set", "data.image_size=16",
        check=True)
    run("reconstruct", "m", "r.h5", "--out", "x.h5", "--quiet", check=True)
    result = run("evaluate", "x.h5", "--recording", "r.h5", "--out", "s.json", *FEW, check=True)
    check = next(c for c in json.loads((tmp_path / "s.json").read_text())["checks"]
                 if c["name"] == "leakage")
    assert check["verdict"] == "fail" and check["rows"] == [2]
    assert check["figures"]["near-duplicates"] == 1
    assert "fail" in result.stdout


def test_a_cross_validation_is_checked(run, tmp_path):
    write_recording(tmp_path / "r.h5", train=24, test=6, repeats=4, sensors=40)
    run("crossvalidate", "ridge", "--recording", "r.h5", "--out", "x.h5", "--folds", "3", "--quiet",
        "--set", "data.image_size=16", check=True)
    with h5py.File(tmp_path / "x.h5") as f:
        rows = f["probes/trials-1/row"][:]
        assert set(f["trials_averaged"][:][rows]) == {4}
        single, whole = f["probes/trials-1/images"][:] / 255, f["images"][:][rows]
        own = [np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in zip(single, whole)]
        assert np.mean(own) > 0.8  # each is beside its own image
    run("evaluate", "x.h5", "--recording", "r.h5", "--out", "s.json", *FEW, check=True)
    found = verdicts(tmp_path / "s.json")
    assert found["leakage"] == "not checked" and found["batch-statistics"] == "pass"


def test_the_list_says_what_each_catches_and_misses(run):
    text = run("list", "checks", check=True).stdout
    for name in ALL:
        assert name in text
    assert text.count("misses:") == len(ALL)


def test_a_report_opens_with_them_or_says_that_nobody_checked(made, run, tmp_path):
    run("report", made / "r.h5", made / "x.h5", made / "s.json", "--out", "r.html", check=True)
    page = (tmp_path / "r.html").read_text()
    assert page.index('id="checks"') < page.index('id="overview"')
    data = json.loads(page.split('<script type="application/json" id="data">')[1].split("</script>")[0])
    assert len(data["checks"]) == len(ALL)


def looks(images):
    """What evaluation/checks/image_looks.h says, in other words: (n, h, w, 3) in 0..1 -> parts."""
    import torch
    from torch.nn import functional as F

    def resized(side):
        if images.shape[1] == side:
            return torch.tensor(images).permute(0, 3, 1, 2).float()
        x = torch.tensor(images).permute(0, 3, 1, 2).float()
        return F.interpolate(x, (side, side), mode="bicubic", antialias=True).clamp(0, 1)

    pixels = resized(16).reshape(len(images), -1).double().numpy()
    pixels -= pixels.mean(1, keepdims=True)
    light = resized(32).double().sum(1, keepdim=True) / np.sqrt(3)
    axis = torch.arange(-4, 5).double()
    y, x = axis[:, None], axis[None, :]
    window = torch.exp(-(x ** 2 + y ** 2) / 8)
    cells = []
    for scale in range(3):
        level = F.avg_pool2d(light, 2 ** scale) if scale else light
        of_scale = []
        for k in range(6):
            across = np.cos(np.pi * k / 6) * y - np.sin(np.pi * k / 6) * x
            energy = 1e-6
            for phase in (0, np.pi / 2):
                wave = window * torch.cos(across * np.pi / 2 - phase)
                wave = wave - window * wave.sum() / window.sum()
                wave = wave / wave.norm()
                energy = energy + F.conv2d(F.pad(level, (4, 4, 4, 4), mode="replicate"),
                                           wave[None, None]) ** 2
            energy = F.interpolate(energy.sqrt(), (32, 32), mode="bilinear")
            of_scale.append(F.avg_pool2d(energy, 8).reshape(len(images), -1))
        of_scale = torch.cat(of_scale, 1)
        cells.append(of_scale / of_scale.sum(1, keepdim=True))
    return pixels, torch.cat(cells, 1).numpy()


def standardised(parts, reference):
    rows = []
    for part, base in zip(parts, reference):
        z = (part - base.mean(0)) / base.std(0)
        rows.append(z / np.linalg.norm(z, axis=1, keepdims=True))
    return np.concatenate(rows, 1) / np.sqrt(2)


def test_figures_are_those_of_another_implementation(made):
    scores = json.loads((made / "s.json").read_text())
    figures = {check["name"]: check["figures"] for check in scores["checks"]}
    with h5py.File(made / "r.h5") as r, h5py.File(made / "x.h5") as x:
        shown = r["stimuli/images"][:] / 255
        images, stimulus = x["images"][:], x["stimulus"][:]
        shuffled = x["controls/shuffled"][:]
    reference = looks(shown[:120])
    train, truth, ours, others = (standardised(looks(part), reference)
                                  for part in (shown[:120], shown[stimulus], images, shuffled))

    def identified(rows):
        likeness = truth @ rows.T
        return np.mean([(likeness[:, j] < likeness[j, j] - 1e-12).sum() / 9 for j in range(10)])

    assert figures["null-inputs"]["2-way identification"] == pytest.approx(identified(ours), abs=1e-9)
    assert figures["null-inputs"]["2-way identification, another image's responses"] == pytest.approx(
        identified(others), abs=1e-9)
    nearest = (truth @ train.T).max(1)
    assert figures["leakage"]["median likeness of the nearest training image"] == pytest.approx(
        np.sort(nearest)[4], abs=1e-4)  # the lower of the two in the middle
    own = (truth * ours).sum(1)
    beaten = ((ours @ train.T) < own[:, None]).mean(1)
    assert figures["zero-shot"]["share of training images beaten"] == pytest.approx(beaten.mean(), abs=1e-3)
    ranks = [np.argsort(np.argsort(values)) for values in (own, nearest)]
    assert figures["leakage"]["rank correlation of score and nearness"] == pytest.approx(
        np.corrcoef(*ranks)[0, 1], abs=0.02)

    def dimensions(part):
        values = np.linalg.eigvalsh(np.cov(part.reshape(10, -1).T))
        return values.sum() ** 2 / (values ** 2).sum()

    assert figures["output-dimension"]["dimensions of the reconstructions"] == pytest.approx(
        dimensions(images), rel=1e-4)
    assert figures["output-dimension"]["dimensions of the true images"] == pytest.approx(
        dimensions(shown[stimulus]), rel=1e-4)
    correlation = np.mean([np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in zip(images, shown[stimulus])])
    assert figures["null-inputs"]["pixel correlation"] == pytest.approx(correlation, abs=1e-6)
