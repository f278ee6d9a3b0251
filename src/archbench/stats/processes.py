"""Records to numbers: one value a worker process, the unit of replication."""

from __future__ import annotations

from collections.abc import Sequence

from archbench.records.record import ProcessSamples
from archbench.stats.ratio import location


def latencies(processes: Sequence[ProcessSamples]) -> list[float]:
    """Seconds per inference of each process."""
    return [location(process.own.seconds_per_inference) for process in processes]


def calibrations(processes: Sequence[ProcessSamples]) -> list[float]:
    """Seconds of the calibration work in each process."""
    return [location(process.calibration.seconds_per_inference) for process in processes]


def paired_speedups(processes: Sequence[ProcessSamples]) -> list[float]:
    """Reference latency over own latency of each process that sampled both in the same rounds."""
    return [
        location(process.reference.seconds_per_inference) / location(process.own.seconds_per_inference)
        for process in processes
        if process.reference is not None
    ]
