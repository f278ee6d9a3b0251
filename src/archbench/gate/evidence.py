"""What two runs say of one case: how its latency changed, and how it changed against its sibling.

The sibling is another backend sampled in the same rounds: the reference for an accelerated backend, an accelerated backend for
the reference. Whatever strikes both alike is the machine's doing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from archbench.gate.estimates import RunEstimates
from archbench.gate.noise import NoiseFloor
from archbench.records.record import CaseRecord, ProcessSamples
from archbench.stats.effect import Effect, effect_of
from archbench.stats.estimate import LogEstimate
from archbench.stats.processes import calibration
from archbench.workloads.ids import parse_case

Records = Mapping[str, CaseRecord]

#: A runtime's own name for its version is compared as a version, not as a setting.
_VERSIONED = frozenset({"runtime_requirements"})
_MACHINE_BOUND = frozenset({"cpu_capability"})


#: One-sided level at which the sibling contradicts: a veto must be surer than the accusation.
_CONTRADICTION = 0.005


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Ratios now over then, above 1 where the case got worse; None where they could not be taken.

    `slowdown` is the latency's, machine drift removed; `relative` the latency's over the sibling's. They are `disturbed` if in
    one of the runs the machine never left the case alone: then they prove nothing.
    """

    slowdown: LogEstimate | None
    relative: LogEstimate | None
    disturbed: bool = False

    @property
    def decisive(self) -> LogEstimate | None:
        """The latency's own change; against the sibling where that is all that can be compared; None if disturbed."""
        return None if self.disturbed else self.slowdown or self.relative

    @property
    def is_empty(self) -> bool:
        """Nothing could be compared."""
        return self.slowdown is None and self.relative is None

    def effect(self, min_effect: float) -> Effect | None:
        """Where the decisive change lies; None if there is none."""
        return None if self.decisive is None else effect_of(self.decisive.interval(), min_effect)

    def p_worse(self, min_effect: float) -> float:
        """P-value against "no slowdown beyond `min_effect`"; 1 where the sibling contradicts."""
        bound = 1 + min_effect
        if self.decisive is None or (self.relative is not None and self.relative.p_below(bound) < _CONTRADICTION):
            return 1.0
        return self.decisive.p_above(bound)

    def p_better(self, min_effect: float) -> float:
        """The same for an improvement."""
        bound = 1 / (1 + min_effect)
        if self.decisive is None or (self.relative is not None and self.relative.p_above(bound) < _CONTRADICTION):
            return 1.0
        return self.decisive.p_below(bound)


class RunPair:
    """Two runs, `then` and `now`, whose measured cases can be compared one by one.

    `drift` is how much slower the calibration work became, over the cases measured in both. It is 1 if the two runs were
    `interleaved`, so that they saw the same machine, and None where latencies cannot be compared: on different machines, with
    another version of the calibration work, and where nothing is shared.
    """

    def __init__(
        self,
        then: Records,
        now: Records,
        *,
        same_machine: bool,
        interleaved: bool = False,
        noise: NoiseFloor | None = None,
    ) -> None:
        self.then = then
        self.now = now
        self.same_machine = same_machine
        self._noise = noise
        self._before = RunEstimates(then)
        self._after = self._before if now is then else RunEstimates(now)
        self._siblings: dict[object, list[str]] = {}
        for case_id in self.comparable():
            self._siblings.setdefault(parse_case(case_id).pairing, []).append(case_id)
        self.drift: LogEstimate | None = None
        if interleaved:
            self.drift = LogEstimate(value=0.0, squared_error=0.0, degrees=1)
        elif same_machine and self._siblings and _same_calibration(then, now):
            self.drift = self._measure_drift()

    def comparable(self) -> Iterator[str]:
        """Cases measured in both runs under the same granted configuration."""
        for case_id, now in self.now.items():
            then = self.then.get(case_id)
            if then is not None and then.processes and now.processes and self.difference(case_id) is None:
                yield case_id

    def difference(self, case_id: str) -> str | None:
        """The first granted setting of a case that differs, as a sentence; None if it may be compared."""
        ours, theirs = _granted(self.now[case_id]), _granted(self.then[case_id])
        ignored = _VERSIONED if self.same_machine else _VERSIONED | _MACHINE_BOUND
        for name in sorted((ours.keys() | theirs.keys()) - ignored):
            if ours.get(name) != theirs.get(name):
                return f"{name} was {theirs.get(name)!r} in the baseline and is {ours.get(name)!r} now"
        return None

    def evidence(self, case_id: str) -> Evidence:
        """The case must be one of `comparable`."""
        slowdown = None
        if self.drift is not None:
            slowdown = self._slowdown(case_id)
            slowdown = slowdown and slowdown.over(self.drift)
        relative = self._relative(case_id)
        if self._noise is not None:
            slowdown = slowdown and slowdown.widened(self._noise.slowdown.get(case_id, 0.0))
            relative = relative and relative.widened(self._noise.relative.get(case_id, 0.0))
        disturbed = self._before.is_disturbed(case_id) or self._after.is_disturbed(case_id)
        return Evidence(slowdown=slowdown, relative=relative, disturbed=disturbed)

    def _relative(self, case_id: str) -> LogEstimate | None:
        case = parse_case(case_id)
        if case.backend != case.workload.reference:
            return self._speedup_loss(case_id)
        if not self.same_machine:
            return None
        siblings = (other for other in self._siblings[case.pairing] if other != case_id)
        losses = (loss for other in siblings if (loss := self._speedup_loss(other)) is not None)
        first = next(losses, None)
        return first and first.inverse()

    def _speedup_loss(self, case_id: str) -> LogEstimate | None:
        before, after = self._before.speedup(case_id), self._after.speedup(case_id)
        return before.over(after) if before and after else None

    def _slowdown(self, case_id: str) -> LogEstimate | None:
        now, then = self._after.latency(case_id), self._before.latency(case_id)
        return now.over(then) if now and then else None

    def _measure_drift(self) -> LogEstimate:
        shared = [case_id for group in self._siblings.values() for case_id in group]
        now = calibration(_pooled(self.now, shared)).estimate
        then = now if self.now is self.then else calibration(_pooled(self.then, shared)).estimate
        return now.over(then)


def _same_calibration(then: Records, now: Records) -> bool:
    """The calibration work is numpy's, so another numpy would be taken for another machine."""
    before, after = ({record.environment.versions.get("numpy") for record in run.values()} for run in (then, now))
    return before == after


def _granted(record: CaseRecord) -> dict[str, object]:
    return {"allocator": record.environment.allocator, **(record.granted or {})}


def _pooled(records: Records, case_ids: Iterable[str]) -> list[ProcessSamples]:
    return [process for case_id in case_ids for process in records[case_id].processes]
