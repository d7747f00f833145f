"""afterimage import nwb: files that pynwb writes, responses that NumPy computes, and what is wrong with others."""
import json
import shutil
import sys

import h5py
import numpy as np
import pytest
from conftest import SOURCE, assert_refused, write_png

sys.path.insert(0, str(SOURCE / "tests/reference/importers"))
import make_nwb as made  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")
WINDOWS = ("--windows", "0-100|100-250")


@pytest.fixture
def nwb(tmp_path):
    """nwb(change, **parts) writes s.nwb: rates or units, trials and images; `change` spoils the open file."""
    def write(change=None, values=None, spikes=None, labels=True, images=made.IMAGES, ordered=True,
              onset=made.ONSET, series=None, unit=None):
        file = made.new_file()
        names = [f"photo-{i}" for i in made.SHOWN] if labels is True else labels
        made.add_trials(file, names, onset=onset)
        if spikes is None:
            made.add_series(file, made.rates() if values is None else values,
                            **(series or dict(starting_time=made.START, rate=made.RATE)))
        else:
            made.add_units(file, spikes, **(unit or {}))
        container = made.add_images(file, images, ordered) if images is not None else None
        if labels is None and container is not None:
            made.add_index_series(file, container)
        made.write(file, tmp_path / "s.nwb")
        if change:
            with h5py.File(tmp_path / "s.nwb", "r+") as f:
                change(f)
        return tmp_path / "s.nwb"
    return write


def imported(run, path, *options):
    run("import", "nwb", path, "--out", "r.h5", "--force", *WINDOWS, *options, check=True)
    return h5py.File(path.parent / "r.h5")


def close(found, expected):
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6)


TIMES = made.START + np.arange(600) / made.RATE


def test_rates_are_window_means(run, nwb, tmp_path):
    values = made.rates()
    with imported(run, nwb(series=dict(starting_time=made.START, rate=made.RATE, conversion=0.5, offset=1.0)),
                  "--split-column", "set", "--block-column", "run") as f:
        close(f["responses"][:], made.window_means(values * 0.5 + 1, TIMES, made.ONSET))
        assert f["trials/split"].asstr()[:].tolist() == made.SPLIT.tolist()
        assert f["trials/block"][:].tolist() == [0] * 6 + [1] * 6
        assert f["trials/stimulus"][:].tolist() == (4 - made.SHOWN).tolist()  # the container's order
        assert f["trials/repeat"][:].tolist() == [0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 3]
        assert f["sensors/roi"].asstr()[:].tolist() == ["V1", "V1", "V4", "V4"]
        assert f["sensors/array"][:].tolist() == [0, 0, 1, 1]
        assert f["sensors/name"].asstr()[0] == "electrode-0"
        np.testing.assert_array_equal(f["stimuli/images"][:], made.IMAGES[::-1])
        assert f["stimuli/name"].asstr()[:].tolist() == [f"photo-{4 - i}" for i in range(5)]
        assert f["bins/start_ms"][:].tolist() == [0, 100]


def test_timestamps_and_whole_numbers(run, nwb):
    times = np.sort(np.random.default_rng(2).uniform(0.5, 7, 900))
    values = np.random.default_rng(3).integers(-3000, 3000, (900, 4)).astype(np.int16)
    with imported(run, nwb(values=values, series=dict(timestamps=times, conversion=1e-3))) as f:
        close(f["responses"][:], made.window_means(values * 1e-3, times, made.ONSET))


def test_electrical_series_names_its_electrodes(run, tmp_path):
    from pynwb.ecephys import ElectricalSeries
    file = made.new_file()
    made.add_trials(file, [f"photo-{i}" for i in made.SHOWN])
    made.add_images(file)
    region = file.create_electrode_table_region([2, 0], "two of them")
    values = made.rates()[:, :2]
    file.add_acquisition(ElectricalSeries("envelope", values, region, starting_time=made.START, rate=made.RATE,
                                          channel_conversion=[2.0, 3.0]))
    made.write(file, tmp_path / "s.nwb")
    with imported(run, tmp_path / "s.nwb") as f:
        assert f["sensors/roi"].asstr()[:].tolist() == ["V4", "V1"]
        assert f["sensors/name"].asstr()[:].tolist() == ["electrode-2", "electrode-0"]
        close(f["responses"][:], made.window_means(values * [2, 3], TIMES, made.ONSET))


def test_spikes_become_rates(run, nwb):
    with imported(run, nwb(spikes=made.spikes())) as f:
        close(f["responses"][:], made.spike_rates(made.spikes(), made.ONSET))
        assert f["sensors/roi"].asstr()[:].tolist() == ["V1", "V4", "V1"]
        assert f["sensors/name"].asstr()[:].tolist() == ["unit-0", "unit-1", "unit-2"]


def test_spikes_on_edges_belong_to_the_later_window(run, nwb):
    onset = np.array([2.0, 3.0])
    spikes = [np.array([2.0, 2.1, 2.25, 3.0999]), np.array([2.1]), np.array([3.2])]
    with imported(run, nwb(spikes=spikes, labels=["photo-1", "photo-3"], onset=onset)) as f:
        close(f["responses"][:], [[[10, 1 / 0.15], [0, 1 / 0.15], [0, 0]],
                                  [[10, 0], [0, 0], [0, 1 / 0.15]]])


def test_windows_by_region_and_fine_bins(run, nwb, tmp_path):
    path = nwb()
    run("import", "nwb", path, "--windows", "V1:0-100,V4:50-200", "--out", "r.h5", check=True)
    values = made.rates()
    with h5py.File(tmp_path / "r.h5") as f:
        early = made.window_means(values, TIMES, made.ONSET)[:, :2, 0]
        close(f["responses"][:, :2, 0], early)
        assert f["truth/window_ms"][:, 0].tolist() == [[0, 100]] * 2 + [[50, 200]] * 2
        for i, onset in enumerate(made.ONSET):
            inside = (TIMES >= onset + 0.05 - made.EDGE) & (TIMES < onset + 0.2 - made.EDGE)
            close(f["responses"][i, 2:, 0], values[inside, 2:].mean(0))
    run("import", "nwb", path, "--windows=-100-200", "--bin-ms", "50", "--out", "fine.h5", check=True)
    with h5py.File(tmp_path / "fine.h5") as f:
        assert f["bins/start_ms"][:].tolist() == [-100, -50, 0, 50, 100, 150]
        close(f["responses"][:, :, 2:4].mean(2), made.window_means(values, TIMES, made.ONSET)[:, :, 0])


def test_bins_without_a_sample_are_no_responses(run, nwb, tmp_path):
    path = nwb()  # 100 samples a second
    assert_refused(run("import", "nwb", path, "--windows", "0-100", "--bin-ms", "2", "--out", "n.h5"),
                   "none of 12 trials can be used", "of 12 the windows were not recorded, or hold no sample")
    assert not (tmp_path / "n.h5").exists()


def test_a_gap_in_the_timestamps_costs_the_trials_in_it(run, nwb, tmp_path):
    times = made.START + np.arange(600) / made.RATE
    onset = made.ONSET[0]
    there = ~((times >= onset + 0.1) & (times < onset + 0.25))  # the second window of the first trial
    values = made.rates()
    result = run("import", "nwb", nwb(values=values[there], series=dict(timestamps=times[there])),
                 "--out", "r.h5", *WINDOWS, check=True)
    assert "dropped 1 trials: their windows were not recorded, or hold no sample" in result.stderr
    with h5py.File(tmp_path / "r.h5") as f:
        close(f["responses"][:], made.window_means(values[there], times[there], made.ONSET[1:]))


def test_fractions_of_a_millisecond_divide_a_window(run, nwb, tmp_path):
    path = nwb(spikes=made.spikes())
    run("import", "nwb", path, "--windows", "0-0.3", "--bin-ms", "0.1", "--out", "r.h5", check=True)
    with h5py.File(tmp_path / "r.h5") as f:
        close(f["bins/stop_ms"][:], [0.1, 0.2, 0.3])
    assert_refused(run("import", "nwb", path, "--windows", "0-0.3", "--bin-ms", "0.2", "--out", "n.h5"),
                   "--bin-ms", "do not divide")


def test_index_series_says_what_was_shown(run, nwb):
    with imported(run, nwb(labels=None)) as f:
        names = f["stimuli/name"].asstr()[:]
        assert [names[i] for i in f["trials/stimulus"][:]] == [f"photo-{i}" for i in made.SHOWN]
        shown = f["stimuli/images"][:][f["trials/stimulus"][:]]
        np.testing.assert_array_equal(shown, made.IMAGES[made.SHOWN])


def test_older_index_series_into_an_image_series(run, nwb, tmp_path):
    def older(f):
        f["stimulus/templates/frames/data"] = made.IMAGES
        f["stimulus/templates/frames"].attrs["neurodata_type"] = "ImageSeries"
        del f["stimulus/presentation/shown/indexed_images"], f["stimulus/presentation/shown/data"]
        f["stimulus/presentation/shown/indexed_timeseries"] = h5py.SoftLink("/stimulus/templates/frames")
        f["stimulus/presentation/shown/data"] = made.SHOWN.astype(np.uint32)
    with imported(run, nwb(older, labels=None)) as f:
        assert f["stimuli/name"].asstr()[2] == "image-2"
        shown = f["stimuli/images"][:][f["trials/stimulus"][:]]
        np.testing.assert_array_equal(shown, made.IMAGES[made.SHOWN])


def test_numbers_name_images_of_a_series(run, tmp_path):
    file = made.new_file()
    made.add_trials(file, made.SHOWN + 1)
    made.add_series(file, made.rates(), starting_time=made.START, rate=made.RATE)
    made.add_frames(file)
    made.write(file, tmp_path / "s.nwb")
    with imported(run, tmp_path / "s.nwb", "--count-from", "1", "--test-stimuli", "2") as f:
        assert f["trials/stimulus"][:].tolist() == made.SHOWN.tolist()
        assert f["trials/split"].asstr()[:].tolist() == ["test" if i > 2 else "train" for i in made.SHOWN]
    assert_refused(run("import", "nwb", "s.nwb", "--out", "n.h5"), "'stimulus'", "5 images", "from 0 to 4")


def test_images_of_a_folder(run, nwb, tmp_path):
    (tmp_path / "photos").mkdir()
    for i, image in enumerate(made.IMAGES):
        write_png(tmp_path / f"photos/photo-{i}.png", image)
    path = nwb(images=None)
    with imported(run, path, "--images", "photos") as f:
        assert f["stimuli/name"].asstr()[:].tolist() == [f"photo-{i}.png" for i in range(5)]
        np.testing.assert_array_equal(f["stimuli/images"][:][f["trials/stimulus"][:]], made.IMAGES[made.SHOWN])
        inputs = json.loads(f.attrs["provenance"])["inputs"]
        assert [entry["path"].split("/")[-1] for entry in inputs] == ["s.nwb", "photos"]
    (tmp_path / "photos/photo-3.png").unlink()
    assert_refused(run("import", "nwb", path, "--images", "photos", "--out", "n.h5"), "photos", "no image 'photo-3'")
    assert_refused(run("import", "nwb", path, "--out", "n.h5"), "has no images")


@pytest.mark.parametrize("images, expected, channels", [
    (made.IMAGES[..., 0], made.IMAGES[..., :1], 1),
    (made.IMAGES / 255.0, made.IMAGES, 3),
])
def test_images_of_other_kinds(run, nwb, images, expected, channels):
    with imported(run, nwb(images=images, ordered=False)) as f:
        assert f["stimuli/images"].shape[3] == channels
        np.testing.assert_array_equal(f["stimuli/images"][:], expected)


def test_order_of_axes_and_size(run, nwb, tmp_path):
    path = nwb(images=made.IMAGES.transpose(0, 2, 1, 3), ordered=False)
    with imported(run, path, "--image-axes", "x,y") as f:
        np.testing.assert_array_equal(f["stimuli/images"][:], made.IMAGES)
    with imported(run, path, "--image-axes", "x,y", "--image-size", "3") as f:
        assert f["stimuli/images"].shape == (5, 3, 3, 3)


def test_receptive_fields_in_degrees(run, nwb):
    with imported(run, nwb(), "--x-column", "rf_x", "--y-column", "rf_y", "--field-unit", "degrees",
                  "--degrees-per-stimulus", "8") as f:
        close(f["sensors/x"][:], [0.625, 0.25, 0.5, np.nan])
        close(f["sensors/y"][:], [0.25, 0.625, 0.5, np.nan])
        assert f.attrs["degrees_per_stimulus"] == 8


def test_trials_that_cannot_be_used_are_counted(run, nwb, tmp_path):
    onset = made.ONSET.copy()
    onset[2], onset[3], onset[4] = np.nan, 0.2, 6.4  # 6.4 + 0.25 > 6.503
    labels = [f"photo-{i}" for i in made.SHOWN]
    labels[7] = ""
    result = run("import", "nwb", nwb(labels=labels, onset=onset), "--out", "r.h5", *WINDOWS, check=True)
    for words in ("dropped 1 trials: no onset", "dropped 1 trials: they show no image",
                  "dropped 2 trials: their windows were not recorded", "all trials are for training"):
        assert words in result.stderr, str(result)
    kept = [0, 1, 5, 6, 8, 9, 10, 11]
    with h5py.File(tmp_path / "r.h5") as f:
        close(f["responses"][:], made.window_means(made.rates(), TIMES, onset[kept]))
        names = f["stimuli/name"].asstr()[:]
        assert [names[i] for i in f["trials/stimulus"][:]] == [labels[k] for k in kept]


def test_trials_outside_what_was_observed_are_left_out(run, nwb):
    with imported(run, nwb(spikes=made.spikes(), unit=dict(obs_intervals=[[0.0, 2.5], [3.2, 9.0]]))) as f:
        inside = [((o >= 0) & (o + 0.25 <= 2.5)) | (o >= 3.2) for o in made.ONSET]
        assert 0 < sum(inside) < 12
        close(f["responses"][:], made.spike_rates(made.spikes(), made.ONSET[inside]))


def test_the_recording_trains(run, nwb):
    imported(run, nwb(), "--split-column", "set").close()
    run("train", "ridge", "--recording", "r.h5", "--out", "model", check=True)


def spoil_nothing(f):
    pass


def no_trials(f):
    del f["intervals"]


def no_rate(f):
    del f["processing/ecephys/MUA/starting_time"]


def two_series(f):
    f.copy("processing/ecephys/MUA", "acquisition/LFP")


def not_a_number(f):
    f["processing/ecephys/MUA/data"][100, 2] = np.nan


@pytest.mark.parametrize("change, options, words", [
    (no_trials, [], ["s.nwb: has no trials", "add_trial"]),
    (no_rate, [], ["'processing/ecephys/MUA' has neither timestamps nor starting_time"]),
    (two_series, [], ["processing/ecephys/MUA", "acquisition/LFP", "Say which: --responses"]),
    (not_a_number, [], ["trial", "electrode-2"]),
    (spoil_nothing, ["--responses", "LFP"], ["has no responses", "'LFP'", "There are: processing/ecephys/MUA"]),
    (spoil_nothing, ["--trials", "blocks"], ["has no trials ('intervals/blocks')", "there are: trials"]),
    (spoil_nothing, ["--stimulus-column", "image"], ["has no column 'image'", "run, set, start_time, stimulus"]),
    (spoil_nothing, ["--split-column", "splt"], ["has no column 'splt'"]),
    (spoil_nothing, ["--onset-column", "run"], ["'run' holds texts"]),
    (spoil_nothing, ["--x-column", "rfx"], ["has no column 'rfx'", "rf_x"]),
    (spoil_nothing, ["--x-column", "rf_x", "--field-unit", "degrees"], ["degrees_per_stimulus"]),
    (spoil_nothing, ["--windows", "all"], ["--windows", "'all'"]),
    (spoil_nothing, ["--windows", "0-0.2"], ["none of 12 trials", "hold no sample"]),
    (spoil_nothing, ["--windows", "V2:0-100"], ["no window for the ROI 'V1'"]),
    (spoil_nothing, ["--bin-ms", "30"], ["--bin-ms", "do not divide"]),
    (spoil_nothing, ["--test-stimuli", "5"], ["--test-stimuli", "5 of 5"]),
    (spoil_nothing, ["--images", "nowhere"], ["'nowhere'", "There are: stimulus/templates/photos"]),
])
def test_bad_files_and_options_are_refused(run, nwb, tmp_path, change, options, words):
    assert_refused(run("import", "nwb", nwb(change), "--out", "r.h5", *options), *words)
    assert not (tmp_path / "r.h5").exists()


def test_units_without_times_and_with_bad_ones(run, nwb):
    def no_times(f):
        del f["units/spike_times"], f["units/spike_times_index"]

    def bad_time(f):
        f["units/spike_times"][310] = np.nan

    def bad_index(f):
        f["units/spike_times_index"][1] = 5000
    for change, words in ((no_times, ["'units'", "has no spike times"]), (bad_time, ["'unit-1'", "NaN"]),
                          (bad_index, ["'spike_times_index' does not fit"])):
        assert_refused(run("import", "nwb", nwb(change, spikes=made.spikes()), "--out", "r.h5"), "s.nwb", *words)


def test_names_and_numbers_of_images_must_fit(run, nwb):
    assert_refused(run("import", "nwb", nwb(labels=made.SHOWN, ordered=False), "--out", "r.h5"),
                   "has numbers", "names but no order")
    assert_refused(run("import", "nwb", nwb(labels=["photo-9"] * 12), "--out", "r.h5"), "no image 'photo-9'")
    assert_refused(run("import", "nwb", nwb(labels=None, images=None), "--out", "r.h5"),
                   "does not say what was shown", "--stimulus-column")
    sizes = [np.zeros((6, 8, 3), np.uint8) + 90] * 4 + [np.zeros((5, 8, 3), np.uint8) + 90]
    assert_refused(run("import", "nwb", nwb(images=sizes), "--out", "r.h5"), "8 x 6 pixels", "--image-size")


def test_other_files_are_refused(run, nwb, tmp_path):
    path = nwb()
    whole = path.read_bytes()
    (tmp_path / "cut.nwb").write_bytes(whole[:len(whole) // 2])
    assert_refused(run("import", "nwb", "cut.nwb", "--out", "r.h5"), "cut.nwb")
    (tmp_path / "text.nwb").write_text("not HDF5")
    assert_refused(run("import", "nwb", "text.nwb", "--out", "r.h5"), "text.nwb", "not an HDF5 file")
    with h5py.File(tmp_path / "other.nwb", "w") as f:
        f["responses"] = [1.0]
    assert_refused(run("import", "nwb", "other.nwb", "--out", "r.h5"), "other.nwb", "is no NWB file")
    with h5py.File(tmp_path / "old.nwb", "w") as f:
        f["nwb_version"] = "NWB-1.0.6"
    assert_refused(run("import", "nwb", "old.nwb", "--out", "r.h5"), "another version", "NWB 2")
    assert_refused(run("import", "nwb", "missing.nwb", "--out", "r.h5"), "missing.nwb", "no such file")
    shutil.copy(path, tmp_path / "two.nwb")
    assert_refused(run("import", "nwb", path, "two.nwb", "--out", "r.h5"), "takes one file")
