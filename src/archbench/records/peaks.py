"""What this machine can do at most, as measured: arithmetic a precision, bytes a level of memory, the cost of an operator.

Interference only ever adds time, so the rate of a trial is that of its fastest slice; a limit is the best of its trials. All
slices of all trials are kept. PEAKS_VERSION changes whenever a reader of the old form would misread the new one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import msgspec

from archbench.errors import RecordFileError
from archbench.records.record import Samples

PEAKS_VERSION = 1

#: The level behind the last cache.
MEMORY = "memory"


class Limit(Enum):
    """What a trial is about: operations a second, bytes a second, or the seconds that an operator costs."""

    COMPUTE = "compute"
    BANDWIDTH = "bandwidth"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One way to reach a limit.

    Args:
        limit: which.
        of: the precision, the level or the backend that the limit is of.
        way: what ran.
        kernel: what the engine says that it ran, or its instruction set; empty where it says nothing.
        work: operations, bytes or operators of one run.
        samples: timed slices of runs, one entry a worker process.
    """

    limit: Limit
    of: str
    way: str
    kernel: str
    work: float
    samples: tuple[Samples, ...]

    @property
    def seconds(self) -> float:
        """Of one run, in the fastest slice."""
        return min(min(entry.seconds_per_inference) for entry in self.samples)

    @property
    def rate(self) -> float:
        """Work a second."""
        return self.work / self.seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryLevel:
    """A cache, or memory.

    Args:
        name: L1, L2, ..., or MEMORY.
        capacity_bytes: of all that the threads have of it together; None for memory.
        working_set_bytes: what the streams of all threads ran through.
    """

    name: str
    capacity_bytes: int | None
    working_set_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Peaks:
    """The limits of one machine on so many threads under an ISA cap.

    Args:
        fingerprint: key of the machine.
        levels: the nearest first.
        absent: what could not be tried, with the reason.
        date: ISO 8601, UTC.
    """

    fingerprint: str
    cpu: str
    versions: Mapping[str, str]
    threads: int
    isa: str | None
    date: str
    levels: tuple[MemoryLevel, ...]
    trials: tuple[Trial, ...]
    absent: Mapping[str, str]
    peaks_version: int = PEAKS_VERSION

    @property
    def precisions(self) -> tuple[str, ...]:
        """Those whose arithmetic was measured."""
        return tuple(dict.fromkeys(trial.of for trial in self.trials if trial.limit is Limit.COMPUTE))

    def best(self, limit: Limit, of: str) -> Trial | None:
        """The trial that came furthest; None if there was none."""
        return max(self._trials(limit, of), key=lambda trial: trial.rate, default=None)

    def operator_seconds(self, backend: str) -> float | None:
        """What an operator that computes next to nothing costs on a backend: a long chain less a short one."""
        chains = sorted(self._trials(Limit.OPERATOR, backend), key=lambda trial: trial.work)
        if len(chains) < 2:
            return None
        short, long = chains[0], chains[-1]
        return max(0.0, (long.seconds - short.seconds) / (long.work - short.work))

    def _trials(self, limit: Limit, of: str) -> list[Trial]:
        return [trial for trial in self.trials if (trial.limit, trial.of) == (limit, of)]


def write_peaks(path: Path, peaks: Peaks) -> None:
    """Write them as JSON.

    Raises:
        RecordFileError: the file cannot be written.
    """
    try:
        path.write_bytes(msgspec.json.format(msgspec.json.encode(peaks)) + b"\n")
    except OSError as error:
        raise RecordFileError(f"cannot write {path}: {error.strerror}.") from error


def read_peaks(path: Path) -> Peaks:
    """Read what `write_peaks` wrote.

    Raises:
        RecordFileError: it cannot be read or is something else.
    """
    remedy = "measure them with `archbench peaks -o FILE`"
    try:
        peaks = msgspec.json.decode(path.read_bytes(), type=Peaks)
    except OSError as error:
        raise RecordFileError(f"cannot read peaks from {path}: {error.strerror}; {remedy}.") from error
    except msgspec.DecodeError as error:
        raise RecordFileError(f"{path} holds no measured peaks ({error}); {remedy}.") from error
    if peaks.peaks_version != PEAKS_VERSION:
        raise RecordFileError(f"{path} has peaks of version {peaks.peaks_version}, not {PEAKS_VERSION}; {remedy}.")
    return peaks
