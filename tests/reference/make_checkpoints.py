"""Makes diffusion/pipeline (a small Stable Diffusion as diffusers and transformers save it: shards,
safetensors, .bin, half precision), what it computes, and diffusion/names.json (what CompVis' code
calls the parameters of Stable Diffusion 1.x, as diffusers' own loader reads them).

    pip install torch diffusers transformers safetensors
    python3 make_checkpoints.py          after make_diffusion.py
"""
import json
import logging
import pathlib
import shutil

import torch
from diffusers import AutoencoderKL, DDIMScheduler, UNet2DConditionModel
from diffusers.loaders import single_file_utils as convert
from safetensors.torch import save_file
from transformers import CLIPTextConfig, CLIPTextModel

from formula import fill, sample, wave

FOLDER = pathlib.Path(__file__).parent / "diffusion"
PIPELINE = FOLDER / "pipeline"


def small_models():
    unet = UNet2DConditionModel(
        sample_size=8, block_out_channels=(4, 8), layers_per_block=1, norm_num_groups=2,
        cross_attention_dim=8, attention_head_dim=2, down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"))
    vae = AutoencoderKL(block_out_channels=(4, 8), layers_per_block=1, norm_num_groups=2,
                        down_block_types=("DownEncoderBlock2D",) * 2,
                        up_block_types=("UpDecoderBlock2D",) * 2)
    vocabulary = len(json.loads((FOLDER / "tokenizer/vocab.json").read_text()))
    text = CLIPTextModel(CLIPTextConfig(
        vocab_size=vocabulary, hidden_size=8, intermediate_size=16, num_hidden_layers=2, num_attention_heads=2,
        max_position_embeddings=15, bos_token_id=vocabulary - 2, eos_token_id=vocabulary - 1,
        pad_token_id=vocabulary - 1))
    return [fill(model.double()).half().eval().requires_grad_(False) for model in (unet, vae, text)]


def save_pipeline(unet, vae, text):
    shutil.rmtree(PIPELINE, ignore_errors=True)
    unet.save_pretrained(PIPELINE / "unet", max_shard_size="12KB")
    vae.save_pretrained(PIPELINE / "vae", safe_serialization=False)
    text.save_pretrained(PIPELINE / "text_encoder")
    DDIMScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", steps_offset=1,
                  set_alpha_to_one=False, clip_sample=False).save_pretrained(PIPELINE / "scheduler")
    shutil.copytree(FOLDER / "tokenizer", PIPELINE / "tokenizer",
                    ignore=shutil.ignore_patterns("cases.json", "bpe.txt"))
    (PIPELINE / "model_index.json").write_text(json.dumps({
        "_class_name": "StableDiffusionPipeline", "_diffusers_version": "0.42.1",
        "scheduler": ["diffusers", "DDIMScheduler"], "text_encoder": ["transformers", "CLIPTextModel"],
        "tokenizer": ["transformers", "CLIPTokenizer"], "unet": ["diffusers", "UNet2DConditionModel"],
        "vae": ["diffusers", "AutoencoderKL"]}, indent=2) + "\n")


def outputs(unet, vae, text):
    unet, vae, text = unet.double(), vae.double(), text.double()
    context = text(torch.arange(15)[None] * 40).last_hidden_state
    noise = unet(wave((1, 4, 8, 8)), torch.tensor([741]), context).sample
    image = vae.decode(noise / 0.18215).sample
    return {"context": context, "noise": noise, "image": sample(image, 3)}


def ldm_unet_keys(levels=4, blocks=2, attention=(True, True, True, False)):
    """The modules of CompVis' UNetModel, as its constructor makes them."""
    names = {"time_embed.0", "time_embed.2", "input_blocks.0.0", "out.0", "out.2"}
    residual = ["in_layers.0", "in_layers.2", "emb_layers.1", "out_layers.0", "out_layers.3"]
    ends = ["norm", "proj_in", "proj_out"]
    inner = [f"transformer_blocks.0.{part}" for part in
             [f"attn{i}.to_{x}" for i in (1, 2) for x in ("q", "k", "v", "out.0")] +
             ["ff.net.0.proj", "ff.net.2", "norm1", "norm2", "norm3"]]

    def add(place, parts):
        names.update(f"{place}.{part}" for part in parts)

    index = 1
    for level in range(levels):
        for block in range(blocks):
            shortcut = ["skip_connection"] if block == 0 and level in (1, 2) else []
            add(f"input_blocks.{index}.0", residual + shortcut)
            if attention[level]:
                add(f"input_blocks.{index}.1", ends + inner)
            index += 1
        if level + 1 < levels:
            names.add(f"input_blocks.{index}.0.op")
            index += 1
    for place in (0, 2):
        add(f"middle_block.{place}", residual)
    add("middle_block.1", ends + inner)
    for index in range(levels * (blocks + 1)):
        level = levels - 1 - index // (blocks + 1)
        add(f"output_blocks.{index}.0", residual + ["skip_connection"])
        if attention[level]:
            add(f"output_blocks.{index}.1", ends + inner)
        if index % (blocks + 1) == blocks and level > 0:
            names.add(f"output_blocks.{index}.{2 if attention[level] else 1}.conv")
    no_bias = tuple(f"attn{i}.to_{x}" for i in (1, 2) for x in "qkv")
    return [f"{name}.{kind}" for name in sorted(names) for kind in ("weight", "bias")
            if not (kind == "bias" and name.endswith(no_bias))]


def ldm_vae_keys(levels=4, blocks=2):
    names = {"quant_conv", "post_quant_conv"}
    for side, count in (("encoder", blocks), ("decoder", blocks + 1)):
        names.update(f"{side}.{name}" for name in ("conv_in", "conv_out", "norm_out"))
        names.update(f"{side}.mid.attn_1.{name}" for name in ("norm", "q", "k", "v", "proj_out"))
        places = [f"mid.block_{i}" for i in (1, 2)]
        way = "down" if side == "encoder" else "up"
        places += [f"{way}.{level}.block.{i}" for level in range(levels) for i in range(count)]
        names.update(f"{side}.{place}.{name}" for place in places for name in ("norm1", "conv1", "norm2", "conv2"))
        widens = [(1, 0), (2, 0)] if side == "encoder" else [(1, 0), (0, 0)]
        names.update(f"{side}.{way}.{level}.block.{i}.nin_shortcut" for level, i in widens)
        for level in range(levels):
            if side == "encoder" and level + 1 < levels:
                names.add(f"encoder.down.{level}.downsample.conv")
            if side == "decoder" and level > 0:
                names.add(f"decoder.up.{level}.upsample.conv")
    return [f"{name}.{kind}" for name in sorted(names) for kind in ("weight", "bias")]


def published_names():
    """{part: {name in diffusers: name in CompVis' file}}: each tensor is recognised by a number."""
    def follow(keys, prefix, converted, model):
        numbers = {int(tensor.flatten()[0]): key for key, tensor in converted.items()}
        names = {numbers[i]: prefix + key for i, key in enumerate(keys)}
        assert set(names) == {name for name, _ in model.named_parameters()}
        return names

    def file_of(keys, prefix):
        return {prefix + key: torch.full((1, 1, 1, 1), float(i)) for i, key in enumerate(keys)}

    with torch.device("meta"):
        unet = UNet2DConditionModel(cross_attention_dim=768)
        vae = AutoencoderKL(block_out_channels=(128, 256, 512, 512), layers_per_block=2,
                            down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4)
    keys, prefix = ldm_unet_keys(), "model.diffusion_model."
    names = {"unet": follow(keys, prefix, convert.convert_ldm_unet_checkpoint(
        file_of(keys, prefix), dict(unet.config)), unet)}
    keys, prefix = ldm_vae_keys(), "first_stage_model."
    names["autoencoder"] = follow(keys, prefix, convert.convert_ldm_vae_checkpoint(
        file_of(keys, prefix), dict(vae.config)), vae)
    return names


def main():
    logging.disable(logging.WARNING)
    models = small_models()
    save_pipeline(*models)
    save_file({name: tensor.contiguous() for name, tensor in outputs(*models).items()},
              FOLDER / "pipeline.safetensors")
    (FOLDER / "pipeline.safetensors").chmod(0o644)
    for path in PIPELINE.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    (FOLDER / "names.json").write_text(json.dumps(published_names(), separators=(",", ":")))


if __name__ == "__main__":
    main()
