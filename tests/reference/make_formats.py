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


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    safetensors()
    images()
    resize()
