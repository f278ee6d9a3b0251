"""The behaviour study (Tang et al., MLSys 2021) on accuracy: what 8 bits cost small networks."""

from __future__ import annotations

from collections.abc import Iterable

from archbench.experiments.claim import Finding, Outcome
from archbench.records.accuracy import AccuracyRecord

STATEMENT = "INT8 destroys the accuracy of some blocks."

#: Points lost that count as destroyed: five times the one point that users of post-training quantization commonly accept.
DESTROYED = 0.05


def int8_destroys_accuracy(records: Iterable[AccuracyRecord]) -> Finding:
    """Some network's drop lies wholly at or above DESTROYED; it does not hold if every drop lies wholly below.

    Judged are networks quantized to 8 bits without control of what it costs.
    """
    drops = [
        (entry.score.drop, f"{entry.network} on {entry.title}")
        for entry in records
        if entry.quantization is not None and entry.quantization.max_drop is None
        if entry.score is not None and entry.score.drop is not None
    ]
    if not drops:
        return Finding(outcome=Outcome.NOT_MEASURED, evidence="no network was quantized to 8 bits")
    worst, name = max(drops, key=lambda entry: entry[0].estimate)
    destroyed = sum(drop.bounded[0] >= DESTROYED for drop, _ in drops)
    spared = sum(drop.bounded[1] < DESTROYED for drop, _ in drops)
    low, high = worst.bounded
    evidence = (
        f"of {len(drops)}, {destroyed} surely lose {DESTROYED * 100:g} points or more and {spared} surely less; "
        f"most is lost by {name}: {worst.estimate * 100:+.1f} [{low * 100:+.1f}, {high * 100:+.1f}]"
    )
    if destroyed:
        return Finding(outcome=Outcome.HOLDS, evidence=evidence)
    return Finding(outcome=Outcome.DOES_NOT_HOLD if spared == len(drops) else Outcome.INCONCLUSIVE, evidence=evidence)
