"""What the tests of the program share: running it, judging refusals, and making small inputs.

ctest sets AFTERIMAGE_BINARY (the program) and AFTERIMAGE_SOURCE (the project); by hand:
    AFTERIMAGE_BINARY=build/release/bin/afterimage .deps/python/bin/python -m pytest tests/cli
"""
import json
import os
import struct
import subprocess
import zlib
from pathlib import Path

import numpy as np
import pytest

SOURCE = Path(os.environ.get("AFTERIMAGE_SOURCE", Path(__file__).resolve().parents[2]))
BINARY = Path(os.environ.get("AFTERIMAGE_BINARY", SOURCE / "build/release/bin/afterimage")).resolve()


class Result:
    """One run of the program. As text it is all that a failing test should show."""

    def __init__(self, command, process):
        self.command = command
        self.returncode = process.returncode
        self.stdout = process.stdout
        self.stderr = process.stderr

    def __str__(self):
        return f"$ {' '.join(self.command)}\n{self.stdout}{self.stderr}[exit {self.returncode}]"


def run_program(*arguments, cwd=None, check=False, timeout=300, **environment):
    """Runs the program. With `check`, anything but exit 0 fails the test. Further keywords are
    variables of the environment."""
    command = [str(BINARY), *map(str, arguments)]
    process = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=timeout,
                             stdin=subprocess.DEVNULL, env={**os.environ, **environment})
    result = Result(command, process)
    assert not check or result.returncode == 0, str(result)
    return result


def assert_refused(result, *words):
    """Bad input is refused with exit code 2 and one line that names what is wrong."""
    assert result.returncode == 2, str(result)
    assert result.stderr.startswith("afterimage: "), str(result)
    assert result.stderr.count("\n") == 1 and result.stderr.endswith("\n"), str(result)
    for word in words:
        assert str(word) in result.stderr, f"'{word}' is not in: {result}"


def write_png(path, image):
    """An 8-bit image (height, width, 3) or (height, width), without an imaging library."""
    image = np.ascontiguousarray(image, dtype=np.uint8)
    height, width = image.shape[:2]
    rows = np.insert(image.reshape(height, -1), 0, 0, axis=1)  # each row starts with "no filter"

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2 if image.ndim == 3 else 0, 0, 0, 0)
    Path(path).write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) +
                           chunk(b"IDAT", zlib.compress(rows.tobytes())) + chunk(b"IEND", b""))


def read_png(path):
    """An 8-bit RGB image (height, width, 3) as the program writes it."""
    data, at, packed = Path(path).read_bytes(), 8, b""
    while at < len(data):
        size, name = struct.unpack(">I4s", data[at:at + 8])
        if name == b"IHDR":
            width, height, depth, kind, *_ = struct.unpack(">IIBBBBB", data[at + 8:at + 21])
            assert (depth, kind) == (8, 2)
        packed += data[at + 8:at + 8 + size] if name == b"IDAT" else b""
        at += size + 12
    rows = np.frombuffer(zlib.decompress(packed), np.uint8).reshape(height, 1 + 3 * width)
    image = np.zeros((height + 1, width + 1, 3), int)  # with zeros above and to the left
    for y, row in enumerate(rows, 1):
        for x, values in enumerate(row[1:].reshape(width, 3), 1):
            left, up, corner = image[y, x - 1], image[y - 1, x], image[y - 1, x - 1]
            guess = left + up - corner
            nearest = np.where((abs(guess - left) <= abs(guess - up)) & (abs(guess - left) <= abs(guess - corner)),
                               left, np.where(abs(guess - up) <= abs(guess - corner), up, corner))
            image[y, x] = (values + [0, left, up, (left + up) // 2, nearest][row[0]]) % 256
    return image[1:, 1:].astype(np.uint8)


def coarse_images(count, size, rng, blocks=4):
    """Random colour fields (count, size, size, 3) uint8: coarse enough to be decoded."""
    small = rng.integers(0, 256, (count, blocks, blocks, 3), dtype=np.uint8)
    return small.repeat(size // blocks, axis=1).repeat(size // blocks, axis=2)


def write_image_folder(folder, count=8, size=64, seed=1):
    """A folder of photographs as `simulate --images` takes it."""
    folder.mkdir(parents=True, exist_ok=True)
    for i, image in enumerate(coarse_images(count, size, np.random.default_rng(seed))):
        write_png(folder / f"photo{i:03d}.png", image)
    return folder


def write_recording(path, train=24, test=6, repeats=2, size=16, sensors=20, bins=1, noise=0.1,
                    seed=1, change=None):
    """A small recording (docs/recording.md) that can be decoded: each sensor sees the brightness at
    its receptive field. `change(file)` may spoil it before it is closed."""
    import h5py

    rng = np.random.default_rng(seed)
    images = coarse_images(train + test, size, rng)
    stimulus = np.r_[np.arange(train), np.repeat(np.arange(train, train + test), repeats)]
    x, y = rng.uniform(0.05, 0.95, (2, sensors))
    columns, rows = (x * size).astype(int), (y * size).astype(int)
    brightness = images[stimulus].mean(axis=3)[:, rows, columns] / 255  # (trial, sensor)
    responses = brightness[:, :, None] + noise * rng.normal(size=(len(stimulus), sensors, bins))
    with h5py.File(path, "w") as f:
        f.attrs["format"] = "afterimage-recording"
        f.attrs["version"] = 1
        f.attrs["degrees_per_stimulus"] = 8.0
        f["stimuli/images"] = images
        f["trials/stimulus"] = stimulus
        f["trials/split"] = ["train"] * train + ["test"] * (test * repeats)
        f["responses"] = responses.astype(np.float32)
        f["bins/start_ms"] = 50.0 * np.arange(bins) + 25
        f["bins/stop_ms"] = 50.0 * np.arange(bins) + 75
        f["sensors/roi"] = ["V1"] * (sensors // 2) + ["V4"] * (sensors - sensors // 2)
        f["sensors/x"] = x
        f["sensors/y"] = y
        f["sensors/size"] = np.full(sensors, 0.1)
        f.attrs["complete"] = 1
        if change:
            change(f)
    return path


def tensors_of(path):
    """A safetensors file, read by its format alone."""
    data = path.read_bytes()
    size = int.from_bytes(data[:8], "little")
    types = {"F32": np.float32, "F64": np.float64, "I64": np.int64, "BOOL": np.bool_}
    return {name: np.frombuffer(data[8 + size:][slice(*entry["data_offsets"])],
                                types[entry["dtype"]]).reshape(entry["shape"])
            for name, entry in json.loads(data[8:8 + size]).items()}


@pytest.fixture
def run(tmp_path):
    """run(*arguments, check=False) runs the program in the test's own folder."""
    def run_here(*arguments, **options):
        return run_program(*arguments, **{"cwd": tmp_path, **options})
    return run_here


@pytest.fixture(scope="session")
def recording(tmp_path_factory):
    """A small recording that no test changes."""
    return write_recording(tmp_path_factory.mktemp("recording") / "recording.h5", train=120,
                           sensors=60)


@pytest.fixture(scope="session")
def images(tmp_path_factory):
    """A folder of photographs that no test changes."""
    return write_image_folder(tmp_path_factory.mktemp("images") / "photos")
