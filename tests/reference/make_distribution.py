"""Makes evaluation/distribution.safetensors: distances between two sets of features by SciPy, and
pair by pair in NumPy, in float64.

    pip install numpy scipy safetensors
    python tests/reference/make_distribution.py
"""
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file
from scipy.linalg import sqrtm
from scipy.spatial.distance import correlation, cosine

FOLDER = Path(__file__).parent / "evaluation"


def frechet(x, y):
    first, second = np.cov(x, rowvar=False), np.cov(y, rowvar=False)
    root = sqrtm(first @ second).real
    return ((x.mean(0) - y.mean(0)) ** 2).sum() + np.trace(first + second - 2 * root)


def kernel(a, b):
    return (a @ b / len(a) + 1) ** 3


def kernel_distance(x, groups):
    """Gretton et al. 2012, eq. 4; groups[i] are the reconstructions of image i."""
    def mean(left, right):
        return np.mean([kernel(a, b) for a in left for b in right])

    def h(i, j):
        return (kernel(x[i], x[j]) + mean(groups[i], groups[j]) - mean([x[i]], groups[j])
                - mean(groups[i], [x[j]]))

    n = len(x)
    return sum(h(i, j) for i in range(n) for j in range(n) if i != j) / (n * (n - 1))


def jackknife(x, groups):
    """Pseudo-values."""
    n = len(x)
    without = [kernel_distance(np.delete(x, i, 0), groups[:i] + groups[i + 1:]) for i in range(n)]
    return n * kernel_distance(x, groups) - (n - 1) * np.array(without)


def main():
    random = np.random.default_rng(70)
    x = random.normal(size=(21, 7)) @ random.normal(size=(7, 7)) / 2 + 0.4
    y = 0.7 * x + random.normal(size=x.shape) + 0.1
    stimulus = np.r_[np.arange(21), [3, 3, 8]]  # of some images several reconstructions
    trials = np.r_[y, y[[3, 3, 8]] + random.normal(size=(3, 7))]
    groups = [list(trials[stimulus == i]) for i in range(21)]
    save_file({
        "x": x, "y": y, "frechet": np.array([frechet(x, y)]),
        "kernel": np.array([kernel_distance(x, [[row] for row in y])]),
        "kernel.values": jackknife(x, [[row] for row in y]),
        "trials": trials, "stimulus": stimulus, "trials.values": jackknife(x, groups),
        "root_mean_square": np.sqrt(np.mean(x ** 2, keepdims=True)[0]),
        "cosine": np.array([1 - cosine(a, b) for a, b in zip(x, y)]),
        "distance": np.array([correlation(a, b) for a, b in zip(x, y)]),
    }, FOLDER / "distribution.safetensors")


if __name__ == "__main__":
    main()
