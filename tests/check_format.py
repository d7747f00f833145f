#!/usr/bin/env python3
"""Names each C++ file that clang-format would change; `make format` mends them.

Usage: check_format.py CLANG_FORMAT SOURCE_DIR
"""
import subprocess
import sys
from pathlib import Path

clang_format, source = sys.argv[1], Path(sys.argv[2])
files = sorted(path for folder in ("src", "apps", "tests", "benchmarks", "examples")
               for pattern in ("*.h", "*.cpp") for path in (source / folder).rglob(pattern))
result = subprocess.run([clang_format, "--dry-run", *files], capture_output=True, text=True)
wrong = {line.split(":")[0] for line in result.stderr.splitlines() if "-Wclang-format" in line}
for name in sorted(wrong):
    print(f"{Path(name).relative_to(source)}: not formatted; run `make format`")
sys.exit(1 if wrong or result.returncode else 0)
