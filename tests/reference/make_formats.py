"""Makes the files of tests/reference/formats that the unit tests of src/afterimage/formats read.

    pip install torch==2.13.0 numpy safetensors pillow scipy h5py
    python tests/reference/make_formats.py

Each function makes one test's files; all of it is deterministic.
"""

from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parent / "formats"


def safetensors():
    from safetensors.numpy import save_file

    save_file(
        {
            "a": (np.arange(6, dtype=np.float32) / 4).reshape(2, 3),
            "b": np.array([-1, 2, 300], np.int16),
            "c": np.array([True, False]),
        },
        FOLDER / "python.safetensors",
    )


def photo(height=37, width=50):
    """An RGB picture with smooth parts, edges and texture; odd height, so that chroma is padded."""
    y, x = np.mgrid[0:height, 0:width] / width
    red = 0.5 + 0.5 * np.sin(7 * x + 3 * y)
    green = 0.5 + 0.4 * np.cos(9 * y * x + 2)
    blue = 0.2 + 0.6 * ((x - 0.5) ** 2 + (y - 0.3) ** 2 < 0.06)
    texture = 0.04 * np.sin(60 * x) * np.sin(50 * y)
    return np.stack([red, green, blue], -1) * 0.9 + 0.05 + texture[..., None]


def png16(path, pixels, chunks=()):
    """A 16-bit RGB PNG, which Pillow cannot write. `chunks`: extra (type, bytes)."""
    import struct
    import zlib

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    height, width, _ = pixels.shape
    header = struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)
    parts = [(b"IHDR", header), *chunks, (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts))


def images():
    from PIL import Image, ImageOps
    from safetensors.numpy import save_file

    folder = FOLDER / "images"
    folder.mkdir(exist_ok=True)
    values = photo()
    rgb8 = np.round(values.clip(0, 1) * 255).astype(np.uint8)
    rgb = Image.fromarray(rgb8)
    alpha = Image.fromarray(np.linspace(0, 255, rgb.width).astype(np.uint8)[None].repeat(rgb.height, 0))
    rgba = rgb.copy()
    rgba.putalpha(alpha)
    exif = Image.Exif()

    rgb.save(folder / "444.jpg", quality=92, subsampling=0)
    rgb.save(folder / "422.jpg", quality=92, subsampling=1)
    rgb.save(folder / "420.jpg", quality=92, subsampling=2)
    rgb.save(folder / "progressive.jpg", quality=92, subsampling=0, progressive=True)
    rgb.save(folder / "restart.jpg", quality=92, subsampling=0, restart_marker_blocks=4)
    rgb.convert("L").save(folder / "gray.jpg", quality=92)
    rgb.convert("CMYK").save(folder / "cmyk.jpg", quality=92)
    for orientation in range(1, 9):
        exif[0x0112] = orientation
        rgb.save(folder / f"orientation{orientation}.jpg", quality=92, subsampling=0, exif=exif)
    exif[0x0112] = 6
    rgb.save(folder / "rgb.png")
    rgb.save(folder / "orientation.png", exif=exif)
    rgb.convert("L").save(folder / "gray.png")
    rgb.convert("1").save(folder / "bilevel.png")
    rgb.quantize(32).save(folder / "palette.png")
    rgba.save(folder / "alpha.png")
    rgba.convert("LA").save(folder / "grayalpha.png")
    rgba.quantize(32).save(folder / "palettealpha.png")
    rgb16 = np.round(values.clip(0, 1) * 65535).astype(np.uint16)
    png16(folder / "rgb16.png", rgb16)
    Image.fromarray(rgb16[..., 1]).save(folder / "gray16.png")
    rgb.save(folder / "lossy.webp", quality=90)
    rgb.save(folder / "lossless.webp", lossless=True)
    rgb.save(folder / "orientation.webp", lossless=True, exif=exif)
    rgba.save(folder / "alpha.webp", lossless=True, exact=True)
    rgba.save(folder / "lossyalpha.webp", quality=90, exact=True)
    rgb.save(folder / "plain.tif")
    rgb.save(folder / "lzw.tif", compression="tiff_lzw")
    rgb.save(folder / "deflate.tif", compression="tiff_adobe_deflate")
    rgb.convert("L").save(folder / "gray.tif")
    rgb.save(folder / "orientation.tif", tiffinfo={0x0112: 6})

    def as_read(path):
        """What Pillow makes of it, by the rules of read_image: upright, alpha over white."""
        if path.name in ("rgb16.png", "gray16.png"):
            wide = rgb16 if path.name == "rgb16.png" else rgb16[..., [1, 1, 1]]
            return np.round(wide / 257.0).astype(np.uint8)
        image = ImageOps.exif_transpose(Image.open(path))
        if image.mode in ("LA", "RGBA") or "transparency" in image.info:
            white = Image.new("RGBA", image.size, "white")
            return np.asarray(Image.alpha_composite(white, image.convert("RGBA")).convert("RGB"))
        return np.asarray(image.convert("RGB"))

    expected = {path.name: as_read(path).transpose(2, 0, 1) for path in sorted(folder.iterdir())}
    save_file({k: np.ascontiguousarray(v) for k, v in expected.items()}, FOLDER / "images.safetensors")


def resize():
    import torch
    from safetensors.torch import save_file

    image = torch.from_numpy(photo(21, 34).transpose(2, 0, 1)).clamp(0, 1).float()[None]
    sizes = {"down": (8, 13), "up": (40, 50), "mixed": (11, 60)}
    out = {"image": image.contiguous()}
    for name, size in sizes.items():
        resized = torch.nn.functional.interpolate(image, size, mode="bicubic", antialias=True)
        out[name] = resized.clamp(0, 1).contiguous()
    save_file(out, FOLDER / "resize.safetensors")


class Hostile:
    """What its pickle asks to run: it would leave a file behind."""

    def __reduce__(self):
        import posix

        return posix.system, ("touch afterimage-pickle-was-run",)


def rezip(source, target, edit, compression=0):
    """A copy of a zip file with `edit(name, bytes)` applied to each entry; None leaves it out."""
    import zipfile

    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", compression) as new:
        for info in old.infolist():
            data = edit(info.filename, old.read(info))
            if data is not None:
                new.writestr(zipfile.ZipInfo(info.filename), data, compression)


def damaged_archives():
    import torch

    source = FOLDER / "bad_other.pth"  # becomes a fixture itself at the end
    torch.save({"a": torch.arange(6.0).reshape(2, 3)}, source)

    def pickle_edit(old, new):
        def edit(name, data):
            if not name.endswith("data.pkl"):
                return data
            assert data.count(old) == 1, name
            return data.replace(old, new)

        return edit

    def only(end, change):
        return lambda name, data: change(data) if name.endswith(end) else data

    # K is a one-byte integer, J a four-byte one, \x86 a tuple of two (see pickletools).
    shape = b"K\x02K\x03\x86"
    offset = b"QK\x00"
    largest = b"\x8a\x08" + b"\xff" * 7 + b"\x7f"
    rezip(source, FOLDER / "bad_missing.pth", only("data/0", lambda data: None))
    rezip(source, FOLDER / "bad_short.pth", only("data/0", lambda data: data[:-4]))
    rezip(source, FOLDER / "bad_shape.pth", pickle_edit(shape, b"K\x03K\x03\x86"))
    rezip(source, FOLDER / "bad_offset.pth", pickle_edit(offset, b"QK\x01"))
    rezip(source, FOLDER / "bad_huge.pth", pickle_edit(shape, largest * 2 + b"\x86"))
    rezip(source, FOLDER / "bad_compressed.pth", lambda name, data: data, compression=8)
    rezip(source, FOLDER / "bad_byteorder.pth", only("byteorder", lambda data: b"big"))
    deep = b"\x80\x02)" + b"\x85" * 100_000 + b"."
    small = lambda name, data: deep if name.endswith("data.pkl") else None  # noqa: E731
    rezip(source, FOLDER / "bad_deep.pth", small)
    data = bytearray(source.read_bytes())
    data[data.index(np.float32(5).tobytes())] ^= 1
    (FOLDER / "bad_checksum.pth").write_bytes(data)
    rezip(FOLDER / "bad_short.pth", source, lambda name, data: None if "pkl" in name else data)


def torch_archives():
    import torch
    from safetensors.torch import save_file

    torch.manual_seed(1)
    whole = torch.arange(24.0).reshape(4, 6)
    tensors = {
        "whole": whole,
        "shared": whole,
        "view": whole[1:, ::2].t(),
        "row": whole[2],
        "scalar": torch.tensor(2.5, dtype=torch.float64),
        "half": torch.arange(5).half() / 4,
        "bfloat": torch.arange(5).bfloat16(),
        "long": torch.tensor([1 << 40, -1]),
        "int": torch.arange(3, dtype=torch.int32),
        "short": torch.arange(3, dtype=torch.int16),
        "char": -torch.arange(3, dtype=torch.int8),
        "byte": torch.tensor([255, 0], dtype=torch.uint8),
        "bool": torch.tensor([True, False, True]),
        "empty": torch.empty(0, 3),
        "parameter": torch.nn.Parameter(torch.arange(2.0)),
    }
    torch.save(tensors, FOLDER / "archive.pth")
    # Its keys are addresses: this file differs from run to run.
    torch.save(tensors, FOLDER / "legacy.pth", _use_new_zipfile_serialization=False)
    plain = {name: tensor.detach().clone().contiguous() for name, tensor in tensors.items()}
    save_file(plain, FOLDER / "archive.safetensors")

    model = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.BatchNorm2d(2))
    for _ in range(3):
        model(torch.randn(2, 1, 4, 4))
    torch.save(model.state_dict(), FOLDER / "model.pth")
    torch.save({"epoch": 3, "state_dict": model.state_dict()}, FOLDER / "checkpoint.pth")
    torch.save({"epoch": 3}, FOLDER / "number.pth")
    torch.save([whole], FOLDER / "list.pth")
    torch.save({"x": torch.ones(1).expand(5)}, FOLDER / "expanded.pth")
    torch.save({"x": whole}, FOLDER / "protocol4.pth", pickle_protocol=4)
    torch.save(torch.nn.Linear(1, 1), FOLDER / "module.pth")
    torch.save({"x": Hostile()}, FOLDER / "hostile.pth")
    torch.save({"x": Hostile()}, FOLDER / "hostile_legacy.pth", _use_new_zipfile_serialization=False)


def matlab():
    import h5py
    from scipy.io import savemat

    matrix = np.arange(6, dtype=np.float64).reshape(2, 3) / 4
    variables = {
        "matrix": matrix,
        "single": matrix.astype(np.float32),
        "cube": np.arange(24, dtype=np.float64).reshape(2, 3, 4),
        "number": np.array([[7.0]]),
        "int8": -np.arange(3, dtype=np.int8)[None],
        "uint8": np.array([[0, 255], [1, 2], [3, 4]], np.uint8),
        "int16": np.array([[-300, 300]], np.int16),
        "uint16": np.array([[65535, 1]], np.uint16),
        "int32": np.array([[-70000, 70000]], np.int32),
        "uint32": np.array([[4294967295, 1]], np.uint32),
        "int64": np.array([[1 << 40, -1]], np.int64),
        "logical": np.array([[True, False, True]]),
        "empty": np.zeros((0, 3)),
        "text": "some words",
        "complex": np.array([[1 + 2j]]),
        "cell": np.array([1, "a"], object),
        "structure": {"field": 1.0},
    }
    savemat(FOLDER / "v5.mat", variables)
    savemat(FOLDER / "v5_compressed.mat", variables, do_compression=True)
    for name in ("v5.mat", "v5_compressed.mat"):  # whose heading says when they were made
        with open(FOLDER / name, "r+b") as file:
            file.write(b"MATLAB 5.0 MAT-file, made by scipy".ljust(116))
    version4 = {name: variables[name] for name in ("matrix", "number", "text", "complex")}
    savemat(FOLDER / "v4.mat", version4, format="4")

    # MATLAB's own layout of version 7.3: HDF5 behind a block of 512 bytes, indices reversed.
    path = FOLDER / "v73.mat"
    classes = {"matrix": "double", "single": "single", "cube": "double", "uint8": "uint8",
               "int16": "int16", "uint32": "uint32", "logical": "logical"}
    with h5py.File(path, "w", userblock_size=512, track_order=False) as file:
        for name, kind in classes.items():
            values = variables[name]
            stored = values.astype(np.uint8) if kind == "logical" else values
            dataset = file.create_dataset(name, data=stored.T, track_times=False)
            text = h5py.h5t.C_S1.copy()  # ends with a zero as MATLAB's do, not NumPy's way
            text.set_size(len(kind))
            text.set_strpad(h5py.h5t.STR_NULLTERM)
            scalar = h5py.h5s.create(h5py.h5s.SCALAR)
            attribute = h5py.h5a.create(dataset.id, b"MATLAB_class", text, scalar)
            attribute.write(np.array(kind.encode()), mtype=text)
            if kind == "logical":
                dataset.attrs["MATLAB_int_decode"] = np.int32(1)
    write_matlab_header(path)


def write_matlab_header(path):
    header = b"MATLAB 7.3 MAT-file, made by h5py".ljust(116) + b"\0" * 8 + b"\x00\x02IM"
    with open(path, "r+b") as file:
        file.write(header)


def matlab_of_others():
    """Structures as scipy writes them, and version 7.3 as Python programs do."""
    import h5py
    from scipy.io import savemat

    matrix = np.arange(6, dtype=np.float64).reshape(2, 3) / 4
    cube = np.arange(24, dtype=np.int16).reshape(2, 3, 4)
    flags = np.array([[True, False, True]])
    structures = np.zeros((1, 2), dtype=[("R", object)])
    structures[0, 0]["R"] = structures[0, 1]["R"] = matrix
    path = FOLDER / "structures.mat"
    savemat(path, {"S": {"R": matrix, "deep": {"cube": cube, "flags": flags}, "word": "text"},
                   "many": structures})
    with open(path, "r+b") as file:
        file.write(b"MATLAB 5.0 MAT-file, made by scipy".ljust(116))

    # h5py as anyone uses it: no heading, no attributes, indices as NumPy has them.
    with h5py.File(FOLDER / "h5py.mat", "w", track_order=False) as file:
        for name, values in (("matrix", matrix), ("S/R", matrix), ("S/deep/cube", cube),
                             ("S/deep/flags", flags), ("number", np.float64(7))):
            file.create_dataset(name, data=values, track_times=False)

    # hdf5storage 0.2 with matlab_compatible=True: MATLAB's heading, kinds and order of indices. Its
    # other attributes (Python.Type and so on) are left out here, and the kind of `matrix` too.
    path = FOLDER / "hdf5storage.mat"
    with h5py.File(path, "w", userblock_size=512, track_order=False) as file:
        def add(name, values, kind=None, **attributes):
            dataset = file.create_dataset(name, data=values, track_times=False)
            if kind:
                dataset.attrs["MATLAB_class"] = np.bytes_(kind)
            for attribute, value in attributes.items():
                dataset.attrs[attribute] = value
        add("matrix", matrix.T)
        add("S/R", matrix.T, "double")
        add("S/deep/cube", cube.T, "int16")
        add("S/deep/flags", flags.T.astype(np.uint8), "logical", MATLAB_int_decode=np.int64(1))
        add("S/word", np.array([[104], [105]], np.uint16), "char", MATLAB_int_decode=np.int64(2))
        add("empty", np.array([0, 3], np.uint64), "single", MATLAB_empty=np.uint8(1))
        add("complex", np.array([[1 + 2j]]), "double")
        add("list", np.array([file["matrix"].ref], h5py.ref_dtype), "cell")
        for group in ("S", "S/deep"):
            file[group].attrs["MATLAB_class"] = np.bytes_("struct")
    write_matlab_header(path)


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    safetensors()
    images()
    resize()
    damaged_archives()
    torch_archives()
    matlab()
    matlab_of_others()
