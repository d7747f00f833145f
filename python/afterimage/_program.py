"""Runs the program `afterimage` that comes with the package."""
import signal
import subprocess
import sys
import threading

from afterimage_launcher import BINARY, environment

from ._core import Error


def _forward(stream, show, kept):
    for line in stream:
        kept.append(line)
        if show:
            sys.stderr.write(line)
            sys.stderr.flush()


def run(words, show=True):
    """Standard output of `afterimage WORDS`. What it says of its progress goes to sys.stderr where
    `show`. Ctrl-C stops it as it would in a terminal, and raises KeyboardInterrupt.

    Raises Error with the program's own sentence where it refuses its input.
    """
    process = subprocess.Popen([BINARY, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               text=True, env=environment(), start_new_session=True)
    said = []
    pump = threading.Thread(target=_forward, args=(process.stderr, show, said), daemon=True)
    pump.start()
    try:
        output = process.stdout.read()
        code = process.wait()
    except KeyboardInterrupt:
        process.send_signal(signal.SIGINT)
        process.wait()
        raise
    pump.join()
    if code == 0:
        return output
    message = said[-1].strip().removeprefix("afterimage: ") if said else f"exit code {code}"
    if code == 130:
        raise KeyboardInterrupt(message)
    raise Error(message) if code == 2 else RuntimeError(message)
