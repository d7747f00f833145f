"""Starts the program `afterimage` that comes with the package, without importing torch: only its
place is needed, for the program is linked to torch's libraries."""
import importlib.util
import os
import sys
from pathlib import Path

BINARY = Path(__file__).parent.parent / "afterimage" / "bin" / "afterimage"


def environment():
    """That of this process, with the libraries of its torch first."""
    torch = importlib.util.find_spec("torch")
    if torch is None:
        raise SystemExit("afterimage: torch is not installed. Install it: pip install torch")
    folders = [str(Path(torch.origin).parent / "lib"), os.environ.get("LD_LIBRARY_PATH", "")]
    return {**os.environ, "LD_LIBRARY_PATH": ":".join(filter(None, folders))}


def main():
    """The command `afterimage`."""
    os.execve(BINARY, ["afterimage", *sys.argv[1:]], environment())
