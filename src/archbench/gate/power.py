"""The smallest slowdown that this machine's gate finds nearly always, from the noise of a run."""

from __future__ import annotations

import math
from collections.abc import Mapping

from scipy.special import stdtrit

from archbench.gate.compare import LEVEL
from archbench.gate.evidence import RunPair
from archbench.gate.noise import NoiseFloor
from archbench.records.record import CaseRecord
from archbench.stats.estimate import LogEstimate
from archbench.stats.processes import undisturbed

POWER = 0.95


def smallest_found(
    records: Mapping[str, CaseRecord], min_effect: float, noise: NoiseFloor | None = None, processes: int | None = None
) -> Mapping[str, float]:
    """By measured case, the true slowdown (0.05 is 5 %) that a run like this one shows with 95 % power.

    A run is set against one as noisy as itself. With `processes`, as if each case had so many undisturbed ones. The false
    discovery rate, which depends on the other cases, is left out: the figures are for one case judged alone.
    """
    pair = RunPair(records, records, same_machine=True)
    found = {}
    for case_id in pair.comparable():
        share = len(undisturbed(records[case_id].processes)) / processes if processes else 1.0
        slowdown = pair.evidence(case_id).slowdown
        if slowdown is not None:
            found[case_id] = _found(slowdown, share, noise.slowdown.get(case_id, 0.0) if noise else 0.0, min_effect)
    return found


def _found(estimate: LogEstimate, share: float, excess: float, min_effect: float) -> float:
    if estimate.squared_error is None:
        return math.inf
    error = math.sqrt(estimate.squared_error * share + excess)
    quantiles = float(stdtrit(estimate.degrees, 1 - LEVEL)) + float(stdtrit(estimate.degrees, POWER))
    return (1 + min_effect) * math.exp(quantiles * error) - 1
