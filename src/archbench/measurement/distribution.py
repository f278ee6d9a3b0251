"""A run spread over the nodes of a cluster. Knows no engine: see `archbench.measurement.ray_cluster` for one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from archbench.errors import WorkerError
from archbench.measurement.planning import Planning
from archbench.measurement.session import Plan
from archbench.records.record import CaseRecord, changed_versions
from archbench.workloads.case import Case

#: Nodes that the same work may take with it: by then it is the work that kills them.
_LOSSES = 3


@dataclass(frozen=True, slots=True)
class Work:
    """Plans that take turns on one node."""

    plans: tuple[Plan, ...]

    @property
    def cases(self) -> int:
        """How many they measure."""
        return sum(len(plan.cases) for plan in self.plans)


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """Work that a node, `node` to a person, has finished; `records` is None if the node was lost instead."""

    work: Work
    node: str = ""
    records: Sequence[CaseRecord] | None = None


class Cluster(Protocol):
    """Nodes of one machine fingerprint, each of which does one piece of work at a time."""

    def submit(self, work: Work) -> None:
        """Have a node do `work` as soon as one is free."""

    def next_done(self) -> Done:
        """What was finished or lost next.

        Raises:
            WorkerError: measuring failed, or no node is left.
        """


def pieces(cases: Iterable[Case], *, sweeps: bool) -> list[Work]:
    """The work of measuring `cases`: a sweep at a time, as each takes long, else as many pairs as take turns in a run."""
    planning = Planning(sweeps=sweeps)
    for case in cases:
        planning.add(case)
    size = 1 if sweeps else planning.together
    plans = [planning.plan(plan) for plan in planning.plans]
    return [Work(tuple(plans[start : start + size])) for start in range(0, len(plans), size)]


def distribute(works: Sequence[Work], cluster: Cluster, keep: Callable[[CaseRecord], None], say: Callable[[str], None]) -> None:
    """Measure all works on the cluster and `keep` each record as it comes back; what a lost node had is submitted again.

    Raises:
        WorkerError: as the cluster, or a piece of work lost three nodes, or nodes have different packages.
    """
    lost: dict[Work, int] = {}
    versions = None
    left = len(works)
    for work in works:
        cluster.submit(work)
    while left:
        done = cluster.next_done()
        if done.records is None:
            _submit_again(done.work, lost, cluster, say)
            continue
        for record in done.records:
            _require_same_packages(versions, record, done.node)
            versions = versions or record.environment.versions
            keep(record)
        left -= 1
        say(f"{done.work.cases} cases from node {done.node}; {left} of {len(works)} pieces of work left")


def _submit_again(work: Work, lost: dict[Work, int], cluster: Cluster, say: Callable[[str], None]) -> None:
    lost[work] = lost.get(work, 0) + 1
    if lost[work] == _LOSSES:
        raise WorkerError(
            f"{_LOSSES} nodes were lost while they measured {work.plans[0].cases[0].id} and those sampled with it."
        )
    say(f"a node was lost; its {work.cases} cases are measured again")
    cluster.submit(work)


def _require_same_packages(versions: object, record: CaseRecord, node: str) -> None:
    if not isinstance(versions, dict):
        return
    for name, (old, new) in changed_versions(versions, record.environment.versions).items():
        raise WorkerError(f"node {node} has {name} {new}, but another one {old}; install the same on all of them.")
