"""What one copy costs: the difference of a network of many copies and one of few, over the difference of their copies.

What a network costs once cancels. Both are located as every case is (see `archbench.stats.location`); their processes are the
same ones, so the error comes from the spread of the per-process differences. A few processes say little of it, and the many
operators of a sweep are alike: each relative variance is drawn towards what is usual among them (Smyth 2004).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from archbench.records.record import ProcessSamples
from archbench.stats.estimate import LogEstimate
from archbench.stats.location import LogMean
from archbench.stats.moderate import Prior, fit_prior
from archbench.stats.processes import latency

Key = TypeVar("Key")

#: A difference of fewer standard errors is not told from nothing.
_RESOLVED = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Seconds of one copy: `value`, which may come out below 0, and its relative variance, known with `degrees` of freedom.

    `squared_error` is relative to the latency of the network of many copies, `share` what of that latency is the difference.
    """

    value: float
    squared_error: float
    degrees: float
    share: float

    def estimate(self, prior: Prior | None = None) -> LogEstimate | None:
        """Seconds of one copy, the error drawn towards `prior`; None where it is below what can be resolved."""
        variance, degrees = self.squared_error, self.degrees
        if prior is not None:
            variance, degrees = prior.moderated(variance, degrees)
        if self.value <= 0 or self.share <= _RESOLVED * math.sqrt(variance):
            return None
        return LogEstimate(value=math.log(self.value), squared_error=variance / self.share**2, degrees=degrees)


def difference(many: LogMean, few: LogMean, copies: int) -> Difference | None:
    """The difference of two latencies of the same processes, in the same order, over `copies`; None of a single process."""
    count = len(many.winsorised)
    if count != len(few.winsorised) or count < 2:
        return None
    longer, shorter = math.exp(many.value), math.exp(few.value)
    kept = min(many.kept, few.kept)
    spread = float(np.var(np.exp(many.winsorised) - np.exp(few.winsorised), ddof=1)) / longer**2
    return Difference(
        value=(longer - shorter) / copies,
        squared_error=spread * (count - 1) / (kept * (kept - 1)),
        degrees=kept - 1,
        share=(longer - shorter) / longer,
    )


def unit_difference(many: Sequence[ProcessSamples], few: Sequence[ProcessSamples], copies: int) -> Difference | None:
    """The difference over `copies` in the processes that sampled both networks and were not voided; None of fewer than two."""
    others = {entry.process: entry for entry in few if entry.voided is None}
    both = [(entry, others[entry.process]) for entry in many if entry.voided is None and entry.process in others]
    if len(both) < 2:
        return None
    return difference(latency([more for more, _ in both]), latency([fewer for _, fewer in both]), copies)


def estimates(found: Mapping[Key, Difference]) -> dict[Key, LogEstimate | None]:
    """Every difference's estimate, with the errors drawn towards each other."""
    prior = fit_prior([(entry.squared_error, entry.degrees) for entry in found.values()])
    return {key: entry.estimate(prior) for key, entry in found.items()}
