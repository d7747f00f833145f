"""Pretrained networks that the user brings weights of: doctor, metrics, files that are wrong."""
import hashlib
import json

import numpy as np
import pytest
from conftest import SOURCE, assert_refused, run_program, write_recording

FETCHED = ["alexnet", "vgg19", "resnet50-v1", "resnet50-v2", "swav", "inception", "inception-fid",
           "efficientnet-b1", "clip-b32", "clip-l14", "dinov2-s", "dinov2-b"]


def shapes(network):
    """Names and shapes of a network's tensors in its public implementation."""
    file = SOURCE / "tests/reference/pretrained.safetensors"
    with open(file, "rb") as stream:
        header = json.loads(stream.read(int.from_bytes(stream.read(8), "little")))
    return json.loads(header["__metadata__"]["states"])[network]


def write_weights(path, network):
    """Small random weights as torch.save writes them."""
    import torch

    torch.manual_seed(1)
    state = {}
    for name, shape in shapes(network).items():
        fan = max(1, int(np.prod(shape[1:])))
        state[name] = torch.randn(shape) * fan ** -0.5
        if name.endswith("running_var"):
            state[name] = state[name].abs() + 0.5
    torch.save(state, path)
    return path


@pytest.fixture(scope="module")
def reconstructed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("networks")
    write_recording(folder / "r.h5", train=24, test=5)
    for arguments in (["train", "ridge", "--recording", "r.h5", "--out", "m", "--set",
                       "data.image_size=16"], ["reconstruct", "m", "r.h5", "--out", "i.h5"]):
        run_program(*arguments, "--quiet", cwd=folder, check=True)
    return folder


def evaluate(folder, out, *more, **environment):
    return run_program("evaluate", "i.h5", "--recording", "r.h5", "--out", out, "--quiet", *more,
                       cwd=folder, **environment)


def test_doctor_says_how_to_get_each(run, tmp_path):
    text = run("doctor", check=True, HOME=str(tmp_path), AFTERIMAGE_WEIGHTS=str(tmp_path)).stdout
    lines = text.splitlines()
    for name in FETCHED:
        at = next(i for i, line in enumerate(lines) if f" {name} weights" in line)
        assert "none" in lines[at] and "licence" in lines[at + 1], lines[at:at + 2]
        assert "fetch: " in lines[at + 1] and "python3" in lines[at + 1]


def test_metrics_of_weights_that_are_there(reconstructed, tmp_path):
    write_weights(tmp_path / "efficientnet_b1.pth", "efficientnet-b1")
    evaluate(reconstructed, tmp_path / "s.json", "--weights", tmp_path, "--metrics",
             "effnet-distance,swav-distance,squeezenet-kid", HOME=str(tmp_path))
    scores = json.loads((tmp_path / "s.json").read_text())
    sets = {s["name"]: {m["metric"]: m for m in s["scores"]} for s in scores["sets"]}
    ridge = sets["ridge"]["effnet-distance"]
    assert 0 < ridge["value"] < 2 and len(ridge["per_image"]) == 5
    assert ridge["value"] != sets["shuffled (ridge)"]["effnet-distance"]["value"]
    assert "no weights of swav" in sets["ridge"]["swav-distance"]["not_computed"]
    assert "20 images" in sets["ridge"]["squeezenet-kid"]["not_computed"]


def test_files_that_are_not_what_they_say(reconstructed, tmp_path):
    arguments = ["--weights", tmp_path, "--metrics", "effnet-distance"]
    whole = write_weights(tmp_path / "x.pth", "efficientnet-b1").read_bytes()
    wrong = tmp_path / "efficientnet_b1-c27df63c.pth"
    wrong.write_bytes(whole)
    assert_refused(evaluate(reconstructed, "s.json", *arguments), wrong.name, "SHA-256", "c27df63c",
                   hashlib.sha256(whole).hexdigest()[:8])
    doctor = run_program("doctor", "--weights", tmp_path, check=True).stdout
    assert "!!   efficientnet-b1 weights" in doctor and "SHA-256" in doctor
    wrong.unlink()
    write_weights(tmp_path / "efficientnet_b1.pth", "dinov2-s")
    assert_refused(evaluate(reconstructed, "s.json", *arguments), "efficientnet_b1.pth",
                   "'features.0.0.weight' is missing", "torchvision's efficientnet_b1")
    (tmp_path / "efficientnet_b1.pth").write_bytes(whole[:1000])
    assert_refused(evaluate(reconstructed, "s.json", *arguments), "efficientnet_b1.pth")
    assert not (reconstructed / "s.json").exists()
