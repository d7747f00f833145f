"""The peer of tsne.cpp: scikit-learn's t-SNE of the same rows (Barnes-Hut, 1000 iterations).

    AFTERIMAGE_TSNE_ROWS=10000 python3 tsne.py

Needs scikit-learn. Prints the wall-clock milliseconds, and the divergence on standard error.
Threads: OMP_NUM_THREADS.
"""
import json
import os
import sys
import time

import numpy as np
from sklearn.manifold import TSNE


def make_rows(n):
    """As in tsne.cpp: 50 clusters on a formula."""
    noise = np.sin(np.arange(n * 64, dtype=np.float64) ** 2 * 0.7318).reshape(n, 64)
    centres = np.sin(np.arange(50 * 64, dtype=np.float64) * 12.9898 + 1).reshape(50, 64)
    return (centres[np.arange(n) % 50] + 0.8 * noise).astype(np.float32)


def main():
    rows = make_rows(int(os.environ.get("AFTERIMAGE_TSNE_ROWS", "10000")))
    threads = int(os.environ.get("OMP_NUM_THREADS", os.cpu_count()))
    model = TSNE(perplexity=30, init="pca", learning_rate="auto", max_iter=1000, random_state=1,
                 n_jobs=threads)
    began = time.perf_counter()
    model.fit_transform(rows)
    print(f"divergence: {model.kl_divergence_:.4f}", file=sys.stderr)
    print(json.dumps({"tsne": 1e3 * (time.perf_counter() - began)}))


main()
