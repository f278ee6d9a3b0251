"""Which cases of a run under way need another look: more worker processes before they can be judged."""

from __future__ import annotations

from collections.abc import Mapping

from archbench.gate.evidence import RunPair
from archbench.gate.noise import NoiseFloor
from archbench.gate.verdict import DEFAULT_MIN_EFFECT
from archbench.records.record import CaseRecord
from archbench.stats.effect import Effect


def undecided(
    baseline: Mapping[str, CaseRecord],
    current: Mapping[str, CaseRecord],
    min_effect: float = DEFAULT_MIN_EFFECT,
    noise: NoiseFloor | None = None,
) -> frozenset[str]:
    """Ids of cases that do not pass yet and have not improved.

    A case that looks regressed is among them: it is called so only after its whole budget, so that looking often raises no
    more false alarms than looking once.
    """
    pair = RunPair(baseline, current, same_machine=True, noise=noise)
    # What cannot be compared has no effect, and more processes would not give it one.
    settled = (None, Effect.INSIDE, Effect.BELOW)
    found = set()
    for case_id in pair.comparable():
        evidence = pair.evidence(case_id)
        if evidence.disturbed or evidence.effect(min_effect) not in settled:
            found.add(case_id)
    return frozenset(found)
