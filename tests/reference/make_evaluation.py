"""Makes evaluation/{ridge,metrics,features,statistics}.safetensors: what scikit-learn, scikit-image,
PyTorch, SciPy and NumPy say of small random inputs, in float64.

    pip install torch==2.13.0 numpy scipy scikit-learn scikit-image safetensors
    python tests/reference/make_evaluation.py

Made with numpy 2.4, scipy 1.17, scikit-learn 1.9 and scikit-image 0.26; deterministic.
"""

from pathlib import Path

import numpy as np
import torch
from networks import SqueezeNet, normalise
from safetensors.numpy import save_file
from safetensors.torch import load_file
from scipy.stats import false_discovery_control
from skimage.color import rgb2gray
from skimage.metrics import structural_similarity
from sklearn.linear_model import Ridge

FOLDER = Path(__file__).parent / "evaluation"
WEIGHTS = Path(__file__).parents[2] / "assets" / "weights" / "squeezenet1_0.safetensors"
CORRELATION = ["features.2", "features.4", "features.7", "features.12", "logits"]
IDENTIFICATION = ["features.2", "features.12"]
DISTANCE = [f"features.{i}" for i in (1, 4, 7, 8, 9, 10, 12)]
LAMBDAS = [0.1, 1.0, 10.0, 100.0, 1000.0]


def ridge_case(random, rows, predictors, targets):
    x = random.normal(size=(rows, predictors)) + 0.3
    y = x @ random.normal(size=(predictors, targets)) / 3 + random.normal(size=(rows, targets)) + 0.5
    test = random.normal(size=(7, predictors))
    model = Ridge(alpha=3.7, solver="cholesky").fit(x, y)
    fold = np.arange(rows) * 7 % 4
    error = np.zeros(len(LAMBDAS))
    for i, alpha in enumerate(LAMBDAS):
        for f in range(4):
            held = Ridge(alpha=alpha).fit(x[fold != f], y[fold != f]).predict(x[fold == f])
            error[i] += ((held - y[fold == f]) ** 2).sum()
    return {"x": x, "y": y, "test": test, "coefficients": model.coef_.T.copy(),
            "predictions": model.predict(test), "fold": fold, "errors": error / y.size}


def ridge(random):
    tensors = {"lambdas": np.array(LAMBDAS)}
    for name, rows, predictors in (("primal", 41, 6), ("dual", 19, 33)):
        for key, value in ridge_case(random, rows, predictors, 5).items():
            tensors[f"{name}.{key}"] = value
    save_file(tensors, FOLDER / "ridge.safetensors")


def colourfulness(image):
    r, g, b = image
    rg, yb = r - g, (r + g) / 2 - b
    return np.hypot(rg.std(), yb.std()) + 0.3 * np.hypot(rg.mean(), yb.mean())


def images(random, count, height, width):
    smooth = np.cumsum(np.cumsum(random.normal(size=(count, 3, height, width)), 2), 3)
    low, high = smooth.min((1, 2, 3), keepdims=True), smooth.max((1, 2, 3), keepdims=True)
    truth = (smooth - low) / (high - low)
    reconstruction = np.clip(0.6 * truth + 0.4 * random.uniform(size=truth.shape), 0, 1)
    truth[2] = truth[2].mean(0)  # gray
    return truth.astype(np.float32), reconstruction.astype(np.float32)


def metrics(random):
    truth32, reconstruction32 = images(random, 6, 24, 20)
    truth, reconstruction = truth32.astype(float), reconstruction32.astype(float)
    n = len(truth)
    flat_truth, flat = truth.reshape(n, -1), reconstruction.reshape(n, -1)
    r = np.corrcoef(flat_truth, flat)[:n, n:]  # truth i, reconstruction j
    own = np.diag(r)
    save_file({
        "truth": truth32,
        "reconstruction": reconstruction32,
        "pixel-correlation": own.copy(),
        "pixel-mse": ((flat_truth - flat) ** 2).mean(1),
        "ssim": np.array([structural_similarity(
            rgb2gray(a.transpose(1, 2, 0)), rgb2gray(b.transpose(1, 2, 0)), gaussian_weights=True,
            sigma=1.5, use_sample_covariance=False, data_range=1) for a, b in zip(truth, reconstruction)]),
        "colourfulness-difference": np.array(
            [abs(colourfulness(b) - colourfulness(a)) for a, b in zip(truth, reconstruction)]),
        "pixel-identification-2way": (r < own[None, :]).sum(0) / (n - 1),
        "pixel-identification-nway": ((r < own[None, :]).sum(0) == n - 1).astype(float),
        "similarity": r.copy(),
        "pooled": np.array([np.corrcoef(flat_truth.ravel(), flat.ravel())[0, 1]]),
    }, FOLDER / "metrics.safetensors")


def squeezenet_layers(images):
    """Every layer by path, (n, c, y, x) or (n, 1000)."""
    network = SqueezeNet().double().eval()
    network.load_state_dict(load_file(WEIGHTS))
    layers = {}
    with torch.no_grad():
        x = normalise(torch.from_numpy(images / 255))
        for i, module in enumerate(network.features):
            layers[f"features.{i}"] = x = module(x)
        layers["logits"] = network.classifier(x).flatten(1)
    return {path: layer.numpy() for path, layer in layers.items()}


def features(random):
    pixels = [np.round(255 * x).astype(np.uint8) for x in images(random, 5, 64, 64)]
    truth, reconstruction = (squeezenet_layers(x) for x in pixels)
    tensors = {"truth": pixels[0], "reconstruction": pixels[1]}
    n = len(pixels[0])
    for path in CORRELATION:
        a, b = truth[path].reshape(n, -1), reconstruction[path].reshape(n, -1)
        r = np.corrcoef(a, b)[:n, n:]
        tensors[f"squeezenet-{path}-correlation"] = np.array([np.corrcoef(a.ravel(), b.ravel())[0, 1]])
        tensors[f"squeezenet-{path}-pattern"] = np.diag(r).copy()
        varying = a.std(0) > 0
        tensors[f"squeezenet-{path}-profile"] = np.array([np.mean(
            [np.corrcoef(x, y)[0, 1] if y.std() > 0 else 0 for x, y in zip(a[:, varying].T, b[:, varying].T)])])
        if path in IDENTIFICATION:
            tensors[f"squeezenet-{path}-identification-2way"] = (r < np.diag(r)[None, :]).sum(0) / (n - 1)
    unit = lambda x: x / (np.sqrt((x**2).sum(1, keepdims=True)) + 1e-10)
    tensors["squeezenet-lpips-style"] = sum(
        ((unit(truth[path]) - unit(reconstruction[path])) ** 2).sum(1).mean((1, 2)) for path in DISTANCE)
    lpips = load_file(WEIGHTS.parent / "lpips_alexnet.safetensors")["features.1"].double().numpy()
    x, y = random.normal(size=(2, 2, 64, 3, 3))
    tensors |= {"lpips.x": x.copy(), "lpips.y": y.copy(), "lpips.weights": lpips}
    tensors["lpips.distance"] = np.einsum("c,ncyx->n", lpips, (unit(x) - unit(y)) ** 2) / 9
    save_file(tensors, FOLDER / "features.safetensors")


def statistics(random):
    p = random.uniform(size=12) ** 2
    p[3] = p[7]
    sample = random.normal(size=101)
    save_file({"p": p, "q": false_discovery_control(p, method="bh"), "sample": sample,
               "interval": np.percentile(sample, [2.5, 97.5])}, FOLDER / "statistics.safetensors")


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    random = np.random.default_rng(69)
    ridge(random)
    metrics(random)
    statistics(random)
    features(random)
