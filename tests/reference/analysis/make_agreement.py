"""Makes agreement.safetensors: adjusted Rand indices by scikit-learn.

    python3 make_agreement.py

Needs scikit-learn and safetensors.
"""
import pathlib

import numpy as np
from safetensors.numpy import save_file
from sklearn.metrics import adjusted_rand_score


def main():
    rng = np.random.default_rng(1)
    points = 90
    truth = rng.integers(-1, 6, points)
    noisy = np.where(rng.random(points) < 0.3, rng.integers(-1, 6, points), truth)
    split = np.where(truth == 2, 7 + rng.integers(0, 2, points), truth)
    cases = [(truth, rng.integers(-1, 6, points)), (truth, noisy), (truth, split),
             (truth, rng.permutation(8)[truth + 1]), (truth, np.zeros(points)),
             (truth, np.arange(points)), (np.zeros(points), np.zeros(points)),
             (np.arange(points), np.arange(points)[::-1]), (np.zeros(points), np.arange(points))]
    labels = np.array(cases, dtype=np.int64)
    index = np.array([adjusted_rand_score(*pair) for pair in labels])
    print(index)
    save_file({"labels": labels, "index": index}, pathlib.Path(__file__).parent / "agreement.safetensors")


main()
