"""Which cases are sampled together, and how many plans take turns."""

from __future__ import annotations

from archbench.measurement.session import Plan
from archbench.workloads.case import Case

#: Plans that take turns: the six patterns of two points of a sweep.
TOGETHER = 12

#: Cases of a sweep that one worker samples, and plans of a sweep that take turns.
SWEPT = 24
SWEEPS_TOGETHER = 4


class Planning:
    """Sorts cases into plans as they come: by backend in sweeps, else those that differ in their backend alone."""

    def __init__(self, *, sweeps: bool) -> None:
        self._sweeps = sweeps
        self._open: dict[object, list[Case]] = {}
        self.plans: list[list[Case]] = []

    @property
    def together(self) -> int:
        """Plans that take turns."""
        return SWEEPS_TOGETHER if self._sweeps else TOGETHER

    def add(self, case: Case) -> list[Case]:
        """The cases that `case` is sampled with, itself among them; others may still join them."""
        key = (case.backend, case.threads, case.isa) if self._sweeps else case.pairing
        plan = self._open.get(key)
        if plan is None or (self._sweeps and len(plan) == SWEPT):
            plan = self._open[key] = []
            self.plans.append(plan)
        plan.append(case)
        return plan

    def plan(self, cases: list[Case]) -> Plan:
        """The plan of these cases."""
        return Plan.sweep(cases) if self._sweeps else Plan.paired(cases)
