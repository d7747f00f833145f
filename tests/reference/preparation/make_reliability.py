"""Makes reliability.safetensors: single-trial reliability by SciPy, pair by pair.

    python3 make_reliability.py

Needs SciPy and safetensors. `balanced`: 20 stimuli of 30 repeats, 435 pairs. `ragged`: stimuli of
2 to 6 repeats, in no order; pairs that fewer than three stimuli have do not count. Sensors: noise of
several strengths far from zero, one that never varies, one that does not vary in its second repeat.
"""
import itertools
import pathlib
import warnings

import numpy as np
from safetensors.numpy import save_file
from scipy.stats import ConstantInputWarning, pearsonr

SENSORS = 6


def responses(rng, counts):
    """A list of (repeat, sensor), one for each stimulus."""
    noise = np.array([0.3, 1, 2, 4, 1, 1])
    out = []
    for count in counts:
        values = rng.normal(size=SENSORS) + noise * rng.normal(size=(count, SENSORS)) + [0, 1e3, -50, 0, 0, 0]
        values[:, 4] = 7.25
        values[1, 5] = -2
        out.append(values)
    return out


def single_trial(stimuli):
    """The mean over pairs of repeats of pearsonr over the stimuli that have both; (sensor)."""
    found = [[] for _ in range(SENSORS)]
    for first, second in itertools.combinations(range(max(map(len, stimuli))), 2):
        both = [values for values in stimuli if len(values) > second]
        if len(both) < 3:
            continue
        for sensor in range(SENSORS):
            x, y = (np.array([values[k, sensor] for values in both]) for k in (first, second))
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConstantInputWarning)
                found[sensor].append(pearsonr(x, y).statistic)
    return np.array([np.nanmean(r) if not np.isnan(r).all() else np.nan for r in found])


def main():
    rng = np.random.default_rng(16)
    out = {}
    for name, counts in [("balanced", [30] * 20), ("ragged", [3, 6, 2, 4, 2, 6, 4, 3, 5, 2, 4, 3])]:
        stimuli = responses(rng, counts)
        out[f"{name}_responses"] = np.concatenate(stimuli)
        out[f"{name}_counts"] = np.array([len(values) for values in stimuli])
        out[f"{name}_single_trial"] = single_trial(stimuli)
        print(name, out[f"{name}_single_trial"])
    save_file(out, pathlib.Path(__file__).parent / "reliability.safetensors")


main()
