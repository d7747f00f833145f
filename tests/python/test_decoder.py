"""Decoders in the manners of scikit-learn, and the same numbers as on the command line."""
import os
import pickle
import signal
import subprocess
import sys
import threading
import time

import h5py
import numpy as np
import pytest
import torch

import afterimage as ai

NETWORK = dict(data={"image_size": 16}, unet={"width": 4, "blocks": 2},
               objective={"perceptual": 0}, training={"steps": 4, "batch": 4})
SETTINGS = ["data.image_size=16", "unet.width=4", "unet.blocks=2", "objective.perceptual=0",
            "training.steps=4", "training.batch=4"]


def arrays_of(recording):
    with h5py.File(recording) as file:
        split = file["trials/split"].asstr()[()]
        responses, images = file["responses"][()], file["stimuli/images"][()]
        shown = images[file["trials/stimulus"][()]]
    sensors = ai.Recording(recording).sensors
    train, test = split == "train", split == "test"
    return responses[train], shown[train], responses[test], shown[test], sensors


@pytest.mark.parametrize("config, tables, settings", [
    ("ridge", dict(data={"image_size": 16}), ["data.image_size=16"]), ("brain2pix", NETWORK, SETTINGS)])
def test_numbers_are_the_command_lines_bit_for_bit(recording, program, tmp_path, config, tables,
                                                   settings):
    settings = [word for one in settings for word in ("--set", one)]
    program("train", config, "--recording", recording, "--out", "m", "--quiet", *settings)
    program("reconstruct", "m", recording, "--out", "i.h5", "--quiet")
    expected = ai.Reconstruction.load(tmp_path / "i.h5")
    whole = ai.Recording(recording)
    made = ai.Decoder(config, **tables).fit(whole).reconstruct(whole)
    assert np.array_equal(made.images, expected.images)
    assert made.controls.keys() == expected.controls.keys()
    for name, images in made.controls.items():
        assert np.array_equal(images, expected.controls[name]), name
    # And of arrays, as far as trials go (the file's test responses are means of repeats).
    train, seen, test, _, sensors = arrays_of(recording)
    of_arrays = ai.Decoder(config, **tables).fit(train, seen, sensors=sensors, bins=whole.bins)
    of_file = ai.Decoder.load(tmp_path / "m")
    assert np.array_equal(of_arrays.predict(test), of_file.predict(test))


def test_numpy_gives_numpy_and_torch_gives_torch(recording):
    train, seen, test, shown, _ = arrays_of(recording)
    decoder = ai.Decoder("ridge").fit(train, seen)
    made = decoder.predict(test)
    assert made.shape == shown.shape and made.dtype == np.float32
    assert 0 <= made.min() and made.max() <= 1
    assert torch.equal(decoder.predict(torch.from_numpy(test)), torch.from_numpy(made))
    first = ai.Decoder("ridge").fit(torch.from_numpy(train),
                                    torch.from_numpy(seen).permute(0, 3, 1, 2))
    assert torch.equal(first.predict(torch.from_numpy(test)),
                       torch.from_numpy(made).permute(0, 3, 1, 2))
    single = decoder.predict(test[:1])  # goes another way
    assert np.abs(single - made[:1]).max() < 1e-6 and np.abs(single - made[1:2]).max() > 1e-2
    assert decoder.score(test, shown) > 0.3
    shuffled = ai.Decoder("ridge").fit(train[::-1], seen)
    assert shuffled.score(test, shown) < 0.15


def test_it_is_kept_copied_and_found_again(recording, tmp_path):
    train, seen, test, _, sensors = arrays_of(recording)
    decoder = ai.Decoder("brain2pix", **NETWORK).fit(train, seen, sensors=sensors)
    made = decoder.predict(test)
    decoder.save(tmp_path / "m")
    assert np.array_equal(ai.Decoder.load(tmp_path / "m").predict(test), made)
    assert np.array_equal(pickle.loads(pickle.dumps(decoder)).predict(test), made)
    with pytest.raises(ai.Error, match="exists already"):
        decoder.save(tmp_path / "m")
    again = ai.Decoder(**decoder.get_params(deep=False))
    assert again.get_params() == decoder.get_params() and not hasattr(again, "model_")
    assert decoder.get_params()["training__steps"] == 4
    assert decoder.set_params(training__steps=6, seed=2).training == {"steps": 6, "batch": 4}


def test_callbacks_hear_of_every_step(recording):
    heard = []
    ai.Decoder("brain2pix", callback=heard.append, **NETWORK).fit(ai.Recording(recording))
    training = [state for state in heard if state["title"] == "Training"]
    assert {state["done"] for state in training} >= {1, 2, 3, 4}
    assert "pixel" in training[-2]["note"]
    losses = training[-2]["losses"]
    assert losses["pixel"] > 0 and " ".join(f"{name} {value:.4g}" for name, value in losses.items()) \
        == training[-2]["note"]
    assert all(state["losses"] == {} for state in heard if state["title"] != "Training")


def test_a_training_stops_early(recording):
    heard = []
    held_out = {"training": {"steps": 200, "batch": 4, "validation": 0.2, "check_every": 1,
                             "patience": 2, "keep": "best", "learning_rate": 0}}
    ai.Decoder("brain2pix", callback=heard.append, **NETWORK | held_out).fit(ai.Recording(recording))
    assert 2 <= max(state["done"] for state in heard if state["title"] == "Training") < 10


def test_what_a_callback_raises_comes_out(recording):
    def fail(state):
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        ai.Decoder("brain2pix", callback=fail, **NETWORK).fit(ai.Recording(recording))


def test_a_training_into_a_folder_is_stopped_and_goes_on(recording, tmp_path):
    """Ctrl-C raises KeyboardInterrupt; what was trained is kept and gone on with."""
    arguments = {**NETWORK, "training": {"steps": 60, "batch": 4}}
    main = threading.main_thread().ident
    sent = []

    def interrupt(state):
        if state["title"] == "Training" and state["done"] >= 5 and not sent:
            sent.append(time.time())
            signal.pthread_kill(main, signal.SIGINT)

    decoder = ai.Decoder("brain2pix", callback=interrupt, **arguments)
    with pytest.raises(KeyboardInterrupt):
        decoder.fit(ai.Recording(recording), out=tmp_path / "m")
    assert time.time() - sent[0] < 5
    assert (tmp_path / "m.training").exists() and not (tmp_path / "m").exists()
    decoder = ai.Decoder("brain2pix", **arguments)
    decoder.fit(ai.Recording(recording), out=tmp_path / "m", resume=True)
    whole = ai.Decoder("brain2pix", **arguments).fit(ai.Recording(recording))
    test = ai.Recording(recording).responses("test")
    assert np.array_equal(decoder.predict(test), whole.predict(test))


@pytest.mark.parametrize("use, words", [
    (lambda x, y: ai.Decoder("rigde").fit(x, y), "rigde"),
    (lambda x, y: ai.Decoder("ridge", settings={"lamda": 1}).fit(x, y), "lambda"),
    (lambda x, y: ai.Decoder("tuned", training={"stpes": 1}).fit(x, y), "training.steps"),
    (lambda x, y: ai.Decoder("ridge").fit(x), "y"),
    (lambda x, y: ai.Decoder("ridge").fit(x, y[:-1]), "stimulus|images"),
    (lambda x, y: ai.Decoder("ridge").fit(np.where(x == x[3, 2, 1], np.nan, x), y), "trial 3, sensor 2"),
    (lambda x, y: ai.Decoder("ridge").predict(x), "fit"),
    (lambda x, y: ai.Decoder("ridge").fit(x, y).predict(x[:, :-1]), "sensors"),
    (lambda x, y: ai.Decoder("ridge").fit(x, y).predict(x * np.inf), "NaN or infinite"),
    (lambda x, y: ai.Decoder("ridge").fit(x[:, :0], y), "0 feature"),
    (lambda x, y: ai.Decoder("ridge").fit(x, y).predict(x[:0]), "0 sample"),
    (lambda x, y: ai.Decoder("ridge").fit(torch.complex(*2 * [torch.from_numpy(x)]), y), "complex"),
    (lambda x, y: ai.Decoder("ridge").fit(np.full(x.shape, "a"), y), "type <U1"),
    (lambda x, y: ai.Decoder("ridge", data={"predicted": 5}).fit(x, y), "data.predicted"),
    (lambda x, y: ai.Decoder("tuned", **NETWORK).fit(x, y), "receptive field"),
    (lambda x, y: ai.Decoder("ridge").fit(x, y).score(x, y[:, :8, :8]), "pixels"),
    (lambda x, y: ai.Decoder("ridge").set_params(lambda_=2), "lambda_"),
])
def test_wrong_use_is_refused_in_one_sentence(recording, use, words):
    x, y, _, _, _ = arrays_of(recording)
    with pytest.raises(ai.Error, match=words):
        use(x, y)


def test_it_is_imported_fast_and_touches_nothing(tmp_path):
    """Beyond torch's own time; and it sets neither threads nor determinism for the process."""
    code = """
import time, torch
threads = torch.get_num_threads()
begin = time.perf_counter()
import afterimage
took = time.perf_counter() - begin
assert torch.get_num_threads() == threads and not torch.are_deterministic_algorithms_enabled()
assert took < 1, took
"""
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ})
