"""Makes tests/reference/importers/nwb: NWB files written by pynwb, and what is in them by NumPy.

    pip install pynwb numpy
    python tests/reference/importers/make_nwb.py

Four electrodes in two areas, five images of 6 x 8 pixels, twelve trials at odd times. `rates.nwb` has rates
(time, electrode) and trials that name images of an Images container; `units.nwb` has spike times of three
units and an IndexSeries into the images. `expected.npz` has the responses of the windows 0 to 100 and
100 to 250 ms, computed here from the same numbers.
"""

from datetime import datetime, timezone
from pathlib import Path

import numpy as np
from pynwb import NWBHDF5IO, NWBFile, TimeSeries
from pynwb.base import ImageReferences, Images
from pynwb.image import GrayscaleImage, ImageSeries, IndexSeries, RGBImage

FOLDER = Path(__file__).parent / "nwb"
WINDOWS = np.array([[0.0, 0.1], [0.1, 0.25]])
RATE = 100.0
START = 0.503
IMAGES = (np.arange(5)[:, None, None, None] * 40 + np.arange(6)[:, None, None] * 5
          + np.arange(8)[:, None] * 3 + np.arange(3) * 17).astype(np.uint8)  # (image, y, x, RGB)
SHOWN = np.array([0, 1, 2, 3, 4, 2, 1, 0, 4, 3, 0, 0])
SPLIT = np.array(["train"] * 8 + ["test"] * 2 + ["train", ""])
ONSET = 1 + np.arange(12) * 0.4371
EDGE = 1e-7  # seconds: samples and spikes nearer to an edge count as on it


def new_file():
    file = NWBFile("a session of a test", "afterimage", datetime(2024, 1, 1, tzinfo=timezone.utc))
    device = file.create_device("array")
    for area in ("V1", "V4"):
        group = file.create_electrode_group(f"array-{area}", "an array", area, device)
        for k in range(2):
            file.add_electrode(location=area, group=group, x=0.0, y=0.0, z=float(k))
    file.electrodes.add_column("rf_x", "degrees right of the middle", data=[1.0, -2.0, 0.0, np.nan])
    file.electrodes.add_column("rf_y", "degrees above the middle", data=[2.0, -1.0, 0.0, np.nan])
    return file


def add_trials(file, stimulus=None, split=SPLIT, onset=ONSET):
    if stimulus is not None:
        file.add_trial_column("stimulus", "what was shown")
    file.add_trial_column("set", "the split")
    file.add_trial_column("run", "the run")
    for i, start in enumerate(onset):
        extra = {} if stimulus is None else {"stimulus": stimulus[i]}
        file.add_trial(start_time=start, stop_time=start + 0.3, set=split[i], run=f"run {i // 6 + 1}",
                       **extra)


def rates():
    return np.random.default_rng(5).normal(10, 3, (600, 4))


def add_series(file, values, **options):
    module = file.create_processing_module("ecephys", "rates")
    module.add(TimeSeries("MUA", data=values, unit="Hz", **options))


def add_images(file, images=IMAGES, ordered=True):
    made = [RGBImage(f"photo-{i}", data=image) if image.ndim == 3 else GrayscaleImage(f"photo-{i}", data=image)
            for i, image in enumerate(images)]
    order = ImageReferences("order_of_images", made[::-1]) if ordered else None
    container = Images("photos", made, description="what was shown", order_of_images=order)
    file.add_stimulus_template(container)
    return container


def spikes():
    rng = np.random.default_rng(6)
    return [np.sort(rng.uniform(0.5, 7, count)) for count in (300, 40, 900)]


def add_units(file, times, **options):
    for k, electrodes in enumerate(([0], [2, 3], [1])):
        file.add_unit(spike_times=times[k], electrodes=electrodes, **options)


def add_index_series(file, container, onset=ONSET):
    """Photograph i is image 4 - i of the container's order."""
    file.add_stimulus(IndexSeries("shown", data=(4 - SHOWN).astype(np.uint32), indexed_images=container,
                                  unit="N/A", timestamps=onset - 0.001))


def add_frames(file):
    file.add_stimulus_template(ImageSeries("frames", data=IMAGES, unit="n.a.", format="raw", rate=1.0))


def write(file, path):
    with NWBHDF5IO(str(path), "w") as io:
        io.write(file, cache_spec=False)


def window_means(values, times, onsets):
    """Means over samples from start to stop of each window: (trial, channel, window)."""
    out = np.empty((len(onsets), values.shape[1], len(WINDOWS)))
    for i, onset in enumerate(onsets):
        for w, (start, stop) in enumerate(onset + WINDOWS):
            out[i, :, w] = values[(times >= start - EDGE) & (times < stop - EDGE)].mean(0)
    return out


def spike_rates(units, onsets):
    """Spikes per second in each window: (trial, unit, window)."""
    out = np.empty((len(onsets), len(units), len(WINDOWS)))
    for i, onset in enumerate(onsets):
        for w, (start, stop) in enumerate(onset + WINDOWS):
            for u, times in enumerate(units):
                out[i, u, w] = ((times >= start - EDGE) & (times < stop - EDGE)).sum() / (stop - start)
    return out


def main():
    FOLDER.mkdir(exist_ok=True)
    file = new_file()
    add_trials(file, [f"photo-{i}" for i in SHOWN])
    add_series(file, rates(), starting_time=START, rate=RATE, conversion=0.5, offset=1.0)
    add_images(file)
    write(file, FOLDER / "rates.nwb")
    file = new_file()
    add_trials(file)
    add_units(file, spikes())
    add_index_series(file, add_images(file))
    write(file, FOLDER / "units.nwb")
    times = START + np.arange(600) / RATE
    np.savez(FOLDER / "expected.npz", rates=window_means(rates() * 0.5 + 1, times, ONSET),
             units=spike_rates(spikes(), ONSET), images=IMAGES, shown=SHOWN)


if __name__ == "__main__":
    main()
