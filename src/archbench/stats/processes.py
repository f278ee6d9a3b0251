"""Records to numbers: locations of latency, speedup and calibration over the undisturbed worker processes of a case."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence

from archbench.records.record import ProcessSamples, Samples
from archbench.stats.disturbance import Window
from archbench.stats.location import LogMean, location, log_mean, paired


def latency(processes: Sequence[ProcessSamples]) -> LogMean:
    """Seconds per inference of the whole batch. There must be at least one undisturbed process."""
    return log_mean(_locations(process.own for process in undisturbed(processes)))


def calibration(processes: Sequence[ProcessSamples]) -> LogMean:
    """Seconds of the calibration work. There must be at least one undisturbed process."""
    return log_mean(_locations(process.calibration for process in undisturbed(processes)))


def speedup(processes: Sequence[ProcessSamples]) -> LogMean | None:
    """Reference latency over own latency, both of the same processes; None if none sampled the reference."""
    both = [(process.own, process.reference) for process in undisturbed(processes) if process.reference is not None]
    if not both:
        return None
    return paired(log_mean(_locations(reference for _, reference in both)), log_mean(_locations(own for own, _ in both)))


def window(process: ProcessSamples) -> Window:
    """How quiet the machine was while the process sampled. What was stolen is a share of the slices' time."""
    sides = [process.own] if process.reference is None else [process.own, process.reference]
    sampled_s = sum(sum(side.duration_ns) for side in sides) * 1e-9
    return Window(
        calibration_ns=float(statistics.median(process.calibration.duration_ns)), stolen=process.stolen_s / max(sampled_s, 1e-9)
    )


def undisturbed(processes: Iterable[ProcessSamples]) -> list[ProcessSamples]:
    """The processes that were not voided."""
    return [process for process in processes if process.voided is None]


def _locations(samples: Iterable[Samples]) -> list[float]:
    return [location(entry.seconds_per_inference) for entry in samples]
