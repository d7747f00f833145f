"""afterimage prepare against NumPy: statistics, windows, splits, images, and what is refused."""
import h5py
import numpy as np
import pytest

from conftest import assert_refused, write_recording


def repeated(path, stimuli=30, repeats=4, sensors=5, seed=3, blocks=3, bins=1, nan=False):
    """A recording whose test has repeats; blocks in turn."""
    def change(f):
        trials = len(f["trials/stimulus"])
        f["trials/block"] = np.arange(trials) % blocks
        rng = np.random.default_rng(seed)
        signal = rng.normal(size=(60 + stimuli, sensors, bins))[f["trials/stimulus"][:]]
        noise = rng.normal(size=signal.shape) * np.linspace(0.3, 3, sensors)[:, None]
        data = signal + noise + 2 * (np.arange(trials) % blocks)[:, None, None]
        if nan:
            data[7, 2, 0] = np.nan
        f["responses"][:] = data
    return write_recording(path, train=60, test=stimuli, repeats=repeats, sensors=sensors, bins=bins,
                           change=change)


def load(path):
    """What a recording holds; None for what it leaves out."""
    with h5py.File(path) as f:
        def get(name):
            return f[name][:] if name in f else None
        return {"r": f["responses"][:].astype(float), "split": f["trials/split"].asstr()[:],
                "block": get("trials/block"), "stimulus": f["trials/stimulus"][:],
                "reliability": get("sensors/reliability"), "x": get("sensors/x"),
                "images": f["stimuli/images"][:],
                **{n: get(f"sensors/measures/{n}") for n in f.get("sensors/measures", [])}}


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    return repeated(tmp_path_factory.mktemp("prepare") / "in.h5")


@pytest.mark.parametrize("kind", ["block", "test-day", "all"])
def test_zscores_are_numpys(run, tmp_path, source, kind):
    run("prepare", source, "--out", "out.h5", "--zscore", kind, check=True)
    before, after = load(source), load(tmp_path / "out.h5")
    right = before["r"].copy()
    for block in range(3):
        rows = before["block"] == block
        fit = before["split"] == ("test" if kind == "test-day" else "train")
        fit = fit if kind == "all" else fit & rows
        right[rows] = (right[rows] - before["r"][fit].mean(0)) / before["r"][fit].std(0)
    np.testing.assert_allclose(after["r"], right, rtol=1e-5, atol=1e-5)
    told = run("info", "out.h5", check=True).stdout
    assert ("transductive" in told) == (kind == "test-day")


def test_reliability_and_ceiling_are_numpys(run, tmp_path, source):
    run("prepare", source, "--out", "out.h5", "--zscore", "block", "--reliability", "test",
        "--halves", 400, check=True)
    after = load(tmp_path / "out.h5")
    test = after["split"] == "test"
    order = np.argsort(after["stimulus"][test], kind="stable")
    cube = after["r"][test][order, :, 0].reshape(30, 4, 5)  # stimulus, repeat, sensor

    def corr(a, b):
        return np.array([np.corrcoef(a[:, s], b[:, s])[0, 1] for s in range(5)])

    halves = [corr(cube[:, [0, i]].mean(1), cube[:, [j for j in (1, 2, 3) if j != i]].mean(1))
              for i in (1, 2, 3)]
    # Random halves differ from stimulus to stimulus, so this agrees within their spread only.
    np.testing.assert_allclose(after["reliability"], np.mean([2 * r / (1 + r) for r in halves], 0),
                               atol=0.06)
    np.testing.assert_array_equal(after["split_half"], after["reliability"])
    pairs = [corr(cube[:, j], cube[:, k]) for j in range(4) for k in range(j)]
    np.testing.assert_allclose(after["single_trial"], np.mean(pairs, 0), rtol=1e-6)
    oracle = np.mean([corr(cube[:, i], np.delete(cube, i, 1).mean(1)) for i in range(4)], 0)
    np.testing.assert_allclose(after["oracle"], oracle, rtol=1e-6)
    noise = cube.var(1, ddof=1).mean(0)
    snr = np.maximum(0, cube.reshape(-1, 5).var(0) - noise) / noise
    np.testing.assert_allclose(after["snr"], snr, rtol=1e-5)
    np.testing.assert_allclose(after["noise_ceiling"], snr / (snr + 1 / 4), rtol=1e-5)


def test_sensors_are_chosen_and_told(run, tmp_path, source):
    result = run("prepare", source, "--out", "out.h5", "--zscore", "block", "--reliability", "test",
                 "--min-reliability", 0.8, "--average", "test", check=True)
    after = load(tmp_path / "out.h5")
    assert 0 < len(after["reliability"]) < 5 and (after["reliability"] >= 0.8).all()
    assert f"dropped {5 - len(after['reliability'])} sensors: split-half reliability below 0.8" in result.stderr
    assert "chosen by measures of the test" in run("info", "out.h5", check=True).stdout
    assert (after["split"] == "test").sum() == 30
    run("prepare", "out.h5", "--out", "again.h5", "--rois", "V1", check=True)
    assert "chosen by measures of the test" in run("info", "again.h5", check=True).stdout
    run("report", "out.h5", "--out", "page.html", check=True)
    assert "chosen by measures of the test" in (tmp_path / "page.html").read_text()


def test_the_kind_of_reliability_is_chosen(run, tmp_path, source):
    measured = ["prepare", source, "--zscore", "block", "--reliability", "test"]
    run(*measured, "--out", "both.h5", check=True)
    both = load(tmp_path / "both.h5")
    between = np.sort(both["single_trial"])[2:4].mean()  # keeps two of five; split-half keeps more
    assert (both["split_half"] >= between).sum() > 2
    kind = ["--reliability-kind", "single-trial", "--min-reliability", between]
    for out, told in [("direct.h5", run(*measured, *kind, "--out", "direct.h5", check=True)),
                      ("later.h5", run("prepare", "both.h5", *kind, "--out", "later.h5", check=True))]:
        after = load(tmp_path / out)
        kept = both["single_trial"] >= between
        np.testing.assert_array_equal(after["single_trial"], both["single_trial"][kept])
        assert f"dropped {5 - kept.sum()} sensors: single-trial reliability below" in told.stderr
    np.testing.assert_array_equal(load(tmp_path / "direct.h5")["reliability"], both["single_trial"][kept])
    np.testing.assert_array_equal(load(tmp_path / "later.h5")["reliability"], both["split_half"][kept])


def test_windows_and_baseline(run, tmp_path):
    source = repeated(tmp_path / "in.h5", bins=4)  # 25-75, 75-125, 125-175, 175-225 ms
    with h5py.File(source, "a") as f:
        f["bins/start_ms"][:] = [-100, 0, 50, 100]
        f["bins/stop_ms"][:] = [0, 50, 100, 150]
    run("prepare", source, "--out", "out.h5", "--baseline=-100-0", "--windows",
        "V1:0-100,V4:50-150", check=True)
    r = load(source)["r"]
    right = np.where(np.arange(5)[:, None] < 2, r[:, :, [1, 2]].mean(2, keepdims=True),
                     r[:, :, [2, 3]].mean(2, keepdims=True)) - r[:, :, :1]
    after = load(tmp_path / "out.h5")
    np.testing.assert_allclose(after["r"], right, atol=1e-5)
    with h5py.File(tmp_path / "out.h5") as f:
        assert f["truth/window_ms"][0].tolist() == [[0, 100]]
        assert f["truth/window_ms"][4].tolist() == [[50, 150]]
        assert (f["bins/start_ms"][0], f["bins/stop_ms"][0]) == (0, 150)
    assert_refused(run("prepare", source, "--out", "no.h5", "--windows", "single"), "33-166", "150")
    assert_refused(run("prepare", source, "--out", "no.h5", "--baseline", "0-50"), "before")


@pytest.mark.parametrize("options", [["--split", "cluster", "--clusters", 6],
                                     ["--split", "block", "--test-blocks", "1"]])
def test_new_splits_do_not_leak(run, tmp_path, options):
    source = write_recording(tmp_path / "in.h5", train=40, test=6, size=48,
                             change=lambda f: f.create_dataset("trials/block",
                                                               data=np.arange(52) // 13))
    run("prepare", source, "--out", "out.h5", *options, check=True)
    after = load(tmp_path / "out.h5")
    sets = [set(after["stimulus"][after["split"] == s]) for s in ("train", "test")]
    assert sets[0] and sets[1] and not sets[0] & sets[1]


def test_retina_warp_and_back(run, tmp_path, recording):
    run("prepare", recording, "--out", "warped.h5", "--image-size", 64, "--retina", "warp", check=True)
    run("prepare", "warped.h5", "--out", "back.h5", "--retina", "unwarp", check=True)
    before, back = load(recording), load(tmp_path / "back.h5")
    np.testing.assert_allclose(back["x"], before["x"], atol=1e-9)
    assert np.abs(load(tmp_path / "warped.h5")["x"] - before["x"]).max() > 0.05


def test_bad_input_is_refused(run, tmp_path, source):
    out = ["--out", "out.h5"]
    assert_refused(run("prepare", source, *out, "--zscore", "day"), "--zscore", "test-day")
    assert_refused(run("prepare", source, *out, "--min-reliability", 2), "min-reliability")
    assert_refused(run("prepare", source, *out, "--min-reliability", 0.5, "--reliability-kind",
                       "single-trial"), "single-trial reliability", "--reliability test")
    assert_refused(run("prepare", source, *out, "--reliability-kind", "mean"), "single-trial")
    assert_refused(run("prepare", source, *out, "--min-oracle", 0.5), "oracle", "--reliability")
    assert_refused(run("prepare", source, *out, "--rois", "V5"), "V5", "V1")
    assert_refused(run("prepare", source, *out, "--delays", "1,2"), "films")
    assert_refused(run("prepare", source, *out, "--reliability", "train"), "shown more than once")
    assert_refused(run("prepare", source, *out, "--split", "category"), "categories")
    assert_refused(run("prepare", source, *out, "--windwos", "all"), "--windows")
    assert_refused(run("prepare", tmp_path / "none.h5", *out), "no such file")
    nan = repeated(tmp_path / "nan.h5", nan=True)
    assert_refused(run("prepare", nan, *out, "--zscore", "block"), "trial 7", "sensor 2", "nan")
    cut = tmp_path / "cut.h5"
    cut.write_bytes(source.read_bytes()[:3000])
    assert_refused(run("prepare", cut, *out), "cut")
    assert not (tmp_path / "out.h5").exists() and not list(tmp_path.glob(".out*"))
    run("prepare", source, *out, check=True)
    assert_refused(run("prepare", source, *out), "--force")


def test_import_takes_the_same_options(run, tmp_path):
    from conftest import SOURCE
    digits = SOURCE / "assets/examples/digit69/digit69_28x28.mat"
    run("import", "digit69", digits, "--out", "plain.h5", check=True)
    run("prepare", "plain.h5", "--out", "two.h5", "--zscore", "all", "--image-size", 32, check=True)
    run("import", "digit69", digits, "--out", "one.h5", "--zscore", "all", "--image-size", 32,
        check=True)
    one, two = load(tmp_path / "one.h5"), load(tmp_path / "two.h5")
    assert np.array_equal(one["r"], two["r"]) and one["images"].shape == (100, 32, 32, 1)
    assert np.array_equal(one["images"], two["images"])
    assert sorted(p.name for p in tmp_path.iterdir()) == ["one.h5", "plain.h5", "two.h5"]
