"""Two environments measured in turn: every workload, one worker of A, one of B, there and back."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from archbench.machine.fingerprint import read_fingerprint
from archbench.measurement.session import PairedSession, Plan
from archbench.measurement.settings import SessionSettings
from archbench.records.journal import RunJournal
from archbench.records.record import CaseRecord
from archbench.records.runfile import RunFile, RunSection
from archbench.workloads.case import Case

#: Workloads that take turns with both of their sides.
_TOGETHER = 6


def compare_environments(
    cases: Iterable[Case],
    python_a: str,
    python_b: str,
    settings: SessionSettings,
    root: Path,
    say: Callable[[str], None],
) -> tuple[RunFile, RunFile]:
    """The records of `cases` in both environments, on disk under `root` as each group finishes.

    Raises:
        RecordFileError: `root` cannot be written.
    """
    pythons = (python_a, python_b)
    asked = dataclasses.asdict(settings)
    journals = [
        RunJournal.create(root / side, {**asked, "cache": str(settings.cache), "python": python})
        for side, python in zip("ab", pythons, strict=True)
    ]
    groups = list(_groups(cases))
    with PairedSession(settings) as session:
        for start in range(0, len(groups), _TOGETHER):
            together = groups[start : start + _TOGETHER]
            say(f"archbench: workloads {start + 1} to {start + len(together)} of {len(groups)}")
            plans = [Plan.paired(group, python) for group in together for python in pythons]
            _keep(session.measure(plans), plans, pythons, journals)
    for journal in journals:
        journal.finish()
    first, second = (_as_run(journal) for journal in journals)
    return first, second


def _groups(cases: Iterable[Case]) -> Iterator[list[Case]]:
    groups: dict[object, list[Case]] = {}
    for case in cases:
        groups.setdefault(case.pairing, []).append(case)
    yield from groups.values()


def _keep(
    records: Sequence[CaseRecord], plans: Sequence[Plan], pythons: tuple[str, str], journals: Sequence[RunJournal]
) -> None:
    sides = [index % len(pythons) for index, plan in enumerate(plans) for _ in plan.cases]
    for side, record in zip(sides, records, strict=True):
        journals[side].append(record)


def _as_run(journal: RunJournal) -> RunFile:
    fingerprint = read_fingerprint().key
    section = RunSection(fingerprint=fingerprint, machine={}, profile="ab", failed=False)
    return RunFile(path=journal.folder, document={}, section=section, records=journal.records)
