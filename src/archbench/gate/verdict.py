"""What the gate says of a case, of a group of cases, and of a run."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from archbench.records.interval import Interval

#: Smallest relative change that counts.
DEFAULT_MIN_EFFECT = 0.02


class Verdict(Enum):
    """Ordered from good to bad is `SEVERITY`."""

    PASS = "pass"  # noqa: S105  # a verdict, not a password
    IMPROVED = "improved"
    NEW = "new"
    NOT_COMPARABLE = "not comparable"
    INCONCLUSIVE = "inconclusive"
    MISSING = "missing"
    FAILED = "failed"
    REGRESSED = "regressed"


SEVERITY = tuple(Verdict)

#: What somebody has to look at, the worst first.
ALARMING = (Verdict.REGRESSED, Verdict.FAILED, Verdict.MISSING)


class Outcome(Enum):
    """The answer on a whole run: the first that applies, in this order. The value is the exit code.

    pytest's own codes (0 to 5) are not reused, but for 0 and 1.
    """

    NOTHING_MEASURED = 11
    REGRESSED = 1
    FAILED = 14
    NOT_COMPARABLE = 13
    UNCALIBRATED = 15
    INCONCLUSIVE = 10
    PASSED = 0

    @property
    def text(self) -> str:
        """As people read it."""
        return self.name.lower().replace("_", " ")


#: No baseline at all: there is no report to carry an outcome.
NO_BASELINE_STATUS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseVerdict:
    """The verdict on one case, with its evidence.

    `slowdown` is current over baseline latency, machine drift removed; `relative` is the same against the sibling backend
    sampled in the same rounds, which for an accelerated backend is baseline over current speedup. Both are above 1 where the
    case got worse, None where they were not compared. `kernels` are the lines of the executed graph that went and came.
    """

    case_id: str
    verdict: Verdict
    slowdown: Interval | None = None
    relative: Interval | None = None
    reason: str = ""
    kernels: tuple[str, ...] = ()

    @property
    def compared(self) -> bool:
        """At least one ratio was judged."""
        return self.decisive is not None

    @property
    def decisive(self) -> Interval | None:
        """The ratio that it is shown and ordered by; None if none was compared."""
        return self.slowdown or self.relative


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One regression, pooled over the cases that share it; `scope` names what they have in common."""

    scope: str
    slowdown: Interval
    case_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GateReport:
    """The gate's answer. `drift` is how much slower the machine itself was than at the baseline, None on another machine.

    `voided` of `processes` worker processes of this run were disturbed and left out. `uncalibrated` says why the gate may not
    be believed, or is None. `quantities` name what the two ratios of each verdict are of.
    """

    verdicts: tuple[CaseVerdict, ...]
    alerts: tuple[Alert, ...]
    drift: Interval | None
    same_machine: bool
    voided: int
    processes: int
    uncalibrated: str | None
    notes: tuple[str, ...]
    quantities: tuple[str, str] = ("latency", "against its sibling")

    def outcome(self, *, strict: bool = False) -> Outcome:
        """The answer; `strict` does not let inconclusive cases through."""
        found = {entry.verdict for entry in self.verdicts}
        if not self.processes:
            return Outcome.NOTHING_MEASURED
        if self.alerts or Verdict.REGRESSED in found:
            return Outcome.REGRESSED
        if found & {Verdict.FAILED, Verdict.MISSING}:
            return Outcome.FAILED
        if not any(entry.compared for entry in self.verdicts):
            return Outcome.NOT_COMPARABLE
        if self.uncalibrated is not None:
            return Outcome.UNCALIBRATED
        return Outcome.INCONCLUSIVE if strict and Verdict.INCONCLUSIVE in found else Outcome.PASSED
