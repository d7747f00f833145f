#!/usr/bin/env python3
"""Holds the includes against the order of the rooms: a folder of src/afterimage uses only those
above it in src/afterimage/CMakeLists.txt, and nothing in src uses apps or tests.

Usage: check_includes.py SOURCE_DIR | --self-test
Prints one line per include in the wrong direction and exits with 1 if there is any.
"""
import re
import sys
import tempfile
from pathlib import Path

INCLUDE = re.compile(r'\s*#\s*include\s*["<]([^">]+)[">]')


def rooms_in_order(source):
    text = (source / "src/afterimage/CMakeLists.txt").read_text()
    return re.findall(r"^\s*add_subdirectory\((\w+)\)", text, re.MULTILINE)


def wrong_includes(source):
    order = {room: rank for rank, room in enumerate(rooms_in_order(source))}
    assert order, "src/afterimage/CMakeLists.txt names no room"
    root = source / "src/afterimage"
    for path in sorted([*root.rglob("*.h"), *root.rglob("*.cpp")]):
        room = path.relative_to(root).parts[0]
        if room not in order:
            yield f"{path.relative_to(source)}: '{room}' is no room of src/afterimage/CMakeLists.txt"
            continue
        for number, line in enumerate(path.read_text().splitlines(), start=1):
            match = INCLUDE.match(line)
            if not match:
                continue
            where = f"{path.relative_to(source)}:{number}: {room} includes {match[1]}"
            parts = match[1].split("/")
            if parts[0] in ("apps", "tests") or ".." in parts:
                yield f"{where}, which is outside src/afterimage"
            elif parts[0] == "afterimage" and len(parts) > 2:
                if parts[1] not in order:
                    yield f"{where}, but there is no room '{parts[1]}' (apps include 'NAME.h')"
                elif order[parts[1]] > order[room]:
                    yield f"{where}, but {parts[1]} is below {room}"


def self_test():
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder)
        files = {
            "CMakeLists.txt": "add_subdirectory(base)\nadd_subdirectory(networks)\n",
            "base/a.h": '#include "afterimage/networks/unet.h"\n',
            "base/b.cpp": '#include "afterimage/base/a.h"\n#include <vector>\n',
            "networks/unet.h": '#include "afterimage/base/a.h"\n',
            "networks/c.cpp": '#include <string>\n#  include "../../apps/main.h"\n',
            "stray/d.h": "",
        }
        for name, text in files.items():
            path = source / "src/afterimage" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        found = list(wrong_includes(source))
    expected = ["base/a.h:1: base includes afterimage/networks/unet.h", "networks/c.cpp:2:", "stray/d.h:"]
    assert len(found) == len(expected), found
    assert all(part in line for part, line in zip(expected, found)), found


if __name__ == "__main__":
    if sys.argv[1:] == ["--self-test"]:
        self_test()
    elif len(sys.argv) == 2:
        lines = list(wrong_includes(Path(sys.argv[1]).resolve()))
        print("\n".join(lines), end="\n" if lines else "")
        sys.exit(1 if lines else 0)
    else:
        sys.exit(__doc__)
