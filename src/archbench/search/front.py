"""Which networks no other beats, and which setting most of them share (search paper, Algorithm 1). Numbers in, numbers out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from archbench.search.space import Choice, Value
from archbench.workloads.kws import KwsWorkload


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A network with what it is judged by: `accuracy` is to be high, each of `costs` low."""

    workload: KwsWorkload
    accuracy: float
    costs: tuple[float, ...]

    def beats(self, other: Candidate) -> bool:
        """At least as good in everything, and better in something."""
        own, others = (-self.accuracy, *self.costs), (-other.accuracy, *other.costs)
        return own != others and all(mine <= theirs for mine, theirs in zip(own, others, strict=True))


def front_of(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Those that no other beats, each network once, the dearest first."""
    distinct = {candidate.workload: candidate for candidate in reversed(list(candidates))}
    found = list(distinct.values())
    kept = [candidate for candidate in found if not any(other.beats(candidate) for other in found)]
    return sorted(kept, key=lambda candidate: (candidate.costs, candidate.accuracy), reverse=True)


def most_common(choices: Sequence[Choice], frozen: Choice) -> tuple[str, Value] | None:
    """The setting that most of `choices` share, of those that are not frozen; None if all are, or there are no choices.

    Of equally common ones the first wins, of a setting's equally common values the one met first.
    """
    if not choices:
        return None
    open_settings = [name for name in choices[0] if name not in frozen]
    counted = [(name, *Counter(choice[name] for choice in choices).most_common(1)[0]) for name in open_settings]
    if not counted:
        return None
    name, value, _ = max(counted, key=lambda entry: entry[2])
    return name, value


def hypervolume(points: Iterable[tuple[float, float]], worst: tuple[float, float]) -> float:
    """The area that points (accuracy, cost) cover up to the `worst` corner, of less accuracy and more cost.

    A point that is not better than the corner in both covers nothing (Zitzler and Thiele 1998, two objectives).
    """
    inside = sorted({(cost, accuracy) for accuracy, cost in points if accuracy > worst[0] and cost < worst[1]})
    area, reached = 0.0, worst[0]
    for cost, accuracy in inside:
        if accuracy > reached:
            area += (accuracy - reached) * (worst[1] - cost)
            reached = accuracy
    return area
