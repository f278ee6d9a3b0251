"""Which worker processes were disturbed: by steal time, by a busy neighbour, or by a lower clock.

A neighbour slows each network differently, so what it did cannot be divided out: the process is voided, kept in the record with
the reason, and another one is sampled.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

#: Calibration work slower than this share above the quietest process marks a disturbed one. On a quiet machine its median stays
#: within 5 %; a busy hyperthread makes it 40 to 70 % slower.
SLOWER = 0.08

#: Where fewer than KEPT processes are quiet, those slower by no more than this fill them up.
MILD = 0.15

#: Share of the sampling time that the hypervisor may take.
STOLEN = 0.01

#: Of a case none of whose processes is quiet so many are kept, the quietest: else nothing at all could be said of it.
KEPT = 8

#: Fewer have no spread.
_LEAST = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The sampling loop of one process: median of its calibration work, in nanoseconds, and share of it that was stolen."""

    calibration_ns: float
    stolen: float


def floor_of(windows: Iterable[Window], run_floor_ns: float) -> float:
    """Calibration of a quiet process of a case, given one window or more. `run_floor_ns` is the quietest of the whole run.

    What ran just before it tells on the calibration, so the case's own floor counts, unless that is itself disturbed.
    """
    return min(*(window.calibration_ns for window in windows), run_floor_ns * (1 + SLOWER))


def is_mild(window: Window, floor_ns: float) -> bool:
    """Not stolen from, and slowed by no more than MILD."""
    return window.stolen <= STOLEN and window.calibration_ns <= floor_ns * (1 + MILD)


def is_disturbed_throughout(kept: Sequence[Window], floor_ns: float) -> bool:
    """Whether not one of the windows of a case that were kept is at most mildly disturbed.

    Then they may all be slow by as much, and the spread between them does not show it; one quiet process would widen it.
    """
    return not any(is_mild(window, floor_ns) for window in kept)


def disturbances(windows: Sequence[Window], run_floor_ns: float) -> list[str | None]:
    """What disturbed each window of a case that is voided, None for one that is kept."""
    if not windows:
        return []
    floor_ns = floor_of(windows, run_floor_ns)
    found = [_disturbance(window, floor_ns) for window in windows]
    order = sorted(range(len(windows)), key=lambda index: (windows[index].stolen > STOLEN, windows[index].calibration_ns))
    kept = {index for index in order[:KEPT] if is_mild(windows[index], floor_ns)}
    if len(kept) < _LEAST:
        kept = set(order[:KEPT])
    return [None if index in kept else reason for index, reason in enumerate(found)]


def _disturbance(window: Window, floor_ns: float) -> str | None:
    if window.stolen > STOLEN:
        return f"the hypervisor took {window.stolen:.0%} of the time"
    slower = window.calibration_ns / floor_ns - 1
    if slower > SLOWER:
        return f"calibration work {slower:.0%} slower than at its best: a busy neighbour or a lower clock"
    return None
