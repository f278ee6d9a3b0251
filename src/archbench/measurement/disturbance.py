"""Which worker processes were disturbed: by steal time, by a busy neighbour, or by a lower clock.

A neighbour slows each network differently, so what it did cannot be divided out: the process is voided, kept in the record with
the reason, and another one is sampled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

#: Calibration work slower than this share above the quietest process marks a disturbed one. On a quiet machine its median stays
#: within 5 %; a busy hyperthread makes it 40 to 70 % slower.
SLOWER = 0.08

#: Share of the sampling time that the hypervisor may take.
STOLEN = 0.01

#: Where too few processes are quiet, the quietest are kept all the same: so many that were slowed by no more than MILD, and a
#: few whatever slowed them. More of the badly disturbed would spread the interval, fewer leave it one degree of freedom.
MILD = 0.15
KEPT_MILD = 8
KEPT = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The sampling loop of one process: median of its calibration work, in nanoseconds, and share of it that was stolen."""

    calibration_ns: float
    stolen: float


def disturbances(windows: Sequence[Window], run_floor_ns: float) -> list[str | None]:
    """What disturbed each window of a case, None for a quiet one. `run_floor_ns` is the quietest of the whole run."""
    if not windows:
        return []
    # What ran just before it tells on the calibration, so the case's own floor counts, unless that is itself disturbed.
    floor_ns = min(*(window.calibration_ns for window in windows), run_floor_ns * (1 + SLOWER))
    order = sorted(range(len(windows)), key=lambda index: (windows[index].stolen > STOLEN, windows[index].calibration_ns))
    mild = [index for index in order[:KEPT_MILD] if _is_mild(windows[index], floor_ns)]
    kept = {*order[:KEPT], *mild}
    return [None if index in kept else _disturbance(window, floor_ns) for index, window in enumerate(windows)]


def _is_mild(window: Window, floor_ns: float) -> bool:
    return window.stolen <= STOLEN and window.calibration_ns <= floor_ns * (1 + MILD)


def _disturbance(window: Window, floor_ns: float) -> str | None:
    if window.stolen > STOLEN:
        return f"the hypervisor took {window.stolen:.0%} of the time"
    slower = window.calibration_ns / floor_ns - 1
    if slower > SLOWER:
        return f"calibration work {slower:.0%} slower than at its best: a busy neighbour or a lower clock"
    return None
