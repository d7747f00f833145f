"""Makes diffusion/*: what transformers and diffusers say of small models of the parts of Stable
Diffusion, in float64, and of a small vocabulary.

    pip install torch diffusers transformers safetensors
    python3 make_diffusion.py

Weights and inputs come from formula.py. diffusers 0.42.1 and transformers 5.24.0 made the files here.
"""
import json
import pathlib
import random
import sys

import torch
from diffusers import AutoencoderKL, AutoencoderTiny, DDIMScheduler, UNet2DConditionModel
from diffusers.models.resnet import ResnetBlock2D
from diffusers.models.transformers.transformer_2d import Transformer2DModel
from safetensors.torch import save_file
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from formula import fill, sample, wave

FOLDER = pathlib.Path(__file__).parent / "diffusion"
UNET = dict(sample_size=8, block_out_channels=(32, 64, 64), layers_per_block=2, cross_attention_dim=24,
            attention_head_dim=4, norm_num_groups=8, down_block_types=("CrossAttnDownBlock2D",) * 2 + ("DownBlock2D",),
            up_block_types=("UpBlock2D",) + ("CrossAttnUpBlock2D",) * 2)
VAE = dict(block_out_channels=(32, 64), layers_per_block=2, scaling_factor=0.18215,
           down_block_types=("DownEncoderBlock2D",) * 2, up_block_types=("UpDecoderBlock2D",) * 2)
TEXT = dict(vocab_size=99, hidden_size=32, intermediate_size=64, num_hidden_layers=2,
            num_attention_heads=4, max_position_embeddings=12, bos_token_id=97, eos_token_id=98,
            pad_token_id=98)
TIMES = [741, 1]


def ready(module):
    """With the formula's weights, frozen, in float64."""
    return fill(module.double()).eval().requires_grad_(False)


def keep(out, name, output, **inputs):
    """An output, and the gradients of sum(output * wave) for the inputs."""
    grads = torch.autograd.grad((output * wave(output.shape, 1.0)).sum(), list(inputs.values()))
    out[name] = sample(output, 3)
    for key, grad in zip(inputs, grads):
        out[f"{name}.{key}"] = sample(grad, 3)


def leaf(shape, phase=0.0):
    return wave(shape, phase).requires_grad_()


def blocks(out):
    x, time = leaf((2, 32, 6, 4)), leaf((2, 16), 2.0)
    block = ready(ResnetBlock2D(in_channels=32, out_channels=64, temb_channels=16, eps=1e-5))
    keep(out, "residual", block(x, time), x=x, time=time)
    x, context = leaf((2, 32, 6, 4)), leaf((2, 5, 24), 2.0)
    block = ready(Transformer2DModel(4, 8, in_channels=32, cross_attention_dim=24, norm_num_groups=32))
    keep(out, "transformer", block(x, encoder_hidden_states=context).sample, x=x, context=context)


def unet(out):
    x, context = leaf((2, 4, 8, 16)), leaf((2, 5, 24), 2.0)
    model = ready(UNet2DConditionModel(**UNET))
    # diffusers keeps the time's waves in the model's type; they are computed in float32.
    keep(out, "unet", model(x, torch.tensor(TIMES), context).sample, x=x, context=context)


def autoencoder(out):
    model = ready(AutoencoderKL(**VAE))
    images = leaf((2, 3, 16, 24))
    moments = model.encode(images).latent_dist
    keep(out, "encoder.mean", moments.mean, x=images)
    images = leaf((2, 3, 16, 24))
    keep(out, "encoder.deviation", model.encode(images).latent_dist.std, x=images)
    latents = leaf((2, 4, 8, 6))
    keep(out, "decoder", model.decode(latents / 0.18215).sample, x=latents)
    small = ready(AutoencoderTiny(encoder_block_out_channels=(8,) * 4,
                                  decoder_block_out_channels=(8,) * 4).decoder)
    latents = leaf((2, 4, 4, 6))
    keep(out, "small", small(latents), x=latents)


def text(out):
    model = ready(CLIPTextModel(CLIPTextConfig(**TEXT)))
    tokens = torch.tensor([[97, 3, 50, 98, 98, 98, 98], [97, 12, 0, 7, 7, 61, 98]])
    out["text"] = model(tokens).last_hidden_state
    config = CLIPTextConfig(**TEXT, hidden_act="gelu")
    out["text.gelu"] = ready(CLIPTextModel(config))(tokens).last_hidden_state


def schedulers(out):
    """Tables and a walk of a few steps under both conventions."""
    for name, offset, one, eta in [("sd", 1, False, 0.0), ("song", 0, True, 0.6)]:
        scheduler = DDIMScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear",
                                  steps_offset=offset, set_alpha_to_one=one, clip_sample=False)
        scheduler.set_timesteps(50)
        out[f"ddim.{name}.times"] = scheduler.timesteps.flip(0)
        x, noise = wave((2, 4, 3, 5)), wave((2, 4, 3, 5), 1.0)
        out[f"ddim.{name}.noised"] = scheduler.add_noise(x, noise, scheduler.timesteps[12])
        for step in (37, 20, 0):
            result = scheduler.step(wave(x.shape, 2.0), scheduler.timesteps[49 - step], x, eta=eta,
                                    variance_noise=noise)
            out[f"ddim.{name}.step.{step}"] = result.prev_sample
    out["ddim.signal"] = scheduler.alphas_cumprod


# Words to make a vocabulary of, and signs of every kind that a text may hold.
WORDS = """a man riding wave on top of surfboard the two people are standing in front of large airplane
dog's don't we've they're i'm she'll he'd cat and dogs 2023 plate with food kitchen stove oven street sign
naïve café straße übung привет мир 日本語 東京 한국어 😀 👍 e-mail a.b.c x.y/z?a=1 3.14 1,000 50% #tag @you""".split()
SIGNS = ["'", "'s", "'T", "’s", "...", "!?", " ", "  ", "\t", "\n", "\u00a0", "\u3000", "\u200b", "e\u0301", "Å",
         "A\u030a", "İ", "Σ", "ς", "ß", "ǅ", "½", "²", "Ⅷ", "٣", "०", "क्ष", "ทดสอบ", "😀", "👩‍👩‍👧", "🇩🇪", "�",
         "\x00", "\x7f", "ﬁ", "<|endoftext|>", "<|startoftext|>", "<|EndOfText|>", "<|", "|>", "</w>", "_", "—",
         "가", "\u1100\u1161", "Ω", "𝔸", "𝟘", "中文", "ー", "ʼ", "ª", "\u0345", "'re", "'LL", "\\", '"', "&amp;"]


def odd_strings():
    rng = random.Random(1)
    strings = ["", " ", "a", "'", "A man riding a wave on top of a surfboard.", "x" * 200]
    while len(strings) < 1000:
        parts = [rng.choice(WORDS if rng.random() < 0.6 else SIGNS) for _ in range(rng.randint(1, 12))]
        text = rng.choice(["", " ", " "]).join(parts)
        strings.append(rng.choice([text, text.upper(), text.title()]))
    return strings


def train_merges(count):
    """Byte-pair encoding of WORDS in CLIP's spelling: the most frequent pair again and again."""
    spelled = byte_spellings()
    words = [[spelled[b] for b in word.lower().encode()] for word in WORDS]
    for word in words:
        word[-1] += "</w>"
    merges = []
    while len(merges) < count:
        pairs = {}
        for word in words:
            for pair in zip(word, word[1:]):
                pairs[pair] = pairs.get(pair, 0) + 1
        if not pairs:
            break
        best = max(sorted(pairs), key=pairs.get)
        merges.append(best)
        for word in words:
            i = 0
            while i + 1 < len(word):
                if (word[i], word[i + 1]) == best:
                    word[i:i + 2] = ["".join(best)]
                i += 1
    return merges


def byte_spellings():
    """OpenAI's order: printable bytes as themselves, then the others as U+0100 and on."""
    own = [*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    spelled = {b: chr(b) for b in own}
    for b in range(256):
        spelled.setdefault(b, chr(256 + len(spelled) - len(own)))
    return spelled


def tokenizer(folder):
    folder.mkdir(exist_ok=True)
    merges = train_merges(150)
    pieces = list(byte_spellings().values())
    pieces += [piece + "</w>" for piece in pieces]
    pieces += ["".join(pair) for pair in merges] + ["<|startoftext|>", "<|endoftext|>"]
    vocabulary = {piece: i for i, piece in enumerate(pieces)}
    (folder / "vocab.json").write_text(json.dumps(vocabulary, ensure_ascii=False))
    lines = "\n".join(" ".join(pair) for pair in merges)
    (folder / "merges.txt").write_text(f"#version: 0.2\n{lines}\n")
    (folder / "bpe.txt").write_text(f'"bpe.txt#version: 0.2\n{lines}\n')
    theirs = CLIPTokenizer(vocab=vocabulary, merges=merges)
    cases = [[text, theirs(text).input_ids] for text in odd_strings()]
    (folder / "cases.json").write_text(json.dumps(cases, ensure_ascii=False, separators=(",", ":")))


def main():
    FOLDER.mkdir(exist_ok=True)
    torch.manual_seed(0)
    out = {}
    for make in (blocks, unet, autoencoder, text, schedulers):
        make(out)
    save_file({name: tensor.detach().contiguous() for name, tensor in out.items()},
              FOLDER / "diffusion.safetensors")
    (FOLDER / "diffusion.safetensors").chmod(0o644)
    tokenizer(FOLDER / "tokenizer")


if __name__ == "__main__":
    sys.exit(main())
