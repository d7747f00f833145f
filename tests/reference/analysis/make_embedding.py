"""Makes embedding.safetensors: t-SNE by scikit-learn and openTSNE, and DBSCAN by scikit-learn.

    python3 make_embedding.py

Needs scikit-learn, openTSNE, scipy and safetensors.
"""
import pathlib

import numpy as np
from openTSNE import TSNE as OpenTSNE
from safetensors.numpy import save_file
from scipy.spatial.distance import pdist, squareform
from sklearn.cluster import DBSCAN
from sklearn.manifold import TSNE
from sklearn.manifold._t_sne import _joint_probabilities_nn
from sklearn.neighbors import NearestNeighbors

PERPLEXITY = 30


def kept(rows, embedding, k=10):
    """How many of the k nearest neighbours are still among the k nearest."""
    def nearest(x):
        return np.argsort(squareform(pdist(x)) + np.diag(np.full(len(x), np.inf)), axis=1)[:, :k]
    return np.mean([len(set(a) & set(b)) / k for a, b in zip(nearest(rows), nearest(embedding))])


def main():
    rng = np.random.default_rng(1)
    centres = rng.normal(size=(8, 10)) * 3
    rows = (centres[rng.integers(0, 8, 400)] + rng.normal(size=(400, 10))).astype(np.float32)
    out = {"rows": rows}

    graph = NearestNeighbors(n_neighbors=3 * PERPLEXITY).fit(rows).kneighbors_graph(mode="distance")
    graph.data **= 2
    p = _joint_probabilities_nn(graph, PERPLEXITY, 0).toarray()
    out["affinities"] = p[::10].astype(np.float32)

    sk = TSNE(perplexity=PERPLEXITY, init="pca", learning_rate="auto", max_iter=1000,
              random_state=1)
    sk_map = sk.fit_transform(rows)
    open_map = np.asarray(OpenTSNE(perplexity=PERPLEXITY, random_state=1, n_iter=750).fit(rows))
    for name, embedding in [("sklearn", sk_map), ("opentsne", open_map)]:
        out[f"{name}.map"] = np.asarray(embedding, dtype=np.float32)
        out[f"{name}.kept"] = np.array([kept(rows, embedding)])
        print(name, "neighbours kept", out[f"{name}.kept"])
    out["sklearn.divergence"] = np.array([sk.kl_divergence_])
    print("divergence", sk.kl_divergence_)

    for name, points, eps, samples in [("map", out["sklearn.map"], 1.5, 5), ("map", out["sklearn.map"], 0.6, 4),
                                       ("map", out["sklearn.map"], 0.9, 12), ("rows", rows, 3.0, 5)]:
        labels = DBSCAN(eps=eps, min_samples=samples).fit_predict(points.astype(np.float64))
        out[f"dbscan.{name}.{eps}.{samples}"] = labels.astype(np.int64)
        print(name, eps, samples, "clusters", labels.max() + 1, "noise", (labels < 0).sum())
    save_file(out, pathlib.Path(__file__).parent / "embedding.safetensors")


main()
