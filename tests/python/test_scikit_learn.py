"""Decoders among scikit-learn's estimators: its own checks, and what it does with estimators."""
import pickle

import numpy as np
import pytest

pytest.importorskip("sklearn")

from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import afterimage as ai

NETWORK = {"unet": {"width": 4, "blocks": 2}, "objective": {"perceptual": 0},
           "training": {"steps": 2, "batch": 4}}


class OnNumbers(ai.Decoder):
    """A decoder whose images are rows of gray that stand for numbers: scikit-learn's checks give
    numbers as targets and know of no others."""

    def fit(self, X, y=None):
        if y is None:
            return super().fit(X)
        y = np.asarray(y)
        if not np.isrealobj(y):
            return super().fit(X, y)
        y = y.astype(float)
        self.shape_ = y.shape[1:]
        self.low_, self.range_ = y.min(initial=np.inf), np.ptp(y) or 1
        levels = (y.reshape(len(y), -1) - self.low_) / self.range_  # (n, number)
        side = max(32, levels.shape[1])  # what a discriminator needs
        rows = np.pad(levels, ((0, 0), (0, side - levels.shape[1])), mode="edge")
        return super().fit(X, np.repeat(rows[:, :, None], side, axis=2))

    def predict(self, X):
        levels = super().predict(X).mean((2, 3))[:, :int(np.prod(self.shape_))]
        return (levels * self.range_ + self.low_).reshape(-1, *self.shape_)

    def score(self, X, y):
        return -np.abs(self.predict(X) - y).mean()


@parametrize_with_checks([OnNumbers("ridge"), OnNumbers("irfa-16", **NETWORK)])
def test_it_passes_scikit_learns_checks(estimator, check):
    check(estimator)


@pytest.fixture(scope="module")
def arrays(recording):
    whole = ai.Recording(recording)
    return whole.responses("train")[:, :, 0], whole.images("train")


def test_it_is_cross_validated_searched_and_piped(arrays):
    responses, images = arrays
    pipe = make_pipeline(StandardScaler(), ai.Decoder("ridge", settings={"lambda": 10}))
    scores = cross_val_score(pipe, responses, images, cv=3)
    assert scores.shape == (3,) and scores.min() > 0.2
    made = cross_val_predict(pipe, responses, images, cv=3)
    assert made.shape == images.shape
    held_out = clone(pipe).fit(responses[40:], images[40:]).predict(responses[:40])
    assert np.array_equal(made[:40], held_out)
    search = GridSearchCV(ai.Decoder("ridge"), {"settings__lambda": [1, 1e6]}, cv=3)
    assert search.fit(responses, images).best_params_ == {"settings__lambda": 1}
    assert clone(search.best_estimator_).settings == {"lambda": 1}
    search = GridSearchCV(pipe, {"decoder__settings__lambda": [1e6, 10]}, cv=3)
    assert search.fit(responses, images).best_params_ == {"decoder__settings__lambda": 10}
    again = pickle.loads(pickle.dumps(search))
    assert np.array_equal(again.predict(responses), search.predict(responses))


def test_trials_of_several_bins_are_cross_validated(recording):
    whole = ai.Recording(recording)
    scores = cross_val_score(ai.Decoder("ridge"), whole.responses("train"), whole.images("train"), cv=2)
    assert scores.min() > 0.2


def test_what_was_not_fitted_says_so_in_both_languages(arrays):
    with pytest.raises(NotFittedError, match="Call fit") as raised:
        ai.Decoder("ridge").predict(arrays[0])
    assert isinstance(raised.value, ai.Error)
