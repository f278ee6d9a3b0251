"""Latency and speedup of every case of one run, as the gate believes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

from archbench.records.record import CaseRecord, ProcessSamples
from archbench.stats.disturbance import Window, floor_of, is_disturbed_throughout, is_mild
from archbench.stats.estimate import LogEstimate
from archbench.stats.location import LogMean
from archbench.stats.moderate import Prior, fit_prior
from archbench.stats.processes import latency, speedup, window
from archbench.workloads.ids import parse_case

#: Of a case's processes, a location; None where it was not sampled.
_Location = Callable[[Sequence[ProcessSamples]], LogMean | None]


class RunEstimates:
    """Each quantity is estimated for the whole run at once, when it is first asked for.

    A case's variance is drawn towards that of the run's other cases on the same backend. Only quiet processes vary alike: a
    case whose processes were disturbed keeps the variance that they show.
    """

    def __init__(self, records: Mapping[str, CaseRecord]) -> None:
        self._processes = {case_id: record.processes for case_id, record in records.items() if record.processes}
        self._found: dict[_Location, Mapping[str, LogEstimate | None]] = {}

    def latency(self, case_id: str) -> LogEstimate | None:
        """The case must have processes."""
        return self._estimates(latency)[case_id]

    def speedup(self, case_id: str) -> LogEstimate | None:
        """The case must have processes; None if they did not sample the reference."""
        return self._estimates(speedup)[case_id]

    def _estimates(self, location: _Location) -> Mapping[str, LogEstimate | None]:
        if location not in self._found:
            means = {case_id: location(processes) for case_id, processes in self._processes.items()}
            priors = self._priors(means)
            self._found[location] = {
                case_id: None
                if mean is None
                else mean.moderated(priors.get(_backend(case_id)) if self._is_quiet(case_id) else None)
                for case_id, mean in means.items()
            }
        return self._found[location]

    def _priors(self, means: Mapping[str, LogMean | None]) -> Mapping[str, Prior | None]:
        """By backend, what the variance of its quiet cases is usually."""
        variances: dict[str, list[tuple[float, float]]] = {}
        for case_id, mean in means.items():
            if self._is_quiet(case_id) and mean is not None and mean.variance is not None:
                variances.setdefault(_backend(case_id), []).append(mean.variance)
        return {backend: fit_prior(found) for backend, found in variances.items()}

    def is_disturbed(self, case_id: str) -> bool:
        """Whether the case, which must have processes, was disturbed so much that nothing should be concluded from it."""
        return is_disturbed_throughout(*self._kept[case_id])

    def _is_quiet(self, case_id: str) -> bool:
        """Every process that was not voided is at most mildly slower than the quietest."""
        kept, floor = self._kept[case_id]
        return all(is_mild(entry, floor) for entry in kept)

    @cached_property
    def _kept(self) -> Mapping[str, tuple[Sequence[Window], float]]:
        """By case, the windows of the processes that were not voided, and the calibration of a quiet one."""
        windows = {case_id: [window(process) for process in found] for case_id, found in self._processes.items()}
        run_floor = min((entry.calibration_ns for found in windows.values() for entry in found), default=0.0)
        return {
            case_id: (
                [entry for entry, process in zip(found, self._processes[case_id], strict=True) if process.voided is None],
                floor_of(found, run_floor),
            )
            for case_id, found in windows.items()
        }


def _backend(case_id: str) -> str:
    return parse_case(case_id).backend
