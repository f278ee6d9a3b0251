"""Prices of kernels, and corrections of them, from the latencies of units, which are sums of kernels.

First the prices of work, all families at once, by least squares of relative errors without negative prices: latencies are sums
of kernels, so this needs no guess at whose part is whose. Then, family by family, trees learn how far its kernels are from
that; a unit's error is laid to its kernels by their shares (expectation-maximisation). Prices are learnt anew of kernels
corrected so, and shares of these, a few times: at first the error of a family that is off lies with those beside it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from archbench.prediction.features import WORK, family_of, features_of, work_of
from archbench.prediction.forest import Forest
from archbench.prediction.growing import Grow
from archbench.prediction.predictor import LEAST_SECONDS, Family, Platform, Predictor
from archbench.prediction.units import Learnt
from archbench.stats.nonnegative import least_squares

#: What the form of the model is off by besides noise, relative; a network's whole latency counts less than a unit's.
_FORM_ERROR, _NETWORK_ERROR = 0.05, 0.1
_LARGEST_ERROR = 3.0

#: By how much a family's price may well differ from the common one, relative.
_LOOSE = 2.0

#: Kernels of a family below which no trees are grown, and the share of its unit below which a kernel is none of them.
_MIN_KERNELS = 15
_TRIFLE = 0.05
_ROUNDS = 4
_ACTIVATED = WORK.index("activated")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """What a call and the kernels of each family cost."""

    call_seconds: float
    families: Mapping[str, Family]

    def predictor(self, platform: Platform) -> Predictor:
        """As a predictor that nobody judged."""
        return Predictor(platform=platform, call_seconds=self.call_seconds, families=self.families, method="", tried={})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Sums:
    """Entries as sums of kernels: of the entry at place `row`, so many (`count`) are the kernel at place `kernel`.

    Of each kernel there is its work (kernels, WORK), its features (kernels, FEATURES) and the place of its family's name;
    of each entry its seconds, their relative error and how many calls they hold.
    """

    row: NDArray[np.int64]
    kernel: NDArray[np.int64]
    count: NDArray[np.float64]
    work: NDArray[np.float64]
    features: NDArray[np.float32]
    family: NDArray[np.int64]
    names: tuple[str, ...]
    seconds: NDArray[np.float64]
    errors: NDArray[np.float64]
    calls: NDArray[np.int64]

    @classmethod
    def of(cls, learnt: Sequence[Learnt]) -> _Sums:
        place = {kernel: index for index, kernel in enumerate(dict.fromkeys(k for entry in learnt for k, _ in entry.kernels))}
        names = tuple(sorted(set(map(family_of, place))))
        parts = [(row, place[kernel], count) for row, entry in enumerate(learnt) for kernel, count in entry.kernels]
        return cls(
            row=np.array([part[0] for part in parts]),
            kernel=np.array([part[1] for part in parts]),
            count=np.array([part[2] for part in parts]),
            work=np.array(list(map(work_of, place))),
            features=np.array(list(map(features_of, place))),
            family=np.array([names.index(family_of(kernel)) for kernel in place]),
            names=names,
            seconds=np.array([entry.seconds for entry in learnt]),
            errors=np.array(list(map(_error, learnt))),
            calls=np.array([entry.calls for entry in learnt]),
        )

    @property
    def in_units(self) -> NDArray[np.bool_]:
        """Whether the kernel is part of a unit, and nothing that the larger of its networks has less of."""
        found: NDArray[np.bool_] = (self.count > 0) & (self.calls[self.row] == 0)
        return found


def fit(learnt: Sequence[Learnt], grow: Grow | None) -> Fitted:
    """Prices of all families, with corrections that `grow` learnt of those that have enough kernels."""
    sums = _Sums.of(learnt)
    prices, forests = (_prices(sums, np.zeros(len(sums.work))), {}) if grow is None else _in_turn(sums, grow)
    families = {
        name: Family(prices=tuple(prices[index].tolist()), correction=forests.get(name, Forest()), units=_units(sums, index))
        for index, name in enumerate(sums.names)
    }
    return Fitted(call_seconds=float(prices[-1][0]), families=families)


def _in_turn(sums: _Sums, grow: Grow) -> tuple[NDArray[np.float64], Mapping[str, Forest]]:
    """Prices of kernels as they are corrected, and corrections of these prices, in turn."""
    forests: Mapping[str, Forest] = {}
    for _ in range(_ROUNDS):
        off = _off(sums, forests)
        prices = _prices(sums, off)
        forests = _corrections(sums, prices, off, grow)
    return prices, forests


def _off(sums: _Sums, forests: Mapping[str, Forest]) -> NDArray[np.float64]:
    """Of each kernel what the trees of its family say, if it has any."""
    off = np.zeros(len(sums.work))
    for name, forest in forests.items():
        own = sums.family == sums.names.index(name)
        off[own] = forest.predict(sums.features[own])
    return off


def _units(sums: _Sums, family: int) -> int:
    """Of how many units kernels of the family are a part."""
    return len(np.unique(sums.row[sums.in_units & (sums.family[sums.kernel] == family)]))


def _prices(sums: _Sums, off: NDArray[np.float64]) -> NDArray[np.float64]:
    """A row of prices for each family, of kernels that are `off` by so much, and one whose first is the call's.

    An activation costs the same in every family: the study puts it behind few of them, and networks behind all. Each price is
    held loosely to that of all kernels together, which it becomes where a family's units leave it open.
    """
    rows = _work(sums, off)
    common = _solve(np.stack([rows[:, :-1].sum(axis=1), rows[:, -1]], axis=1), sums)
    prices = _solve(rows, sums, np.vstack([np.repeat(common[:1], len(sums.names), axis=0), common[1:]]))
    prices[:-1, _ACTIVATED] = prices[-1, _ACTIVATED]
    return prices


def _work(sums: _Sums, off: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of each entry the work of each family; last the calls and, in their place, activations."""
    rows = np.zeros((len(sums.seconds), len(sums.names) + 1, len(WORK)))
    amounts = (sums.work * np.exp(off)[:, None])[sums.kernel] * sums.count[:, None]
    np.add.at(rows[:, -1, _ACTIVATED], sums.row, amounts[:, _ACTIVATED])
    amounts[:, _ACTIVATED] = 0.0
    np.add.at(rows, (sums.row, sums.family[sums.kernel]), amounts)
    rows[:, -1, 0] = sums.calls
    return rows


def _solve(work: NDArray[np.float64], sums: _Sums, expected: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
    """Prices above 0 whose sums are nearest to the seconds, relative to their errors, and loosely to the `expected` prices."""
    flat = work.reshape(len(work), -1) / (sums.seconds * sums.errors)[:, None]
    wanted = 1 / sums.errors
    if expected is not None:
        usual = expected.ravel()[expected.ravel() > 0]
        pull = np.zeros((len(usual), flat.shape[1]))
        pull[np.arange(len(usual)), np.flatnonzero(expected.ravel() > 0)] = 1 / (_LOOSE * usual)
        flat, wanted = np.vstack([flat, pull]), np.concatenate([wanted, np.full(len(usual), 1 / _LOOSE)])
    return least_squares(flat, wanted).reshape(work.shape[1:])


def _error(entry: Learnt) -> float:
    return math.hypot(_NETWORK_ERROR if entry.calls else _FORM_ERROR, min(entry.error, _LARGEST_ERROR))


def _corrections(sums: _Sums, prices: NDArray[np.float64], off: NDArray[np.float64], grow: Grow) -> Mapping[str, Forest]:
    """Of each family with enough kernels that are no trifle in their unit, trees that say how far it is off now."""
    row, kernel, count = (parts[sums.in_units] for parts in (sums.row, sums.kernel, sums.count))
    each = np.maximum(np.sum(sums.work * prices[sums.family], axis=1), LEAST_SECONDS) * np.exp(off)
    spent = count * each[kernel]
    totals = np.bincount(row, spent, len(sums.seconds))[row]
    shares, target = spent / totals, off[kernel] + np.log(sums.seconds[row] / totals)
    weight = shares / sums.errors[row] ** 2
    forests = {}
    for index, name in enumerate(sums.names):
        own = (sums.family[kernel] == index) & (shares >= _TRIFLE)
        if np.count_nonzero(own) >= _MIN_KERNELS:
            forests[name] = grow(sums.features[kernel[own]], target[own], weight[own])
    return forests
