"""Makes evaluation/structure.safetensors: what scikit-image, pytorch-msssim, and NumPy with
SciPy say of small random images, in float64.

    pip install torch==2.13.0 numpy scipy scikit-image pytorch-msssim safetensors
    python tests/reference/make_structure.py

Made with numpy 2.4, scipy 1.17, scikit-image 0.26 and pytorch-msssim 1.0.0; deterministic.
"""

from pathlib import Path

import numpy as np
import torch
from pytorch_msssim import ms_ssim
from safetensors.numpy import save_file
from scipy.ndimage import convolve, correlate1d
from scipy.signal.windows import hann
from skimage.feature import hog

FOLDER = Path(__file__).parent / "evaluation"
WEIGHTS = np.array([0.0448, 0.2856, 0.3001, 0.2363, 0.1333])


def images(random, count, height, width, noise):
    """Smooth gray images and the same with noise, uint8."""
    smooth = np.cumsum(np.cumsum(random.normal(size=(count, height, width)), 1), 2)
    low, high = smooth.min((1, 2), keepdims=True), smooth.max((1, 2), keepdims=True)
    truth = (smooth - low) / (high - low)
    made = np.clip((1 - noise) * truth + noise * random.uniform(size=truth.shape), 0, 1)
    return np.round(255 * truth).astype(np.uint8), np.round(255 * made).astype(np.uint8)


def halved(image):
    rows, columns = image.shape[0] // 2, image.shape[1] // 2
    return image[:2 * rows, :2 * columns].reshape(rows, 2, columns, 2).mean((1, 3))


def grid_means(image, cells=4):
    """Means of a grid whose cells share the pixels on their borders."""
    def spans(size):
        return [(i * size // cells, -(-(i + 1) * size // cells)) for i in range(cells)]
    return np.array([[image[a:b, c:d].mean() for c, d in spans(image.shape[1])]
                     for a, b in spans(image.shape[0])])


def oriented_energy(image):
    y, x = np.mgrid[-4:5, -4:5]
    bell = np.exp(-(x**2 + y**2) / 8)
    octaves = []
    while len(octaves) < 4 and min(image.shape) >= 8:
        maps = []
        for angle in np.arange(8) * np.pi / 8:
            phase = (x * np.cos(angle) + y * np.sin(angle)) * np.pi / 2
            even, odd = bell * np.cos(phase), bell * np.sin(phase)
            even -= bell * even.sum() / bell.sum()
            parts = [convolve(image, kernel / bell.sum(), mode="nearest") for kernel in (even, odd)]
            maps.append(grid_means(np.hypot(*parts)))
        octaves.append(np.array(maps).ravel())
        image = halved(image)
    return np.concatenate(octaves)


def log_spectrum(image):
    height, width = image.shape
    # SciPy's periodic window half a sample further: symmetric about the image's middle.
    window = np.outer(hann(2 * height + 1)[1::2], hann(2 * width + 1)[1::2])
    power = np.abs(np.fft.fft2((image - image.mean()) * window)) ** 2 / (window**2).sum()
    side = min(height, width)
    radius = np.rint(side * np.hypot(np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width)[None]))
    rings = np.array([power[radius == r].mean() for r in range(1, side // 2 + 1)])
    return np.log10(rings + 1 / (12 * 255**2))


def window_means(image):
    bell = np.exp(-(np.arange(11) - 5.0) ** 2 / 4.5)
    for axis in (0, 1):
        image = correlate1d(image, bell / bell.sum(), axis)
    return image[5:-5, 5:-5]


def multi_scale(x, y):
    product, scales = 1, 0
    while scales < 5 and min(x.shape) // 2**scales >= 11:
        scales += 1
    for scale, weight in enumerate(WEIGHTS[:scales] * WEIGHTS.sum() / WEIGHTS[:scales].sum()):
        mx, my = window_means(x), window_means(y)
        vx, vy, vxy = (window_means(a * b) - c * d
                       for a, b, c, d in ((x, x, mx, mx), (y, y, my, my), (x, y, mx, my)))
        contrast = (2 * vxy + 9e-4) / (vx + vy + 9e-4)
        whole = (2 * mx * my + 1e-4) / (mx * mx + my * my + 1e-4) * contrast
        product *= max(0, (whole if scale == scales - 1 else contrast).mean()) ** weight
        x, y = halved(x), halved(y)
    return product


def of_each(describe, gray):
    return np.array([describe(image / 255) for image in gray])


def gradients(image):
    cell = max(2, min(image.shape) // 8)
    return hog(image, orientations=9, pixels_per_cell=(cell, cell), cells_per_block=(2, 2),
               block_norm="L2-Hys")


def tensors(gray):
    return torch.from_numpy(gray / 255)[:, None]


def main():
    random = np.random.default_rng(14)
    truth, made = images(random, 3, 64, 56, 0.3)
    large, large_made = images(random, 1, 176, 192, 0.4)
    fixture = {"truth": truth, "made": made, "large": large, "large_made": large_made}
    for name, describe in (("hog", gradients), ("oriented-energy", oriented_energy),
                           ("spectrum", log_spectrum)):
        fixture[name] = of_each(describe, made)
    fixture["ms-ssim"] = np.array([multi_scale(x / 255, y / 255) for x, y in zip(truth, made)])
    fixture["ms-ssim-large"] = ms_ssim(tensors(large_made), tensors(large), data_range=1,
                                       size_average=False).numpy()
    save_file({name: np.ascontiguousarray(value) for name, value in fixture.items()},
              FOLDER / "structure.safetensors")
    for name, value in fixture.items():
        print(name, value.shape, value.dtype, value.ravel()[:3])


if __name__ == "__main__":
    main()
