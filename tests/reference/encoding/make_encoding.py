"""Reference values of the encoding models' arithmetic: ridge of many sensors (scikit-learn), cubic
output curves (NumPy), low rank plus diagonal covariance (NumPy).

    python tests/reference/encoding/make_encoding.py     # writes encoding.safetensors beside itself
"""

from pathlib import Path

import numpy as np
from safetensors.numpy import save_file
from sklearn.linear_model import Ridge

rng = np.random.default_rng(7)
SENSORS, ROWS, PREDICTORS, TARGETS, FOLDS = 4, 60, 6, 2, 3
LAMBDAS = [0.1, 3.0, 100.0]


def ridge():
    x = rng.normal(size=(SENSORS, ROWS, PREDICTORS)) * rng.uniform(0.1, 5, PREDICTORS) + 2
    x[1, :, 3] = 0.7  # one predictor that never varies
    true = rng.normal(size=(SENSORS, PREDICTORS, TARGETS)) * np.array([0, 0.1, 1, 5])[:, None, None]
    y = np.einsum("srp,spt->srt", x, true) + rng.normal(size=(SENSORS, ROWS, TARGETS))
    fold = np.arange(ROWS) * 7 % FOLDS
    out = {"x": x, "y": y, "fold": fold.astype(np.int64), "lambdas": np.array(LAMBDAS)}
    for standardise in (False, True):
        errors = np.zeros((len(LAMBDAS), SENSORS))
        weight = np.zeros((FOLDS + 1, SENSORS, PREDICTORS, TARGETS))
        intercept = np.zeros((FOLDS + 1, SENSORS, TARGETS))
        for s in range(SENSORS):
            scale = x[s].std(0) if standardise else np.ones(PREDICTORS)
            scale = np.where(scale > 1e-12, scale, np.inf)
            for i, penalty in enumerate(LAMBDAS):
                for f in range(FOLDS):
                    train = fold != f
                    fit = Ridge(penalty).fit(x[s][train] / scale, y[s][train])
                    left = y[s][~train] - fit.predict(x[s][~train] / scale)
                    errors[i, s] += (left**2).sum()
            best = LAMBDAS[int(errors[:, s].argmin())]
            for f in range(FOLDS + 1):
                train = fold != f  # the last fold is nobody's: all rows
                fit = Ridge(best).fit(x[s][train] / scale, y[s][train])
                weight[f, s] = (fit.coef_ / scale).T
                intercept[f, s] = fit.intercept_
        name = "standardised." if standardise else "plain."
        out |= {name + "errors": errors, name + "weight": weight, name + "intercept": intercept}
    assert len(set(np.argmin(out["standardised.errors"], 0))) > 1, "no choice between penalties"
    return {"ridge." + name: value for name, value in out.items()}


def curve():
    drive = rng.normal(size=(50, 3))
    response = np.tanh(2 * drive) + 0.1 * rng.normal(size=drive.shape)
    fitted = np.stack([np.polyfit(drive[:, i], response[:, i], 3)[::-1] for i in range(3)], 1)
    return {"curve.drive": drive, "curve.response": response, "curve.coefficients": fitted}


def covariance():
    shared = rng.normal(size=(40, 3)) @ (rng.normal(size=(3, 12)) * [[4], [2], [1]])
    deviations = shared + 0.3 * rng.normal(size=(40, 12))
    _, s, vt = np.linalg.svd(deviations, full_matrices=False)
    loadings = vt[:3].T * s[:3] / np.sqrt(len(deviations))
    left = (deviations**2).mean(0) - (loadings**2).sum(1)
    return {"noise.deviations": deviations, "noise.covariance": loadings @ loadings.T + np.diag(left)}


if __name__ == "__main__":
    arrays = ridge() | curve() | covariance()
    save_file({k: np.ascontiguousarray(v) for k, v in arrays.items()},
              Path(__file__).parent / "encoding.safetensors")
