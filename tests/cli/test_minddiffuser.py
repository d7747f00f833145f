"""MindDiffuser from end to end on a tiny Stable Diffusion (random weights in the public layout, saved
by diffusers: tests/reference/make_checkpoints.py), with SqueezeNet in CLIP's place."""
import csv
import json
import shutil

import h5py
import numpy as np
import pytest
from conftest import SOURCE, assert_refused, write_recording

PIPELINE = SOURCE / "tests/reference/diffusion/pipeline"
STACK = {"checkpoint": PIPELINE, "data.image_size": 32, "c.tokens": 8, "generate.steps": 10,
         "generate.denoised_steps": 3, "generate.noised_to": 2, "refine.network": "squeezenet",
         "refine.layers": "features.4,features.7", "refine.layer_weights": "1.5,1", "refine.iterations": 3,
         "regression.lambdas": "1,100"}
FEW = ["--probes", "none", "--controls", "mean,shuffled"]


def write_captions(path, count):
    words = ["cat", "dog", "kite", "bus", "train"]
    rows = [f"{i},{article} {words[i % 5]} number {i}" for i in range(count) for article in ("a", "the")]
    path.write_text("stimulus,caption\n" + "\n".join(rows) + "\n")
    return path


@pytest.fixture
def small(tmp_path):
    write_captions(tmp_path / "captions.csv", 46)
    return write_recording(tmp_path / "r.h5", train=40, test=6, size=32, sensors=60)


def settings(**changed):
    values = {**STACK, "captions": "captions.csv", **{key.replace("__", "."): v for key, v in changed.items()}}
    return [word for key, value in values.items() if value is not None for word in ("--set", f"{key}={value}")]


def train(run, recording, config, out, *more, **changed):
    return run("train", config, "--recording", recording, "--out", out, "--quiet", *settings(**changed), *more)


def images(path):
    with h5py.File(path) as file:
        return file["images"][:], file["shuffled"][:] if "shuffled" in file else file["controls/shuffled"][:]


def correlation(a, b):
    return np.mean([np.corrcoef(x.ravel(), y.ravel())[0, 1] for x, y in zip(a, b)])


@pytest.mark.parametrize("regression", ["ridge", "fastl2lir"])
def test_from_features_to_report(run, small, tmp_path, regression):
    captions = ["--captions", "captions.csv", "--tokens", 8]
    diffusion = ["--network", "stable-diffusion", "--checkpoint", PIPELINE, "--image-size", 32]
    run("features", small, *diffusion, "--layers", "z", "--tokens", 8, "--out", "z.h5", check=True)
    run("features", small, *diffusion, "--layers", "c", *captions, "--out", "c.h5", check=True)
    changed = {"regression__kind": regression, "features": "z.h5,c.h5", "z__predictors": 30, "c__predictors": 20,
               "refine__predictors": 20}
    result = train(run, small, "minddiffuser", "model", **changed)
    assert result.returncode == 0, str(result)
    card = json.loads((tmp_path / "model/model.json").read_text())
    assert {used["network"] for used in card["pretrained"]} == {"stable-diffusion", "squeezenet"}
    assert not (tmp_path / "model/stages").exists()
    run("reconstruct", "model", small, "--out", "i.h5", *FEW, check=True)
    stage2, shuffled = images(tmp_path / "i.h5")
    assert stage2.shape == (6, 32, 32, 3) and 0 <= stage2.min() and stage2.max() <= 1 and np.ptp(stage2) > 0.05
    assert not np.allclose(stage2, shuffled)
    kept = {path: path.stat().st_mtime_ns for path in (tmp_path / "model.images").iterdir()}
    assert len(kept) == 12  # each image and its shuffled control
    run("reconstruct", "model", small, "--out", "again.h5", *FEW, check=True)
    assert kept == {path: path.stat().st_mtime_ns for path in (tmp_path / "model.images").iterdir()}
    np.testing.assert_array_equal(images(tmp_path / "again.h5")[0], stage2)
    run("reconstruct", "model", small, "--out", "other.h5", *FEW, "--seed", 2, check=True)
    assert not np.allclose(images(tmp_path / "other.h5")[0], stage2)
    run("evaluate", "i.h5", "--recording", small, "--out", "s.json", check=True)
    run("report", "model", small, "i.h5", "s.json", "--out", "page.html", check=True)


def test_stage_1_latent_and_retrieval(run, small, tmp_path):
    for config, changed in [("minddiffuser-stage-1", {}), ("takagi", {"z__regions": "V1", "c__regions": "V4"}),
                            ("latent", {})]:
        result = train(run, small, config, config, **changed)
        assert result.returncode == 0, str(result)
        run("reconstruct", config, small, "--out", f"{config}.h5", *FEW, check=True)
        assert np.ptp(images(tmp_path / f"{config}.h5")[0]) > 0.05
    result = run("train", "clip-retrieval", "--recording", small, "--out", "near", "--quiet", "--set",
                 "network=squeezenet", "--set", "layer=logits", "--set", "data.image_size=32")
    assert result.returncode == 0, str(result)
    run("reconstruct", "near", small, "--out", "near.h5", *FEW, check=True)
    with h5py.File(small) as file:
        shown = file["stimuli/images"][:40] / 255
    for image in images(tmp_path / "near.h5")[0]:
        assert np.abs(shown - image).max(axis=(1, 2, 3)).min() < 1e-6  # one of the training's photographs


def test_the_poster_s_second_table(run, small, tmp_path):
    quick = settings(generate__denoised_steps=2, generate__noised_to=1, regression__lambdas="10")
    run("study", "minddiffuser-table-2", "--recording", small, "--out", "t2", "--quiet", *quick, check=True)
    with open(tmp_path / "t2/summary/paper.csv", newline="") as file:
        rows = {row[""]: row for row in csv.DictReader(file)}
    variants = ["without-c", "without-z", "without-clip", "complete"]
    assert [float(rows["PCC"][f"{name}, printed"]) for name in variants] == [0.218, 0.066, 0.183, 0.278]
    assert len({float(rows["SSIM"][name]) for name in variants}) == 4
    assert rows["CLIP similarity"]["complete"] == ""  # its weights are not at hand


def test_without_a_part(run, small, tmp_path):
    made = {}
    for name, changed in [("all", {}), ("none", {"c__source": "none", "captions": None}),
                          ("noise", {"c__source": "noise", "captions": None}), ("z", {"z__source": "noise"})]:
        result = train(run, small, "minddiffuser-stage-1", name, **changed)
        assert result.returncode == 0, str(result)
        run("reconstruct", name, small, "--out", f"{name}.h5", *FEW, check=True)
        made[name] = images(tmp_path / f"{name}.h5")[0]
    assert all(not np.allclose(made["all"], made[name]) for name in ("none", "noise", "z"))


def test_training_resumes_by_stages(run, small, tmp_path):
    assert_refused(train(run, small, "minddiffuser", "model", captions="few.csv"), "few.csv")
    (tmp_path / "few.csv").write_text("stimulus,caption\n0,a cat\n")
    assert_refused(train(run, small, "minddiffuser", "model", "--force", captions="few.csv"), "few.csv", "'1'")
    write_captions(tmp_path / "few.csv", 46)
    result = run("train", "minddiffuser", "--recording", small, "--out", "model", "--resume",
                 *settings(captions="few.csv"), check=True)
    assert "stage 'z' is done already" in result.stderr and "stage 'c'" not in result.stderr


def test_a_stage_that_is_done_is_not_computed_again(run, small, tmp_path):
    """Neither its regression nor the targets it was fitted to."""
    (tmp_path / "few.csv").write_text("stimulus,caption\n0,a cat\n")
    assert_refused(train(run, small, "minddiffuser-stage-1", "model", captions="few.csv"), "few.csv")
    write_captions(tmp_path / "few.csv", 46)
    result = run("train", "minddiffuser-stage-1", "--recording", small, "--out", "model", "--resume",
                 *settings(captions="few.csv"), check=True)
    assert "stage 'z' is done already" in result.stderr
    assert result.stderr.count("Features 40/40") == 1, result.stderr  # those of c


def test_bad_input_is_refused(run, small, tmp_path):
    stack = shutil.copytree(PIPELINE, tmp_path / "sd")

    def refused(*words, **changed):
        assert_refused(train(run, small, "minddiffuser", "model", **{"checkpoint": stack, **changed}), *words)
        assert not (tmp_path / "model").exists()

    refused("captions", "c.source=none", captions=None)
    refused("memory", "GiB", "bf16", memory_gb=1e-6)
    refused("data.image_size", "multiple of 4", data__image_size=34)
    refused("generate.steps", generate__steps=2)
    refused("refine.layer_weights", refine__layer_weights="1")
    refused("features.44", refine__layers="features.44")
    refused("V9", z__regions="V9")
    (stack / "unet/diffusion_pytorch_model-00002-of-00003.safetensors").unlink()
    refused("00002-of-00003", "missing")
    shutil.copytree(PIPELINE / "unet", stack / "unet", dirs_exist_ok=True)
    vae = stack / "vae/diffusion_pytorch_model.bin"
    vae.write_bytes(vae.read_bytes()[:3000])
    refused("diffusion_pytorch_model.bin")
    shutil.copytree(PIPELINE / "vae", stack / "vae", dirs_exist_ok=True)
    index = json.loads((stack / "model_index.json").read_text())
    (stack / "model_index.json").write_text(json.dumps({**index, "_class_name": "StableDiffusionXLPipeline"}))
    refused("Stable Diffusion XL")
    shutil.copy(PIPELINE / "model_index.json", stack)
    unet = json.loads((stack / "unet/config.json").read_text())
    (stack / "unet/config.json").write_text(json.dumps({**unet, "cross_attention_dim": 1024}))
    refused("Stable Diffusion 2")


def test_another_checkpoint_is_refused(run, small, tmp_path):
    stack = shutil.copytree(PIPELINE, tmp_path / "sd")
    result = train(run, small, "latent", "model", checkpoint=stack)
    assert result.returncode == 0, str(result)
    scheduler = stack / "scheduler/scheduler_config.json"
    scheduler.write_text(scheduler.read_text() + "\n")
    assert_refused(run("reconstruct", "model", small, "--out", "i.h5"), "sd", "not the checkpoint")
