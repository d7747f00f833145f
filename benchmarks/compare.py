#!/usr/bin/env python3
"""Runs the benchmarks beside their peers, turn by turn, and prints the ratios of their medians.

Usage: compare.py BUILD_DIR [NAME ...] [--rounds N]

A benchmark is a program BUILD_DIR/benchmarks/bench_NAME (Google Benchmark). Its peer, where it has
one, is benchmarks/peers/NAME.py; it prints one JSON object on its last line, from the names of the
benchmark's cases ("training_step/fp32") to milliseconds. Both run with the same number of threads
(OMP_NUM_THREADS, default: all processors), which spin only shortly while they wait, as those of the
program do (GOMP_SPINCOUNT): else other programs on the machine are what is measured.
"""
import argparse
import json
import os
import re
import statistics
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

UNITS = {"ns": 1e-6, "us": 1e-3, "ms": 1.0, "s": 1e3}
# What Google Benchmark adds to a name about how it measured.
SETTINGS = re.compile(r"/(process_time|real_time|manual_time|min_warmup_time:[^/]*|min_time:[^/]*|iterations:\d+)")


def run(command, environment):
    process = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True)
    if process.returncode:
        sys.exit(f"{' '.join(map(str, command))} failed with exit code {process.returncode}")
    return process.stdout


def times_of_program(path, environment):
    report = json.loads(run([path, "--benchmark_format=json"], environment))
    return {SETTINGS.sub("", entry["name"]): entry["real_time"] * UNITS[entry["time_unit"]]
            for entry in report["benchmarks"] if entry.get("run_type", "iteration") == "iteration"}


def times_of_peer(path, environment):
    return json.loads(run([sys.executable, path], environment).strip().splitlines()[-1])


def print_table(ours, peers):
    width = max(map(len, ours), default=0)
    print(f"{'median of each, ms':{width}}  afterimage        peer  times as fast")
    for name, values in ours.items():
        mine = statistics.median(values)
        line = f"{name:{width}}  {mine:10.3f}"
        if name in peers:
            peer = statistics.median(peers[name])
            line += f"  {peer:10.3f}  {peer / mine:13.2f}"
        print(line)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build_dir", type=Path)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()

    threads = os.environ.get("OMP_NUM_THREADS", str(os.cpu_count()))
    environment = {"GOMP_SPINCOUNT": "10000", **os.environ, "OMP_NUM_THREADS": threads,
                   "MKL_NUM_THREADS": threads}
    programs = sorted(path for path in (options.build_dir / "benchmarks").glob("bench_*")
                      if path.is_file() and os.access(path, os.X_OK))
    if options.names:
        programs = [path for path in programs if path.name.removeprefix("bench_") in options.names]
    if not programs:
        sys.exit(f"no benchmark in {options.build_dir}/benchmarks; build with -D AFTERIMAGE_BENCHMARKS=ON")

    print(f"{threads} threads, {options.rounds} rounds")
    for program in programs:
        peer = Path(__file__).parent / "peers" / f"{program.name.removeprefix('bench_')}.py"
        ours, peers = defaultdict(list), defaultdict(list)
        for _ in range(options.rounds):
            for name, time in times_of_program(program, environment).items():
                ours[name].append(time)
            if peer.exists():
                for name, time in times_of_peer(peer, environment).items():
                    peers[name].append(time)
        print_table(ours, peers)
        for name in sorted(set(peers) - set(ours)):
            sys.exit(f"{peer.name} measures '{name}', which {program.name} does not have")


if __name__ == "__main__":
    main()
