#!/usr/bin/env python3
"""Rules for the text of the project's files that no compiler checks.

Usage: check_text.py SOURCE_DIR | --self-test
Prints one line per breach and exits with 1 if there is any.
"""
import re
import subprocess
import sys
from pathlib import Path

# Web addresses that may stand in the project: papers, licences, names of formats.
HOSTS = r"(?:doi\.org|arxiv\.org|openreview\.net|github\.com|www\.w3\.org|creativecommons\.org)"

CPP = re.compile(r"\.(h|cpp)$")
HEADER = re.compile(r"\.h$")
BELOW_RUN_CONTEXT = re.compile(r"^src/afterimage/(?!base/).*(?<!_test)\.(h|cpp)$")
ANY = re.compile("")

# (which files, what must not stand in them, why)
RULES = [
    (ANY, re.compile(r"(?<![\w.])/(?:work|root|home/\w+|Users)/"), "a path of one machine"),
    (ANY, re.compile(r"\.\./shared\b"), "a path outside the project"),
    (ANY, re.compile(rf"https?://(?!{HOSTS}(?:[/\s\"'>)]|$))"), "an address that is not of a paper, "
     "a licence or a format (HOSTS in tests/check_text.py)"),
    (CPP, re.compile(r"#\s*include\s*<torch/(torch|all|nn)\.h>"), "all of torch; include narrowly"),
    (HEADER, re.compile(r"^\s*using namespace "), "using namespace in a header"),
    (BELOW_RUN_CONTEXT, re.compile(r"\bset_num_threads\b|\bkCUDA\b|\bmanual_seed\b"),
     "threads, device and seed are chosen in the run context"),
]


def breaches(name, text):
    if HEADER.search(name) and "#pragma once" not in text:
        yield f"{name}:1: a header without #pragma once"
    for files, pattern, why in RULES:
        if not files.search(name):
            continue
        for number, line in enumerate(text.splitlines(), start=1):
            if pattern.search(line):
                yield f"{name}:{number}: {why}: {line.strip()[:80]}"


def tracked_files(source):
    listed = subprocess.run(["git", "-C", source, "ls-files", "-z", "--cached", "--others",
                             "--exclude-standard"], check=True, capture_output=True, text=True)
    return [name for name in listed.stdout.split("\0") if name]


def check(source):
    for name in tracked_files(source):
        path = Path(source) / name
        if name == "tests/check_text.py" or not path.is_file():
            continue
        try:
            yield from breaches(name, path.read_text())
        except UnicodeDecodeError:
            pass  # weights and fixtures


def self_test():
    good = [
        ("src/afterimage/base/a.h", '#pragma once\n#include <torch/types.h>\nat::set_num_threads(2);'),
        ("docs/a.md", "https://doi.org/10.1/x and /usr/lib and a/" + "work/b"),
    ]
    bad = [
        ("README.md", "see /" + "root/file"),
        ("a.py", "open('/" + "home/me/x')"),
        ("a.cmake", "https:/" + "/example.org/simple"),
        ("src/afterimage/base/a.h", "#include <vector>"),
        ("src/afterimage/base/a.cpp", "#include <torch/torch.h>"),
        ("src/afterimage/networks/a.cpp", "x.to(at::kCUDA);"),
    ]
    for name, text in good:
        assert not list(breaches(name, text)), (name, text)
    for name, text in bad:
        assert len(list(breaches(name, text))) == 1, (name, text)


if __name__ == "__main__":
    if sys.argv[1:] == ["--self-test"]:
        self_test()
    elif len(sys.argv) == 2:
        lines = list(check(sys.argv[1]))
        print("\n".join(lines), end="\n" if lines else "")
        sys.exit(1 if lines else 0)
    else:
        sys.exit(__doc__)
