"""What was measured for one case, with raw samples, as immutable data.

Durations are whole nanoseconds as the clock gave them; everything derived (latency, speedup, intervals) can be computed again
from them. SCHEMA_VERSION changes whenever a reader of the old form would misread the new one.

History: 1 (first form); 2 (a slice, not a block, is timed; processes may be voided).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from archbench.records.counts import Counts
from archbench.records.interval import Interval

SCHEMA_VERSION = 2

#: In the place of a backend in the id of the harness's own hot paths.
_HOT_PATH_RUNTIME = "python"

#: A reference output that moves less than this under another input would pass whatever a backend computes.
MIN_SENSITIVITY = 1e-2


class Status(Enum):
    """What became of a case."""

    MEASURED = "measured"
    COUNTED = "counted"
    CHECKED = "checked"
    PARITY_FAILURE = "parity failure"
    SKIPPED = "skipped"
    ERROR = "error"
    CRASHED = "crashed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """The timed slices of one runnable in one process: `duration_ns[i]` covers `inferences` back-to-back inferences."""

    inferences: int
    duration_ns: tuple[int, ...]

    @property
    def seconds_per_inference(self) -> tuple[float, ...]:
        """Latency of each slice, in seconds."""
        return tuple(duration / self.inferences * 1e-9 for duration in self.duration_ns)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessSamples:
    """One worker process: `own` and `reference` took turns in the same rounds.

    `reference` is None for the reference itself and where the reference failed. `calibration` is the fixed work timed before
    each turn. `stolen_s` seconds were taken by the hypervisor, and other processes preempted this one `preemptions` times.
    `voided` says what disturbed the process, so that no statistic uses it; None in a quiet one.
    """

    process: int
    own: Samples
    reference: Samples | None
    calibration: Samples
    stolen_s: float = 0.0
    preemptions: int = 0
    voided: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Parity:
    """Largest absolute output error over the root mean square of the float64 reference output; in bfloat16 and 8 bits its RMS.

    `sensitivity` is how much the reference output changes, relative to itself, when the input is another one.
    """

    error: float
    tolerance: float
    sensitivity: float

    @property
    def holds(self) -> bool:
        """The output is right within rounding."""
        return self.error <= self.tolerance

    @property
    def has_teeth(self) -> bool:
        """The reference output depends on the input, so that a wrong backend could fail."""
        return self.sensitivity >= MIN_SENSITIVITY


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How near the outputs for `images` seeded inputs came to those of the float64 reference.

    Args:
        top1: share of positions, one of a classifier's image, at which the same channel or class is the largest.
        error: RMS of the deviation over the RMS of the reference.
    """

    images: int
    top1: float
    error: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """Where a case ran: the machine's fingerprint, versions of libraries, allocator, affinity."""

    fingerprint: str
    versions: Mapping[str, str]
    allocator: str
    affinity: tuple[int, ...]


def changed_versions(then: Mapping[str, str], now: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Packages whose version differs, with both versions; one that was not there before is "none"."""
    return {name: (then.get(name, "none"), now[name]) for name in now if then.get(name) != now[name]}


def hot_path_id(name: str) -> str:
    """Under which one of the harness's own hot paths is kept beside cases."""
    return f"archbench-{name}:{_HOT_PATH_RUNTIME}:t1"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRecord:
    """Everything measured for one case.

    `latency` is seconds per inference of the whole batch; `speedup` is reference latency over own latency, paired.
    `planted` is the fraction of extra work added on purpose, 0 in an honest run.
    """

    case_id: str
    status: Status
    environment: Environment
    cost: Mapping[str, float]
    reason: str | None = None
    backend_version: str | None = None
    granted: Mapping[str, str] | None = None
    parity: Parity | None = None
    agreement: Agreement | None = None
    latency: Interval | None = None
    speedup: Interval | None = None
    processes: tuple[ProcessSamples, ...] = ()
    executed_graph: tuple[str, ...] = ()
    counts: Counts | None = None
    phases: Mapping[str, float] | None = None
    planted: float = 0.0
    schema_version: int = SCHEMA_VERSION

    @property
    def is_case(self) -> bool:
        """False of the harness's own hot paths, which have no workload."""
        return self.case_id.split(":")[1] != _HOT_PATH_RUNTIME
