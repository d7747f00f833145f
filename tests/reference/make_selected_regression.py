"""Makes selected_regression.safetensors: what FastL2LiR says of a small problem.

    pip install numpy==1.26.4 fastl2lir==0.11 safetensors      (fastl2lir 0.11 fails with NumPy 2.4)
    python3 make_selected_regression.py
"""
import pathlib

import numpy as np
from fastl2lir import FastL2LiR
from safetensors.numpy import save_file


def wave(shape, phase=0.0):
    """formula.py's, without PyTorch."""
    return np.sin(np.arange(np.prod(shape)) * 12.9898 + phase).reshape(shape)


def main():
    x = np.sin(100 * wave((60, 40))) + wave((40,), 3.0) * 5
    x[:, 7] = 2
    y = wave((60, 9), 1.0) + x[:, 10:19] + 3
    out = {}
    for count in (6, 39, 40):
        model = FastL2LiR()
        model.fit(x, y, alpha=0.15, n_feat=count)
        out[f"{count}.weight"] = model.W.copy()
        out[f"{count}.bias"] = model.b.flatten()
        out[f"{count}.predicted"] = model.predict(wave((4, 40), 5.0))
    path = pathlib.Path(__file__).parent / "selected_regression.safetensors"
    save_file(out, path)
    path.chmod(0o644)


main()
