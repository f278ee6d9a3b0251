"""What the gate says of a case."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from archbench.records.interval import Interval

#: Smallest relative change that counts.
DEFAULT_MIN_EFFECT = 0.10


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

    @property
    def fails(self) -> bool:
        """The gate closes on it."""
        return self in (Verdict.MISSING, Verdict.FAILED, Verdict.REGRESSED)


SEVERITY = tuple(Verdict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseVerdict:
    """The verdict on one case, with its evidence.

    `slowdown` is current over baseline latency, machine drift removed; `speedup_loss` is baseline over current speedup. Both
    are above 1 where the case got worse. None where the quantity was not compared.
    """

    case_id: str
    verdict: Verdict
    slowdown: Interval | None = None
    speedup_loss: Interval | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GateReport:
    """The gate's answer. `drift` is how much slower the machine itself was than at the baseline, None on another machine."""

    verdicts: tuple[CaseVerdict, ...]
    drift: Interval | None
    same_machine: bool
    notes: tuple[str, ...]

    @property
    def compared(self) -> int:
        """Cases for which at least one ratio was judged."""
        return sum(verdict.slowdown is not None or verdict.speedup_loss is not None for verdict in self.verdicts)

    @property
    def passed(self) -> bool:
        """Nothing failed and something was compared."""
        return self.compared > 0 and not any(verdict.verdict.fails for verdict in self.verdicts)
