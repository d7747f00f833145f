"""Ridge regression with cross-validated penalties in scikit-learn and himalaya, in float32:

    folds             scikit-learn's Ridge at every penalty and fold, then on all rows
    folds_per_target  himalaya's RidgeCV (KernelRidgeCV for fewer rows than predictors), a penalty
                      for each target
    leave_out         scikit-learn's RidgeCV, leaving out each row, a penalty for each target

Prints milliseconds for the cases of bench_ridge. Size: AFTERIMAGE_RIDGE, "rows predictors targets".
AFTERIMAGE_RIDGE_PEERS, a list of the cases to run. Threads: OMP_NUM_THREADS.
Needs `pip install numpy scikit-learn himalaya packaging`.
"""
import json
import os
import time

import numpy as np

LAMBDAS = [0.1, 0.3, 1, 3, 10, 30, 100, 300, 1e3, 3e3, 1e4, 3e4, 1e5, 3e5, 1e6, 1e7]
ROWS, PREDICTORS, TARGETS = map(int, os.environ.get("AFTERIMAGE_RIDGE", "1500 1000 512").split())


def data():
    random = np.random.default_rng(1)
    shared = random.standard_normal((ROWS, 64), dtype=np.float32)
    x = shared @ random.standard_normal((64, PREDICTORS), dtype=np.float32) / 8
    x += random.standard_normal(x.shape, dtype=np.float32)
    y = shared @ random.standard_normal((64, TARGETS), dtype=np.float32) / 8
    return x, y + 3 * random.standard_normal(y.shape, dtype=np.float32)


def folds(x, y):
    from sklearn.linear_model import Ridge

    fold = np.arange(ROWS) % 5
    errors = np.zeros(len(LAMBDAS))
    for f in range(5):
        train, held = fold != f, fold == f
        for i, alpha in enumerate(LAMBDAS):
            predicted = Ridge(alpha=alpha, solver="cholesky").fit(x[train], y[train]).predict(x[held])
            errors[i] += np.square(predicted - y[held], dtype=float).sum()
    Ridge(alpha=LAMBDAS[errors.argmin()], solver="cholesky").fit(x, y)


def folds_per_target(x, y):
    from himalaya.kernel_ridge import KernelRidgeCV
    from himalaya.ridge import RidgeCV
    from sklearn.model_selection import PredefinedSplit

    model = RidgeCV if ROWS >= PREDICTORS else KernelRidgeCV
    model(alphas=LAMBDAS, fit_intercept=True, cv=PredefinedSplit(np.arange(ROWS) % 5)).fit(x, y)


def leave_out(x, y):
    from sklearn.linear_model import RidgeCV

    RidgeCV(alphas=LAMBDAS, alpha_per_target=True).fit(x, y)


if __name__ == "__main__":
    times = {}
    asked = os.environ.get("AFTERIMAGE_RIDGE_PEERS", "folds folds_per_target leave_out").split()
    for case in (folds, folds_per_target, leave_out):
        if case.__name__ in asked:
            x, y = data()
            began = time.perf_counter()
            case(x, y)
            times[f"ridge/{case.__name__}"] = 1e3 * (time.perf_counter() - began)
    print(json.dumps(times))
