"""The launcher process: imports the runtimes once, then forks one worker a job.

A fork costs milliseconds where a fresh interpreter with torch costs seconds, so every case gets a process of its own: its
heap starts in the same state whatever ran before, and a crash costs that case alone. Launchers are separate interpreters with
separate address spaces; a case's samples come from several of them.

Reads a Preload line, then Job lines, on standard input; writes Event lines on what was standard output (libraries that print
are sent to standard error). Ends when standard input does.
"""

from __future__ import annotations

import array
import ctypes
import fcntl
import gc
import importlib
import importlib.metadata
import os
import platform
import select
import signal
import sys
import termios
import traceback
from collections.abc import Callable
from pathlib import Path

import msgspec

from archbench.measurement import messages

_INPUT = 0

_PR_SET_PDEATHSIG = 1

_PACKAGES = ("archbench", "torch", "openvino", "onnx", "numpy")


def main() -> None:
    """Serve until standard input ends."""
    _die_with_parent()
    channel = os.dup(1)
    os.dup2(2, 1)

    def emit(message: msgspec.Struct) -> None:
        line = memoryview(messages.encode(message))
        while line:
            line = line[os.write(channel, line) :]

    preload = msgspec.json.decode(_read_line(), type=messages.Preload)
    for module in preload.modules:
        importlib.import_module(module)
    os.sched_setaffinity(0, preload.affinity)
    # What was imported is not garbage: a worker that looked for some there would copy every page of it.
    gc.freeze()
    emit(messages.Ready(pid=os.getpid(), versions=_versions()))
    while _job_waits():
        sys.stderr.flush()
        child = os.fork()
        if child == 0:
            _serve(preload, emit)
        _, status = os.waitpid(child, 0)
        signalled = os.WIFSIGNALED(status)
        emit(messages.Exited(status=0 if signalled else os.WEXITSTATUS(status), signal=os.WTERMSIG(status) if signalled else 0))


def _job_waits() -> bool:
    """Wait for a job; False where standard input has ended.

    The worker reads it, not the launcher: what jobs leave on the launcher's heap would be in every later worker's.
    """
    select.select([_INPUT], [], [])
    waiting = array.array("i", [0])
    fcntl.ioctl(_INPUT, termios.FIONREAD, waiting)
    return waiting[0] > 0


def _read_line() -> bytes:
    """One line of standard input and not a byte more: the next is for another process."""
    line = bytearray()
    while not line.endswith(b"\n") and (byte := os.read(_INPUT, 1)):
        line += byte
    return bytes(line)


def _serve(preload: messages.Preload, emit: Callable[[msgspec.Struct], None]) -> None:
    """Run the next job in the forked child and leave without the interpreter's shutdown: forked runtimes may not survive it."""
    status = 1
    try:
        _die_with_parent()
        job: messages.AnyJob = msgspec.json.decode(_read_line(), type=messages.AnyJob)
        if isinstance(job, messages.LayersJob):
            from archbench.measurement.layers import watch_layers

            watch_layers(job, emit)
        elif isinstance(job, messages.LoweringJob):
            from archbench.measurement.lowering import lower_case

            lower_case(job, emit)
        elif isinstance(job, messages.PeaksJob):
            from archbench.measurement.peaks import try_limits

            try_limits(job, emit)
        elif preload.instrument:
            from archbench.measurement.counting import count_any

            count_any(job, preload.instrument, Path(preload.folder), emit)
        elif isinstance(job, messages.Job):
            from archbench.measurement.job import run_job

            if job.cpus:
                os.sched_setaffinity(0, job.cpus)
            run_job(job, emit)
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


def _versions() -> dict[str, str]:
    return {"python": platform.python_version(), **{package: importlib.metadata.version(package) for package in _PACKAGES}}


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


if __name__ == "__main__":
    main()
