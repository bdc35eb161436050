"""What the commands tell the person: progress, and one clear line when they cannot go on."""

import errno
import os
import subprocess
import sys
import time

_START = time.monotonic()


class StopError(Exception):
    """The command cannot go on; its text says what to do, in one line."""


def progress(text):
    """Tell on standard error, which leaves standard output to results."""
    print(f"[{time.monotonic() - _START:6.1f}s] {text}", file=sys.stderr, flush=True)


def explain(error):
    """Turn any error into one line that says what to do.

    >>> explain(StopError("Port 8069 is taken"))
    'Port 8069 is taken'
    >>> explain(OSError(errno.ENOSPC, "No space left on device", "/x"))
    'The disk is full (/x): free about 3 GB and run the command again.'
    """
    if isinstance(error, StopError):
        return str(error)
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return f"The disk is full ({error.filename}): free about 3 GB and run the command again."
    if isinstance(error, subprocess.CalledProcessError):
        return f"{error.cmd[0]} ended with exit code {error.returncode}; OR_DEBUG=1 shows more."
    line = " ".join(str(error).split()) or "no further text"
    return f"{type(error).__name__}: {line} (OR_DEBUG=1 shows where)"


def debugging():
    """Whether tracebacks are wanted."""
    return bool(os.environ.get("OR_DEBUG"))


def run_quietly(command, failure, **options):
    """Run a program without its chatter; when it fails, stop with `failure` and its last line."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()
        if debugging():
            print(done.stdout, done.stderr, file=sys.stderr)
        raise StopError(f"{failure} ({said[-1].strip() if said else 'no output'})")
    return done.stdout
