"""Responses that do not fit into memory, and controls that are kept."""
import os
import shutil

import h5py
import numpy as np
import pytest
from conftest import BINARY, run_program, write_recording

SMALL = ["--set", "data.image_size=16", "--set", "unet.width=8", "--set", "unet.blocks=2",
         "--set", "training.batch=4", "--set", "objective.perceptual=0",
         "--set", "training.steps=6", "--quiet"]


def reconstruct(run, model, recording, out, *more):
    run("reconstruct", model, recording, "--out", out, "--quiet", *more, check=True)
    with h5py.File(out) as f:
        return {"decoder": f["images"][()]} | {k: v[()] for k, v in f["controls"].items()}


def same(a, b):
    return a.keys() == b.keys() and all(np.array_equal(a[k], b[k]) for k in a)


@pytest.mark.parametrize("decoder", ["demo", "tuned"])
def test_a_split_above_the_limit_gives_the_same_model_and_images(tmp_path, decoder):
    recording = write_recording(tmp_path / "r.h5", train=40, bins=3)

    def run(*arguments, **options):
        return run_program(*arguments, cwd=tmp_path, **options)

    features = ["--set", "projection.features=8"] if decoder == "tuned" else []
    found = []
    for name, limit in [("kept", 2048), ("read", 0)]:
        run("train", decoder, "--recording", recording, "--out", name, *SMALL, *features,
            "--set", f"data.memory_limit_mb={limit}", "--set", 'data.bins=["2", "3"]', check=True)
        images = reconstruct(run, name, recording, tmp_path / f"{name}-images.h5")
        found.append(((tmp_path / name / "weights.safetensors").read_bytes(), images))
    assert found[0][0] == found[1][0]
    assert same(found[0][1], found[1][1])


def peak_mib(*arguments):
    """Peak memory of the program."""
    child = os.posix_spawn(BINARY, [str(BINARY), *map(str, arguments)], os.environ)
    _, status, usage = os.wait4(child, 0)
    assert status == 0
    return usage.ru_maxrss / 1024


def test_preparing_reads_the_bins_of_the_windows_by_batch(tmp_path):
    """3 GB of responses (a hole: no block of the file is written), of which 4 ms are wanted."""
    def change(f):
        del f["responses"], f["bins/start_ms"], f["bins/stop_ms"], f["sensors"], f["trials"]
        f.create_dataset("responses", (2500, 1024, 300), "f4")
        f["bins/start_ms"] = np.arange(300.0)
        f["bins/stop_ms"] = np.arange(300.0) + 1
        f["sensors/roi"] = ["V1"] * 1024
        f["trials/stimulus"] = np.arange(2500) % 30
        f["trials/split"] = ["train"] * 2400 + ["test"] * 100

    recording = write_recording(tmp_path / "r.h5", change=change)
    assert recording.stat().st_blocks * 512 < 50e6
    for name, options in [("z", ["--windows", "100-104", "--zscore", "all"]),
                          ("d", ["--windows", "100-104", "--detrend", "1"])]:
        peak = peak_mib("prepare", recording, "--out", tmp_path / f"{name}.h5", "--quiet", *options)
        assert peak < 1024, f"{options}: {peak:.0f} MiB"


def test_controls_are_kept_and_follow_the_content(tmp_path):
    recording = write_recording(tmp_path / "r.h5", train=40)

    def run(*arguments, **options):
        return run_program(*arguments, cwd=tmp_path, **options)

    run("train", "demo", "--recording", recording, "--out", "m", *SMALL, check=True)
    fresh = reconstruct(run, "m", recording, tmp_path / "1.h5", "--cache", "false")
    assert not (tmp_path / "m.controls").exists()
    assert same(reconstruct(run, "m", recording, tmp_path / "2.h5"), fresh)
    kept = {p.name: p.stat().st_mtime_ns for p in (tmp_path / "m.controls").iterdir()}
    assert sorted(kept) == ["mean.safetensors", "ridge.safetensors"]
    assert same(reconstruct(run, "m", recording, tmp_path / "3.h5"), fresh)
    assert {p.name: p.stat().st_mtime_ns for p in (tmp_path / "m.controls").iterdir()} == kept

    # Other responses behind the same path, as large and as old as before.
    times = os.stat(recording)
    with h5py.File(recording, "r+") as f:
        f["responses"][:40] = f["responses"][:40][::-1]
    os.utime(recording, ns=(times.st_atime_ns, times.st_mtime_ns))
    changed = reconstruct(run, "m", recording, tmp_path / "4.h5")
    assert not np.array_equal(changed["ridge"], fresh["ridge"])
    assert same(changed, reconstruct(run, "m", recording, tmp_path / "5.h5", "--cache", "false"))

    (tmp_path / "m.controls" / "ridge.safetensors").write_bytes(b"damaged")
    assert same(reconstruct(run, "m", recording, tmp_path / "6.h5"), changed)
    shutil.rmtree(tmp_path / "m.controls")
    (tmp_path / "m.controls").write_text("no folder")  # nothing can be kept: not in the way
    assert same(reconstruct(run, "m", recording, tmp_path / "7.h5"), changed)
