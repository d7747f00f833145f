"""Makes assets/weights/lpips_alexnet.safetensors from the lpips package (version 0.1 of the learned weights, Zhang
et al. 2018; licence beside it): one vector per AlexNet layer, named by that layer.

    pip install torch==2.13.0 safetensors lpips
    python scripts/make_lpips_weights.py
"""

from importlib.metadata import distribution
from pathlib import Path

import torch
from safetensors.torch import save_file

LAYERS = ["features.1", "features.4", "features.7", "features.9", "features.11"]

if __name__ == "__main__":
    source = distribution("lpips").locate_file("lpips/weights/v0.1/alex.pth")
    weights = torch.load(source, map_location="cpu", weights_only=True)
    vectors = {layer: weights[f"lin{i}.model.1.weight"].flatten().clone() for i, layer in enumerate(LAYERS)}
    save_file(vectors, Path(__file__).parents[1] / "assets/weights/lpips_alexnet.safetensors")
