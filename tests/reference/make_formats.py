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


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    safetensors()
