"""Checkpoints of Stable Diffusion: afterimage info says what they are, and refuses what they are
not. The small ones here were saved by diffusers (tests/reference/make_checkpoints.py)."""
import json
import shutil
import sys
import types

import numpy as np
import pytest
from conftest import SOURCE, assert_refused

PIPELINE = SOURCE / "tests/reference/diffusion/pipeline"


@pytest.fixture
def pipeline(tmp_path):
    return shutil.copytree(PIPELINE, tmp_path / "sd")


def change(path, **values):
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


def test_info_says_what_a_checkpoint_is(run, pipeline):
    text = run("info", pipeline, check=True).stdout
    for words in ["folder of diffusers", "unet/diffusion_pytorch_model.safetensors.index.json",
                  "vae/diffusion_pytorch_model.bin", "Half", "664 pieces", "1000 trained; first time step 1"]:
        assert words in text, text
    assert "autoencoder" in run("info", pipeline / "vae", check=True).stdout


def test_doctor_finds_a_checkpoint(run, pipeline, tmp_path):
    empty = {"HOME": str(tmp_path / "nobody"), "HF_HOME": "", "AFTERIMAGE_WEIGHTS": ""}
    none = run("doctor", check=True, **empty).stdout
    assert "hf download" in none and "RAIL" in none
    assert str(pipeline) in run("doctor", "--weights", tmp_path, check=True, **empty).stdout


def test_what_is_not_stable_diffusion_1_is_refused(run, pipeline):
    change(pipeline / "unet/config.json", cross_attention_dim=1024)
    assert_refused(run("info", pipeline), "unet/config.json", "Stable Diffusion 2", "1.x")
    change(pipeline / "model_index.json", _class_name="StableDiffusionXLPipeline")
    assert_refused(run("info", pipeline), "model_index.json", "Stable Diffusion XL", "1.x")


def test_what_is_not_whole_is_refused(run, pipeline):
    (pipeline / "unet/diffusion_pytorch_model-00002-of-00003.safetensors").unlink()
    assert_refused(run("info", pipeline), "00002-of-00003", "missing")
    shutil.copytree(PIPELINE / "unet", pipeline / "unet", dirs_exist_ok=True)
    change(pipeline / "vae/config.json", block_out_channels=[4, 16])
    assert_refused(run("info", pipeline), "diffusion_pytorch_model.bin", "is [", "not [")
    shutil.copytree(PIPELINE / "vae", pipeline / "vae", dirs_exist_ok=True)
    text = pipeline / "text_encoder/model.safetensors"
    text.write_bytes(text.read_bytes()[:9000])
    assert_refused(run("info", pipeline), "text_encoder/model.safetensors", "truncated")
    assert_refused(run("info", pipeline, "--check"), "sd")


def taesd(channels=64):
    """The tensors of TAESD's decoder, by its list of modules."""
    tensors, place = {}, 1

    def convolution(name, inputs, outputs, bias=True):
        tensors[name + ".weight"] = np.full((outputs, inputs, 3, 3), 0.01, np.float32)
        if bias:
            tensors[name + ".bias"] = np.zeros(outputs, np.float32)

    convolution("1", 4, channels)
    place = 3
    for blocks, last in [(3, False), (3, False), (3, False), (1, True)]:
        for _ in range(blocks):
            for i in (0, 2, 4):
                convolution(f"{place}.conv.{i}", channels, channels)
            place += 1
        place += not last
        convolution(str(place), channels, 3 if last else channels, bias=last)
        place += 1
    return tensors


def test_checkpoints_of_training_frameworks_are_read_and_not_run(run, tmp_path, monkeypatch):
    torch = pytest.importorskip("torch")
    weights = {name: torch.tensor(value) for name, value in taesd().items()}
    torch.save(weights, tmp_path / "taesd_decoder.pth")
    text = run("info", "taesd_decoder.pth", check=True).stdout
    assert "file of TAESD" in text and "1222531 parameters" in text, text
    # As PyTorch Lightning saves them: callbacks by class, losses as NumPy's numbers.
    module = types.ModuleType("pytorch_lightning.callbacks.model_checkpoint")
    module.ModelCheckpoint = type("ModelCheckpoint", (), {"__module__": module.__name__})
    monkeypatch.setitem(sys.modules, "pytorch_lightning", types.ModuleType("pytorch_lightning"))
    monkeypatch.setitem(sys.modules, "pytorch_lightning.callbacks", types.ModuleType("callbacks"))
    monkeypatch.setitem(sys.modules, module.__name__, module)
    torch.save({"epoch": 2, "state_dict": weights, "callbacks": {
        module.ModelCheckpoint: {"best_model_score": np.float64(0.5), "best_model_path": ""}}},
        tmp_path / "trained.ckpt")
    assert "file of TAESD" in run("info", "trained.ckpt", check=True).stdout
    sized = {"model.diffusion_model.input_blocks.0.0.weight": torch.zeros(8, 4, 3, 3)}
    torch.save({"state_dict": sized}, tmp_path / "small.ckpt")
    assert_refused(run("info", "small.ckpt"), "small.ckpt", "input_blocks.0.0.weight", "[320, 4, 3, 3]")
    data = (tmp_path / "trained.ckpt").read_bytes()
    (tmp_path / "cut.ckpt").write_bytes(data[:len(data) // 2])
    assert_refused(run("info", "cut.ckpt"), "cut.ckpt", "truncated")
