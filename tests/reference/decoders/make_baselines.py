"""Makes baselines.safetensors: linear-Gaussian reconstructions with every matrix written out in
NumPy, and log likelihoods by SciPy, in float64.

    python3 make_baselines.py

Needs torch (for formula.py), NumPy, SciPy and safetensors.
"""
import pathlib
import sys

import numpy as np
import torch
from safetensors.torch import save_file
from scipy.stats import multivariate_normal

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from formula import wave

SAMPLES, NEW, LAMBDA = 30, 4, 2.0


def images():
    """(n, 3 x 2 x 2), as 8-bit images are read: float32."""
    bytes_ = np.rint((wave((SAMPLES, 12)).numpy() * 0.5 + 0.5) * 255)
    return (bytes_.astype(np.float32) / np.float32(255)).astype(np.float64)


def posterior_mean(sensors):
    """m + S B' (B S B' + D)^-1 (r - mean r), S the covariance of pixels, B by ridge."""
    x = images()
    r = wave((SAMPLES, sensors), 0.5).numpy()
    noise = np.abs(wave((sensors,), 1.5).numpy()) + 0.3
    new = wave((NEW, sensors), 2.5).numpy()
    xc, rc = x - x.mean(0), r - r.mean(0)
    b = np.linalg.solve(xc.T @ xc + LAMBDA * np.eye(12), xc.T @ rc).T  # (sensor, pixel)
    s = np.cov(x.T, bias=True)
    gain = s @ b.T @ np.linalg.inv(b @ s @ b.T + np.diag(noise))
    return x.mean(0) + (new - r.mean(0)) @ gain.T


def log_likelihoods(shared):
    """log N(r; prediction, L L' + D), L of so many columns, less its value for the first image."""
    r, predicted = wave((5, 7)).numpy(), wave((6, 7), 1.0).numpy()
    loadings = wave((7, shared), 3.0).numpy()
    covariance = loadings @ loadings.T + np.diag(np.abs(wave((7,), 2.0).numpy()) + 0.5)
    full = np.array([[multivariate_normal(p, covariance).logpdf(row) for p in predicted] for row in r])
    return full - full[:, :1]


def main():
    out = {f"map.{sensors}": torch.from_numpy(posterior_mean(sensors)) for sensors in (5, 20)}
    out |= {f"likelihood.{shared}": torch.from_numpy(log_likelihoods(shared)) for shared in (0, 2)}
    save_file(out, pathlib.Path(__file__).parent / "baselines.safetensors")


main()
