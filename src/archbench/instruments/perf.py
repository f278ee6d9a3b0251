"""Instructions, cycles and last-level accesses as the processor's own counters see them, through `perf stat`.

Counts are of user space, of all threads of the worker, over a few inferences. `perf` is attached while counting is off and
switched on and off around each inference. Cold: an array of twice the last level has been read through just before.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

import numpy as np

from archbench.contracts import Readings
from archbench.errors import BackendError
from archbench.instruments.host_caches import host_caches

_EVENTS = {
    "instructions:u": "instructions",
    "cycles:u": "cycles",
    "LLC-loads:u": "LLC loads",
    "LLC-load-misses:u": "LLC load misses",
}

#: Inferences a state, whose mean is given.
_REPEATS = 5

_UNKNOWN_CACHE = 64 * 2**20

#: Of the files that one worker's counts go to.
_NUMBERS = itertools.count()


@dataclass(frozen=True)
class Perf:
    """The `Instrument` of that name; `events` maps what perf calls an event to the quantity."""

    events: Mapping[str, str] = field(default_factory=lambda: _EVENTS)

    name = "perf"
    title = "instructions, cycles and last-level accesses by hardware counters"
    simulator = None
    single_threaded = False
    isa: str | None = None
    allocator = "retained"

    @property
    def units(self) -> Mapping[str, str]:
        return dict.fromkeys(self.events.values(), "count")

    def absence(self) -> str | None:
        if shutil.which("perf") is None:
            return "perf is not installed; install your system's package `linux-perf` or `linux-tools`"
        missing = _unsupported(tuple(self.events))
        return missing and f"this machine does not expose hardware events ({missing})"

    def version(self) -> str:
        finished = subprocess.run(["perf", "--version"], capture_output=True, text=True, check=False)  # noqa: S607
        return finished.stdout.strip().removeprefix("perf version ")

    def prepare(self) -> None:
        """Counting is off until the inference."""

    def read(self, run: Callable[[], None], name: str, folder: Path) -> Readings:  # noqa: ARG002  # a file of its own a state
        return {"cold": self._mean(_empty_caches, run, folder), "warm": self._mean(run, run, folder)}

    def _mean(self, before: Callable[[], None], run: Callable[[], None], folder: Path) -> Mapping[str, int]:
        with _Attached(tuple(self.events), folder) as attached:
            for _ in range(_REPEATS):
                before()
                attached.tell("enable")
                run()
                attached.tell("disable")
            counted = attached.finish()
        return {self.events[event]: round(value / _REPEATS) for event, value in counted.items()}


PERF = Perf()


class _Attached:
    """A `perf stat` on this process, counting nothing yet."""

    def __init__(self, events: tuple[str, ...], folder: Path) -> None:
        commands, self._commands = os.pipe()
        self._answers, answers = os.pipe()
        self._counts = folder / f"perf-{os.getpid()}-{next(_NUMBERS)}.csv"
        self._perf = subprocess.Popen(
            [  # noqa: S607  # found on the user's PATH, as `absence` said
                "perf", "stat", "-x,", "-e", ",".join(events), "-p", str(os.getpid()), "-D", "-1",
                "--control", f"fd:{commands},{answers}", "-o", str(self._counts),
            ],
            pass_fds=(commands, answers),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(commands)
        os.close(answers)

    def __enter__(self) -> _Attached:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._perf.kill()
        self._perf.wait()
        os.close(self._commands)
        os.close(self._answers)

    def tell(self, command: str) -> None:
        """Send a command and wait until it is in force."""
        with contextlib.suppress(BrokenPipeError):
            os.write(self._commands, f"{command}\n".encode())
        if b"ack" not in os.read(self._answers, 16):
            raise BackendError(f"perf stat ended before it would {command}; try `perf stat -p {os.getpid()}`.")

    def finish(self) -> Mapping[str, float]:
        """End it and return the value of each event."""
        self._perf.send_signal(signal.SIGINT)
        self._perf.wait()
        return {event: _number(event, value) for event, value in _values(self._counts.read_text())}


def _values(text: str) -> list[tuple[str, str]]:
    """Event and value of each line that `perf stat -x,` wrote: value, unit, event, ..."""
    lines = [line.split(",") for line in text.splitlines() if line.count(",") > 2]
    return [(fields[2], fields[0]) for fields in lines]


def _number(event: str, value: str) -> float:
    try:
        return float(value)
    except ValueError:
        raise BackendError(f"perf counted nothing of {event} ({value}); ask for fewer events at a time.") from None


@functools.cache
def _unsupported(events: tuple[str, ...]) -> str | None:
    """What perf says of the first event that it cannot count; None if it can count all."""
    command = ["perf", "stat", "-x,", "-e", ",".join(events), "true"]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    found = dict(_values(finished.stderr))
    for event in events:
        value = found.get(event, "")
        if not value.replace(".", "", 1).isdigit():
            return f"{event}: {value or ' '.join(finished.stderr.split())[:120] or 'perf stat said nothing'}"
    return None


def _empty_caches() -> None:
    """Read through twice the last level."""
    sizes = [cache.size for cache in host_caches().values()]
    np.ones(2 * max(sizes, default=_UNKNOWN_CACHE) // 8).sum()
