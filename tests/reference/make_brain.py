"""Makes evaluation/brain.safetensors: correlations over stimuli of measured with predicted
responses, and how they move when a stimulus weighs more, in NumPy and float64.

    pip install numpy safetensors
    python tests/reference/make_brain.py
"""
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

FOLDER = Path(__file__).parent / "evaluation"


def weighted_correlation(x, y, weight):
    """Of one channel; sums with complex weights, so that no conjugate is taken."""
    share = weight / weight.sum()
    dx, dy = x - (share * x).sum(), y - (share * y).sum()
    return (share * dx * dy).sum() / np.sqrt((share * dx * dx).sum() * (share * dy * dy).sum())


def influences(x, y, stimulus, count):
    """r and dr/de of the weights 1/n (1 - e) + e at one stimulus, by a complex step. Each row
    weighs as one of its stimulus' rows."""
    rows = 1 / np.bincount(stimulus)[stimulus]
    values = []
    for own in range(count):
        step = 1e-30j
        of_stimulus = np.full(count, (1 - step) / count)
        of_stimulus[own] += step
        values.append(weighted_correlation(x[stimulus], y, of_stimulus[stimulus] * rows).imag / 1e-30)
    return np.array(values)


def main():
    random = np.random.default_rng(14)
    count, channels = 17, 5
    measured = random.normal(size=(count, channels)) * [1, 3, 0.2, 1, 1] + [0, 9, -2, 0, 1]
    stimulus = np.r_[np.arange(count), [2, 2, 7]]  # of some stimuli several trials
    predicted = 0.5 * measured[stimulus] + random.normal(size=(len(stimulus), channels)) + 0.3
    weights = np.array([0.1, 0.4, 0.2, 0.2, 0.1])
    once = np.arange(count)
    single = [np.corrcoef(measured[:, c], predicted[:count, c])[0, 1] for c in range(channels)]
    rows = 1 / np.bincount(stimulus)[stimulus]
    trials = [weighted_correlation(measured[stimulus, c], predicted[:, c], rows)
              for c in range(channels)]

    def values(y, stimuli, r):
        moved = np.stack([influences(measured[:, c], y[:, c], stimuli, count)
                          for c in range(channels)], 1)
        return (np.array(r) + moved) @ weights

    save_file({"measured": measured, "predicted": predicted, "stimulus": stimulus,
               "weights": weights, "r": np.array(single), "trials.r": np.array(trials),
               "values": values(predicted[:count], once, single),
               "trials.values": values(predicted, stimulus, trials)},
              FOLDER / "brain.safetensors")


if __name__ == "__main__":
    main()
