"""What Decoder.predict adds to the library's own call, one sample at a time.

    PYTHONPATH=build/release/python .deps/python/bin/python benchmarks/predict_overhead.py

Each decoder is fitted to noise (256 sensors, images of 64 px), then numpy responses of one trial go
through `predict` and, as the tensor the library takes, through the function it calls, in turn.
Figures are medians of processor time of the calling thread, and of the differences and ratios of
neighbours; one thread.
"""
import argparse
import statistics
import time

import numpy as np
import torch

import afterimage as ai

SENSORS, TRIALS = 256, 40
DECODERS = {"ridge": {}, "tuned": {"training": {"steps": 1, "batch": 2}, "objective": {"perceptual": 0}}}


def fitted(name, side):
    random = np.random.default_rng(1)
    responses = random.normal(size=(TRIALS, SENSORS)).astype(np.float32)
    images = random.integers(0, 256, (TRIALS, side, side, 3), dtype=np.uint8)
    sensors = {"x": random.uniform(0.1, 0.9, SENSORS), "y": random.uniform(0.1, 0.9, SENSORS),
               "size": np.full(SENSORS, 0.08)}
    return ai.Decoder(name, **DECODERS[name]).fit(responses, images, sensors=sensors), responses[:1]


def microseconds(use):
    begin = time.thread_time_ns()
    use()
    return (time.thread_time_ns() - begin) / 1000


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--decoders", nargs="+", default=list(DECODERS), choices=list(DECODERS))
    parser.add_argument("--side", type=int, default=64, help="of the images, pixels")
    parser.add_argument("--rounds", type=int, default=500)
    options = parser.parse_args()
    torch.set_num_threads(1)
    for name in options.decoders:
        decoder, one = fitted(name, options.side)
        model, run, sample = decoder.model_, decoder._run(), torch.from_numpy(one).unsqueeze(2)
        both = [lambda: decoder.predict(one), lambda: model.predict(sample, [], 32, run)]
        pairs = []
        for i in range(options.rounds + 5):  # the first ones warm up
            order = (0, 1) if i % 2 else (1, 0)
            took = {which: microseconds(both[which]) for which in order}
            pairs.append((took[0], took[1]))
        pairs = pairs[5:]
        ours, theirs = (statistics.median(one) for one in zip(*pairs))
        more = statistics.median(a - b for a, b in pairs)
        ratio = statistics.median(a / b for a, b in pairs)
        print(f"{name:<8}predict {ours:9.1f} us   the call {theirs:9.1f} us   more {more:6.1f} us   "
              f"ratio {ratio:.3f}", flush=True)


if __name__ == "__main__":
    main()
