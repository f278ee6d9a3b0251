"""What a network costs by each objective: counted from its form, or measured while nobody trains."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

from archbench.errors import BackendError
from archbench.machine.allocator import DEFAULT_ALLOCATOR
from archbench.measurement.session import PairedSession, Plan
from archbench.measurement.settings import DEFAULTS, SessionSettings
from archbench.search.lane import Lane
from archbench.search.plan import SearchPlan, backend_of
from archbench.workloads.case import Case
from archbench.workloads.kws import KwsWorkload, operations

#: Workers a latency takes: a search needs it to a few per cent, of hundreds of networks.
_PROCESSES = 3
_BUDGET = 6
_SECONDS = 0.08


class Costs:
    """The costs of one worker's trials; latencies in seconds per inference on one thread. Close it."""

    def __init__(self, plan: SearchPlan, lane: Lane, cache: Path) -> None:
        self._backends = tuple(backend_of(objective) for objective in plan.objectives)
        self._lane = lane
        self._session = PairedSession(_settings(cache)) if any(self._backends) else None

    def __enter__(self) -> Costs:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._session is not None:
            self._session.close()

    def of(self, workload: KwsWorkload) -> tuple[float, ...]:
        """A cost for each objective, in order.

        Raises:
            BackendError: a backend cannot measure the network.
        """
        measured = self._latencies(workload)
        return tuple(float(operations(workload)) if name is None else measured[name] for name in self._backends)

    def _latencies(self, workload: KwsWorkload) -> dict[str, float]:
        names = list(dict.fromkeys(name for name in self._backends if name is not None))
        if self._session is None:
            return {}
        plan = Plan.paired([Case(workload=workload, backend=name) for name in names])
        with self._lane.measuring():
            records = self._session.measure([plan])
        found = {}
        for name, record in zip(names, records, strict=True):
            if record.latency is None:
                raise BackendError(f"{workload.id} has no latency on {name}: {record.reason or record.status.value}.")
            found[name] = record.latency.estimate
        return found


def _settings(cache: Path) -> SessionSettings:
    return SessionSettings(
        processes=_PROCESSES,
        budget=_BUDGET,
        precision=1.0,
        seconds=_SECONDS,
        min_rounds=DEFAULTS.min_rounds,
        allocator=DEFAULT_ALLOCATOR,
        cache=cache,
    )
