"""Which cases of a run under way need another look: more worker processes before they can be judged."""

from __future__ import annotations

from collections.abc import Mapping

from archbench.gate.evidence import RunPair
from archbench.gate.noise import NoiseFloor
from archbench.gate.verdict import DEFAULT_MIN_EFFECT
from archbench.records.record import CaseRecord
from archbench.stats.effect import Effect, effect_of


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
    settled = (Effect.INSIDE, Effect.BELOW)
    found = set()
    for case_id in pair.comparable():
        decisive = pair.evidence(case_id).decisive
        if decisive is not None and effect_of(decisive.interval(), min_effect) not in settled:
            found.add(case_id)
    return frozenset(found)
