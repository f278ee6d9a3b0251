"""What a network costs by each objective: counted from its form, measured while nobody trains, simulated or predicted."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

from archbench.errors import BackendError
from archbench.machine.allocator import DEFAULT_ALLOCATOR
from archbench.measurement.count_session import CountSession
from archbench.measurement.session import PairedSession, Plan
from archbench.measurement.settings import CACHE_MODEL, CountSettings, SessionSettings, usual_settings
from archbench.records.record import CaseRecord
from archbench.search.lane import Lane
from archbench.search.plan import COUNTER, INSTRUCTIONS, LATENCY, OPERATIONS, PREDICTED, SearchPlan, backend_of
from archbench.workloads.case import Case
from archbench.workloads.kws import KwsWorkload, operations

#: Costs of a network by objective.
_Priced = Iterator[tuple[str, float]]


class Costs:
    """The costs of one worker's trials: seconds per inference on one thread, operations or instructions. Close it."""

    def __init__(self, plan: SearchPlan, lane: Lane, cache: Path) -> None:
        self._objectives, self._lane = plan.objectives, lane
        self._stack = ExitStack()
        self._pricers: list[Callable[[KwsWorkload], _Priced]] = [_operations]
        if any(self._backends(LATENCY)):
            self._timing = self._stack.enter_context(PairedSession(_settings(cache)))
            self._pricers.append(self._latencies)
        if any(self._backends(INSTRUCTIONS)):
            counting = CountSettings(instrument=COUNTER, model=CACHE_MODEL, allocator=DEFAULT_ALLOCATOR)
            self._counting = self._stack.enter_context(CountSession(_settings(cache), counting))
            self._pricers.append(self._instructions)
        if plan.predictor is not None:
            self._pricers.append(self._predicted(Path(plan.predictor), cache))

    def __enter__(self) -> Costs:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stack.close()

    def of(self, workload: KwsWorkload) -> tuple[float, ...]:
        """A cost for each objective, in order.

        Raises:
            BackendError: a backend cannot measure the network, or it cannot be counted.
        """
        found = {objective: cost for price in self._pricers for objective, cost in price(workload)}
        return tuple(found[objective] for objective in self._objectives)

    def _backends(self, kind: str) -> list[str]:
        named = (backend_of(objective) for objective in self._objectives if objective.startswith(f"{kind}:"))
        return [name for name in named if name is not None]

    def _latencies(self, workload: KwsWorkload) -> _Priced:
        cases = [Case(workload=workload, backend=name) for name in self._backends(LATENCY)]
        with self._lane.measuring():
            records = self._timing.measure([Plan.paired(cases)])
        for case, record in zip(cases, records, strict=True):
            if record.latency is None:
                raise _unpriced(case, "latency", record)
            yield f"{LATENCY}:{case.backend}", record.latency.estimate

    def _instructions(self, workload: KwsWorkload) -> _Priced:
        cases = [Case(workload=workload, backend=name) for name in self._backends(INSTRUCTIONS)]
        with self._lane.training():
            records = {record.case_id: record for record in self._counting.measure([Plan.paired(cases)])}
        for case in cases:
            counts = records[case.id].counts
            if counts is None:
                raise _unpriced(case, "instructions", records[case.id])
            yield f"{INSTRUCTIONS}:{case.backend}", float(counts.states["warm"]["instructions"])

    def _predicted(self, path: Path, cache: Path) -> Callable[[KwsWorkload], _Priced]:
        from archbench.prediction.learning import predict
        from archbench.prediction.store import load

        predictor = load(path)

        def price(workload: KwsWorkload) -> _Priced:
            with self._lane.training():
                prediction = predict(predictor, workload, cache)
            yield PREDICTED, prediction.seconds.estimate

        return price


def _operations(workload: KwsWorkload) -> _Priced:
    yield OPERATIONS, float(operations(workload))


def _unpriced(case: Case, quantity: str, record: CaseRecord) -> BackendError:
    reason = (record.reason or record.status.value).rstrip(".")
    return BackendError(f"{case.workload.id} has no {quantity} on {case.backend}: {reason}.")


def _settings(cache: Path) -> SessionSettings:
    """A search needs latencies to a few per cent, of hundreds of networks."""
    return dataclasses.replace(usual_settings(cache, processes=3, seconds=0.08), precision=1.0)
