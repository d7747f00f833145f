"""Makes diffusion/refinement.safetensors: the loss of MindDiffuser's second stage and its gradients
for z and c, through transformers' CLIP and diffusers' autoencoder and U-Net, small, in float64.

    pip install torch diffusers transformers safetensors
    python3 make_refinement.py

diffusers 0.42.1 and transformers 5.24.0 made the file here.
"""
import torch
import torch.nn.functional as F
from diffusers import AutoencoderKL, DDIMScheduler, UNet2DConditionModel
from safetensors.torch import save_file
from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

from formula import fill, fill_state, wave
from make_diffusion import FOLDER, UNET, VAE, ready

CLIP = dict(hidden_size=8, intermediate_size=32, num_hidden_layers=3, num_attention_heads=2, image_size=24,
            patch_size=8, projection_dim=6, hidden_act="quick_gelu")
MEAN, DEVIATION = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
STEPS, NOISED_TO, DENOISED, GUIDANCE, LAMBDA = 10, 4, 3, 5.0, 0.25


def main():
    unet, vae = ready(UNet2DConditionModel(**UNET)), ready(AutoencoderKL(**VAE))
    clip = fill_state(CLIPVisionModelWithProjection(CLIPVisionConfig(**CLIP)))
    out = {f"clip.{name}": value.clone() for name, value in clip.state_dict().items() if value.is_floating_point()}
    clip = clip.double().eval().requires_grad_(False)
    scheduler = DDIMScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", steps_offset=1,
                              set_alpha_to_one=False, clip_sample=False)
    scheduler.set_timesteps(STEPS)
    times = scheduler.timesteps.flip(0)
    z, noise = wave((1, 4, 8, 8)).requires_grad_(), wave((1, 4, 8, 8), 2.0)
    c, empty = wave((1, 5, 24), 1.0).requires_grad_(), wave((1, 5, 24), 3.0)
    abar = scheduler.alphas_cumprod[times[NOISED_TO]].double()
    latents = abar.sqrt() * z + (1 - abar).sqrt() * noise
    for step in range(DENOISED - 1, -1, -1):
        both = unet(torch.cat([latents, latents]), times[step].expand(2), torch.cat([empty, c])).sample
        guided = both[:1] + GUIDANCE * (both[1:] - both[:1])
        latents = scheduler.step(guided, times[step], latents).prev_sample
    image = (vae.decode(latents / 0.18215).sample / 2 + 0.5).clamp(0, 1)
    seen = F.interpolate(image, (24, 24), mode="bicubic", antialias=True, align_corners=False).clamp(0, 1)
    row = lambda values: torch.tensor(values, dtype=torch.float64).view(1, 3, 1, 1)
    layers = []
    for i in (0, 2):
        clip.vision_model.encoder.layers[i].mlp.register_forward_hook(lambda m, x, y: layers.append(y))
    final = clip((seen - row(MEAN)) / row(DEVIATION)).image_embeds[0]
    targets = [wave((80,), 4.0), wave((20,), 5.0) * 3]
    units = [torch.arange(80), torch.arange(20) * 4]
    norms = [1 / target.norm() for target in targets]
    loss = 0.1 * LAMBDA * (1 - F.cosine_similarity(final, wave((6,), 6.0), 0))
    for a, layer, target, chosen, norm in zip((1.5, 1.0), layers, targets, units, norms):
        difference = layer.flatten()[chosen] - target
        loss = loss + a * norm / sum(norms) * (1 - LAMBDA) * difference.square().sum() / 80
    loss.backward()
    inside = ((image > 0) & (image < 1)).double().mean()
    assert inside > 0.2, f"the clamp stops all gradients but {inside}"
    out |= {"loss": loss.detach()[None], "image": image.detach(), "z": z.grad, "c": c.grad}
    save_file({name: value.contiguous() for name, value in out.items()}, FOLDER / "refinement.safetensors")
    (FOLDER / "refinement.safetensors").chmod(0o644)


main()
