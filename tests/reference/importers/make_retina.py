"""Makes tests/reference/importers/retina.npz: the retina warp's quadratic, fitted by SciPy.

    pip install numpy scipy
    python tests/reference/importers/make_retina.py
"""

from pathlib import Path

import numpy as np
from scipy.optimize import brenth, curve_fit


def radii(size_in, count, density, ratio):
    """Sample radii in pixels: steps of 1 / sqrt(pi * density) at the centre, growing outwards."""
    rate = np.log(ratio) / (size_in // 2)
    r = [0.0]
    for _ in range(count - 1):
        r.append(r[-1] + np.exp(rate * r[-1] / 2) / np.sqrt(np.pi * density))
    return np.array(r)


def coefficients(size_in, size_out, ratio):
    count = size_out // 2
    density = brenth(lambda d: size_in / 2 - radii(size_in, count, d, ratio)[-1], 0.01, 50.0,
                     xtol=1e-14, rtol=1e-14)
    r = radii(size_in, count, density, ratio)
    found, _ = curve_fit(lambda x, a, b: a * x**2 + b * x, np.arange(count), r, p0=[0, 0.4],
                         bounds=(0, np.inf), xtol=1e-15, ftol=1e-15, gtol=1e-15)
    return found


CASES = [(96, 96, 10.0), (112, 96, 10.0), (500, 96, 10.0), (64, 64, 4.0), (97, 64, 10.0)]

if __name__ == "__main__":
    np.savez(Path(__file__).parent / "retina.npz", cases=np.array(CASES),
             coefficients=np.array([coefficients(int(i), int(o), r) for i, o, r in CASES]))
