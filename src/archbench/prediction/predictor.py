"""What a network takes, from prices of the kernels that an engine would execute of it.

A kernel's price is a sum over its work, corrected by trees that saw how far such sums were off; a network's is the sum of its
kernels' and what a call costs. Kernels that the records never showed are priced like their nearest kin, and said to be.
"""

from __future__ import annotations

import dataclasses
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from archbench.contracts import Kernel
from archbench.prediction.features import MULTIPLY, WORK, family_of, features_of, work_of
from archbench.prediction.forest import Forest
from archbench.records.interval import Interval

#: Share of networks whose measured latency the interval is to hold.
CONFIDENCE = 0.9

#: No kernel is done in less.
LEAST_SECONDS = 1e-8

_DRAWS = 4000


def platform_name(backend: str, threads: int, isa: str | None) -> str:
    """As at the end of a case's id."""
    return f"{backend}:t{threads}" + ("" if isa is None else f":{isa}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """What prices are of: a backend in one version and configuration on one machine, in one state.

    `pace` is the seconds that the calibration work took when they were measured.
    """

    backend: str
    version: str
    threads: int
    isa: str | None
    fingerprint: str
    pace: float

    @property
    def name(self) -> str:
        """See `platform_name`."""
        return platform_name(self.backend, self.threads, self.isa)


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Kernels of one implementation.

    Args:
        prices: seconds a unit of each kind of work, in the order of WORK.
        correction: of the logarithm of what the prices give.
        units: of how many operators and blocks they were learnt.
        residuals: logarithms of measured over predicted, of those mostly made of such kernels that a part of the records which
            lacked them and their like was held against.
    """

    prices: tuple[float, ...]
    correction: Forest = field(default_factory=Forest)
    units: int = 0
    residuals: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Priced:
    """A kernel with its price. `family` is the one whose prices were used, and `known` whether it is the kernel's own."""

    kernel: Kernel
    seconds: float
    family: str
    known: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """Seconds an inference, with the kernels that they are the sum of and what the call itself costs."""

    seconds: Interval
    call_seconds: float
    kernels: tuple[Priced, ...]

    def by_family(self) -> Mapping[str, tuple[int, float]]:
        """Kernels of each family and their seconds, the dearest first."""
        spent: dict[str, list[float]] = defaultdict(list)
        for priced in self.kernels:
            spent[family_of(priced.kernel)].append(priced.seconds)
        totals = {name: (len(seconds), sum(seconds)) for name, seconds in spent.items()}
        return dict(sorted(totals.items(), key=lambda entry: -entry[1][1]))

    @property
    def guessed(self) -> float:
        """The share of the time that belongs to kernels which the records never showed."""
        return sum(priced.seconds for priced in self.kernels if not priced.known) / self.seconds.estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class Inside:
    """What a kernel takes longer in a network than beside copies of itself.

    Args:
        share: of its price.
        work: seconds a unit of each kind of work, in the order of WORK.
    """

    share: float = 0.0
    work: tuple[float, ...] = (0.0,) * len(WORK)


@dataclass(frozen=True, slots=True, kw_only=True)
class Predictor:
    """Prices on one platform.

    Args:
        call_seconds: what an inference costs before its first kernel.
        families: by name.
        inside: what kernels take longer in networks.
        method: how corrections were learnt, and of each way that was tried the median error of what it had not seen.
    """

    platform: Platform
    call_seconds: float
    families: Mapping[str, Family]
    inside: Inside = field(default_factory=Inside)
    method: str = ""
    tried: Mapping[str, float]

    def predict(self, kernels: Sequence[Kernel]) -> Prediction:
        """What an inference of these kernels takes."""
        longer, work = 1 + self.inside.share, np.array(self.inside.work)
        priced = [
            dataclasses.replace(entry, seconds=longer * entry.seconds + float(work_of(entry.kernel) @ work))
            for entry in self.price(kernels)
        ]
        return Prediction(seconds=self._interval(priced), call_seconds=self.call_seconds, kernels=tuple(priced))

    def price(self, kernels: Sequence[Kernel]) -> list[Priced]:
        """Each with its price beside copies of itself, in their order."""
        seconds = np.zeros(len(kernels))
        families = [self._nearest(kernel) for kernel in kernels]
        for name in dict.fromkeys(families):
            places = [place for place, family in enumerate(families) if family == name]
            family = self.families[name]
            sums = np.array([work_of(kernels[place]) for place in places]) @ np.array(family.prices)
            off = family.correction.predict(np.array([features_of(kernels[place]) for place in places]))
            seconds[places] = np.maximum(sums, LEAST_SECONDS) * np.exp(off)
        return [
            Priced(kernel=kernel, seconds=float(spent), family=family, known=family == family_of(kernel))
            for kernel, spent, family in zip(kernels, seconds, families, strict=True)
        ]

    def _nearest(self, kernel: Kernel) -> str:
        """Its own family, or the best known one of its kind, or of those that multiply as it does or does not."""
        if family_of(kernel) in self.families:
            return family_of(kernel)
        kinds = {name: name.partition(" ")[0] for name in self.families}
        kin = [name for name, kind in kinds.items() if kind == kernel.kind]
        alike = [name for name, kind in kinds.items() if (kind in MULTIPLY) == (kernel.kind in MULTIPLY)]
        return max(kin or alike or self.families, key=lambda name: self.families[name].units)

    def _interval(self, priced: Sequence[Priced]) -> Interval:
        """Quantiles over draws in which all kernels of a family are off by the same residual: the worst way to be off."""
        generator = np.random.default_rng(0)
        spent: dict[str, float] = defaultdict(float)
        for entry in priced:
            spent[entry.family] += entry.seconds
        total = self.call_seconds + sum(spent.values())
        draws = np.full(_DRAWS, self.call_seconds)
        pooled = [residual for family in self.families.values() for residual in family.residuals]
        for name in sorted(spent):
            residuals = self.families[name].residuals or pooled or [0.0]
            draws += spent[name] * np.exp(generator.choice(residuals, size=_DRAWS))
        low, high = np.quantile(draws, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
        return Interval(estimate=total, low=min(float(low), total), high=max(float(high), total), confidence=CONFIDENCE)


def log_error(predicted: float, measured: float) -> float:
    """Positive where it took longer than predicted."""
    return math.log(measured / predicted)
