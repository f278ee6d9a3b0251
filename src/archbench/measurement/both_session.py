"""The session of an experiment that needs the clock and an instrument: each case is timed, then read, and has one record."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence

from archbench.measurement.count_session import CountSession
from archbench.measurement.session import Look, PairedSession, Plan
from archbench.records.record import CaseRecord, Status


class BothSession:
    """Owns a timing and a counting session. Close it."""

    def __init__(self, timed: PairedSession, counted: CountSession) -> None:
        self._timed = timed
        self._counted = counted

    def close(self) -> None:
        """End every process of both."""
        self._timed.close()
        self._counted.close()

    def absences(self, backends: Sequence[str]) -> Mapping[str, str]:
        """Which of the backends this machine lacks, and why."""
        return self._timed.absences(backends)

    def measure(self, plans: Sequence[Plan], look: Look | None = None) -> Iterator[CaseRecord]:
        """Records as each case has been timed and read. Nothing is timed if the instrument is absent."""
        if self._counted.absence is not None:
            yield from self._counted.measure(plans)
            return
        timed = {record.case_id: record for record in self._timed.measure(plans, look)}
        for record in self._counted.measure(plans):
            yield _merged(timed[record.case_id], record)


def _merged(timed: CaseRecord, counted: CaseRecord) -> CaseRecord:
    """The timed record with the counts; what went wrong in either is what went wrong."""
    if timed.status is not Status.MEASURED:
        return timed
    if counted.counts is None:
        return dataclasses.replace(timed, status=counted.status, reason=f"timed, but not counted: {counted.reason}")
    counts = dataclasses.replace(counted.counts, executed_graph=counted.executed_graph)
    versions = {**counted.environment.versions, **timed.environment.versions}
    return dataclasses.replace(
        timed,
        counts=counts,
        environment=dataclasses.replace(timed.environment, versions=versions),
        phases={**(timed.phases or {}), **(counted.phases or {})},
    )
