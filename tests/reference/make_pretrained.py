"""Makes pretrained.safetensors: what the public implementations say of the pretrained networks.

    python3 make_pretrained.py

Needs torch, torchvision, timm, transformers and open_clip_torch; no weights are fetched. Weights
come from formula.py (`fill_state`), so that names, shapes, images and a few outputs are all that is
stored. Networks of convolutions are compared at full size, transformers in small form; the names
and shapes of the full transformers are stored beside them. Everything in float64.
"""
import json
import pathlib

import torch
from torch import nn
from torch.nn import functional as F
from safetensors.torch import save_file

from formula import fill_state, sample, wave

try:
    import torchvision
except RuntimeError:  # a torchvision without its compiled operators, which no network here needs
    library = torch.library.Library("torchvision", "DEF")
    library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    torch.library.register_fake = lambda *_names, **_options: lambda function: function
    import torchvision
import open_clip
import timm
import transformers
from torchvision import models

IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
HALF = ((0.5,) * 3, (0.5,) * 3)
CLIP = ((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711))
TINY_CLIP = dict(image_size=32, patch_size=8, width=128, layers=2)  # two heads of 64
FOLDER = pathlib.Path(__file__).parent


def shapes(state):
    return {name: list(value.shape) for name, value in state.items()
            if not name.endswith(("num_batches_tracked", "position_ids"))}


def normalise(images, statistics):
    mean, deviation = (torch.tensor(x, dtype=torch.float64).view(1, 3, 1, 1) for x in statistics)
    return (images - mean) / deviation


def hooked(module, paths):
    """Outputs of submodules by path, filled while the module runs."""
    found = {}
    for path in paths:
        module.get_submodule(path).register_forward_hook(
            lambda _module, _inputs, output, path=path: found.__setitem__(path, output))
    return found


class Cases:
    def __init__(self):
        self.tensors, self.states = {}, {}

    def add(self, name, module, taps, shape, statistics, read=None):
        """`taps`: our name of a layer to its path in `module`; `read` adds outputs by our name."""
        module = fill_state(module.double().eval())
        self.states[name] = shapes(module.state_dict())
        found = hooked(module, taps.values())
        images = (wave(shape) * 0.5 + 0.5).requires_grad_()
        x = images
        if name.startswith("inception") and name != "inception-fid":
            x = normalise(x, IMAGENET)  # torchvision's own transform_input undoes this
        else:
            x = normalise(x, statistics)
        result = module(x)
        outputs = {ours: found[path].flatten(1) if ours == "avgpool" else found[path]
                   for ours, path in taps.items()}
        outputs |= read(result, found) if read else {"logits": result}
        total = 0
        for ours, output in outputs.items():
            self.tensors[f"{name}/{ours}"] = sample(output, 1 + output.numel() // 300)
            total = total + (output * wave(output.shape, 2.0)).mean()
        total.backward()
        self.tensors[f"{name}/image_gradient"] = sample(images.grad, 1 + images.numel() // 600)


class FidBlockA(models.inception.InceptionA):
    """The average pool leaves the border out (pytorch-fid's README and code)."""

    def forward(self, x):
        five = self.branch5x5_2(self.branch5x5_1(x))
        three = self.branch3x3dbl_3(self.branch3x3dbl_2(self.branch3x3dbl_1(x)))
        pool = self.branch_pool(F.avg_pool2d(x, 3, 1, 1, count_include_pad=False))
        return torch.cat([self.branch1x1(x), five, three, pool], 1)


class FidBlockC(models.inception.InceptionC):
    def forward(self, x):
        seven, double = x, x
        for i in (1, 2, 3):
            seven = getattr(self, f"branch7x7_{i}")(seven)
        for i in (1, 2, 3, 4, 5):
            double = getattr(self, f"branch7x7dbl_{i}")(double)
        pool = self.branch_pool(F.avg_pool2d(x, 3, 1, 1, count_include_pad=False))
        return torch.cat([self.branch1x1(x), seven, double, pool], 1)


class FidBlockE(models.inception.InceptionE):
    pool = staticmethod(lambda x: F.avg_pool2d(x, 3, 1, 1, count_include_pad=False))

    def forward(self, x):
        three, double = self.branch3x3_1(x), self.branch3x3dbl_2(self.branch3x3dbl_1(x))
        return torch.cat([self.branch1x1(x), self.branch3x3_2a(three), self.branch3x3_2b(three),
                          self.branch3x3dbl_3a(double), self.branch3x3dbl_3b(double),
                          self.branch_pool(self.pool(x))], 1)


class FidBlockE2(FidBlockE):
    pool = staticmethod(lambda x: F.max_pool2d(x, 3, 1, 1))


def fid_inception():
    """torchvision's network with the blocks changed as pytorch-fid changes them."""
    network = models.inception_v3(num_classes=1008, aux_logits=False, init_weights=False)
    for name, block in [("5b", FidBlockA(192, 32)), ("5c", FidBlockA(256, 64)),
                        ("5d", FidBlockA(288, 64)), ("6b", FidBlockC(768, 128)),
                        ("6c", FidBlockC(768, 160)), ("6d", FidBlockC(768, 160)),
                        ("6e", FidBlockC(768, 192)), ("7b", FidBlockE(1280)),
                        ("7c", FidBlockE2(2048))]:
        setattr(network, f"Mixed_{name}", block)
    return network


def convolutional(cases):
    ends = {name: name for name in ("layer1.2", "layer2.3", "layer4.2", "avgpool")}
    cases.add("resnet50-v1", models.resnet50(), ends, (1, 3, 48, 64), IMAGENET)
    ends = {name: name for name in ("maxpool1", "Mixed_5d", "Mixed_6a", "Mixed_6e", "Mixed_7c", "avgpool")}
    network = models.inception_v3(aux_logits=False, init_weights=False, transform_input=True)
    cases.add("inception", network, ends, (1, 3, 107, 107), IMAGENET)
    cases.add("inception-fid", fid_inception(), ends, (1, 3, 107, 107), HALF)
    ends = {name: name for name in ("features.0", "features.2.2", "features.5.3", "features.8", "avgpool")}
    cases.add("efficientnet-b1", models.efficientnet_b1(), ends, (1, 3, 48, 64), IMAGENET)


class Visual(nn.Module):
    """OpenCLIP's image encoder under OpenAI's name for it."""

    def __init__(self, **shape):
        super().__init__()
        self.visual = open_clip.transformer.VisionTransformer(
            heads=shape["width"] // 64, mlp_ratio=4, act_layer=open_clip.transformer.QuickGELU, **shape)

    def forward(self, x):
        return self.visual(x)


def hugging_face(image_size, patch_size, width, layers, output_dim):
    return transformers.CLIPVisionModelWithProjection(transformers.CLIPVisionConfig(
        hidden_size=width, intermediate_size=4 * width, projection_dim=output_dim,
        num_hidden_layers=layers, num_attention_heads=width // 64, image_size=image_size,
        patch_size=patch_size, hidden_act="quick_gelu"))


def clip(cases):
    inside = "transformer.resblocks.1"
    read = lambda result, found: {"embedding": result}
    cases.add("tiny-clip", Visual(**TINY_CLIP, output_dim=48),
              {name: f"visual.{name}" for name in (f"{inside}.mlp.c_proj", inside, "ln_pre")},
              (2, 3, 32, 32), CLIP, read)
    block = "vision_model.encoder.layers.1"
    read = lambda result, found: {"embedding": result.image_embeds}
    cases.add("tiny-clip-hf", hugging_face(**TINY_CLIP, output_dim=48),
              {f"{inside}.mlp.c_proj": f"{block}.mlp", "ln_pre": "vision_model.pre_layrnorm"},
              (2, 3, 32, 32), CLIP, read)
    with torch.device("meta"):
        for name, shape in [("clip-b32", (224, 32, 768, 12, 512)), ("clip-l14", (224, 14, 1024, 24, 768))]:
            names = dict(zip(("image_size", "patch_size", "width", "layers", "output_dim"), shape))
            cases.states[name] = shapes(Visual(**names).state_dict())
            cases.states[f"{name}-hf"] = shapes(hugging_face(**names).state_dict())


def interpolated(embedding, rows, columns):
    """DINOv2's `interpolate_pos_encoding` with its published offset of 0.1 and no antialiasing."""
    side = int((embedding.shape[1] - 1) ** 0.5)
    grid = embedding[:, 1:].reshape(1, side, side, -1).permute(0, 3, 1, 2)
    grid = F.interpolate(grid, scale_factor=((rows + 0.1) / side, (columns + 0.1) / side), mode="bicubic")
    assert grid.shape[2:] == (rows, columns)
    return torch.cat([embedding[:, :1], grid.permute(0, 2, 3, 1).flatten(1, 2)], 1)


class OtherSize(nn.Module):
    """timm's transformer on images it was not trained on, positions as DINOv2 interpolates them."""

    def __init__(self, network):
        super().__init__()
        for name, child in network.named_children():
            setattr(self, name, child)
        self.cls_token, self.pos_embed = network.cls_token, network.pos_embed

    def forward(self, x):
        rows, columns = (side // 14 for side in x.shape[2:])
        x = self.patch_embed.proj(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.cls_token.expand(len(x), -1, -1), x], 1)
        return self.norm(self.blocks(x + interpolated(self.pos_embed, rows, columns)))


def dinov2(cases):
    make = lambda **shape: timm.create_model("vit_small_patch14_dinov2", num_classes=0, **shape)
    small = dict(img_size=56, embed_dim=48, depth=2, num_heads=3)
    taps = {"blocks.0": "blocks.0", "blocks.1.mlp.fc2": "blocks.1.ls2", "blocks.1": "blocks.1",
            "norm": "norm"}
    read = lambda result, found: {"embedding": found["norm"][:, 0]}
    cases.add("tiny-dinov2", make(**small), taps, (2, 3, 56, 56), IMAGENET, read)
    cases.add("tiny-dinov2-other", OtherSize(make(**small)), taps, (2, 3, 84, 42), IMAGENET, read)
    with torch.device("meta"):
        for size, name in (("s", "small"), ("b", "base")):
            network = timm.create_model(f"vit_{name}_patch14_dinov2", num_classes=0, img_size=518)
            cases.states[f"dinov2-{size}"] = shapes(network.state_dict())


def main():
    torch.set_num_threads(2)
    cases = Cases()
    convolutional(cases)
    clip(cases)
    dinov2(cases)
    save_file({name: tensor.contiguous() for name, tensor in cases.tensors.items()},
              FOLDER / "pretrained.safetensors",
              {"states": json.dumps(cases.states, separators=(",", ":"))})


if __name__ == "__main__":
    main()
