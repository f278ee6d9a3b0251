"""The stepped curves that a channel sweep is held against: periodic ones of every width and phase, and jumps anywhere."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from archbench.stats.sweep_fit import Array, Fit, Sweep, drawn_in, fitted, robust_curve, unexplained, without_spikes

#: Periods that a sweep must hold of each width that is tried, and the largest width in units of the spacing of the counts.
MIN_PERIODS = 3
MAX_WIDTH = 64

#: Share of the periods that must show the periodic part, each for itself, by this share of its height.
_SHOWING = 0.75
_SHOWN = 0.3

#: A bad point is slow, never fast: single slow counts must come back more often than fast ones to be believed.
_MIN_SLOW_PERIODS = 5

#: Best candidates under each screening, and of these the ones that are fitted under every shape of noise.
_SHORTLIST = 2
_FINALISTS = 5

#: Treads of a curve with free jumps: least length in points.
_MIN_TREAD = 4

#: Shapes of noise under which jumps are looked for: none, some and much drift.
_STARTS = (0, 2, 6)

#: The price of a free height: of a periodic curve, and of a single jump, of which there may be many false ones.
_PRICE, _JUMP_PRICE = 4.0, 10.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Candidate:
    """A stepped curve, the trend's columns with its own.

    `doubted` is fitted to points drawn in towards the smooth curve and decides whether steps are believed. `trusting` is fitted
    to points drawn in towards itself and tells what they are like, and which of several believed curves is best.

    `choices` is the logarithm of how many such curves were tried and `freedom` the number of its heights. A periodic one has a
    width and an edge, which is the residue of the counts worth using; another has `jumps`, the indices of the counts before.
    """

    doubted: Fit
    trusting: Fit
    freedom: int
    choices: float
    width: int | None = None
    edge: int | None = None
    jumps: tuple[int, ...] = ()

    @property
    def cost(self) -> float:
        """Deviance with the price of what was chosen: the lower the better."""
        return self.trusting.deviance + 2 * self.choices + (_PRICE if self.width else _JUMP_PRICE) * self.freedom


@dataclass(frozen=True, slots=True, kw_only=True)
class _Template:
    """One periodic curve: height is relative to the level or the same latency all along."""

    width: int
    phase: int
    relative: bool
    ramp: bool
    pulse: bool

    def columns(self, sweep: Sweep) -> Array:
        """A ramp falls from just after the phase to the phase, so that with a rising line it makes stairs; a pulse is at it."""
        behind = (self.phase - sweep.counts) % self.width
        shapes = [behind / self.width] * self.ramp + [(behind == 0).astype(float)] * self.pulse
        scale = sweep.per_level if self.relative else sweep.per_latency
        return np.stack(shapes, axis=1) * scale[:, None]


def periodic(sweep: Sweep, calm: Sweep, drifting: int) -> list[Candidate]:
    """The periodic curves that explain most, those of them that most periods show.

    `calm` is the sweep with points drawn in towards the smooth curve, `drifting` the most likely shape of noise about that.
    """
    pairs = _widths_and_phases(sweep)
    shortlist = dict.fromkeys(
        template
        for noise in dict.fromkeys((0, drifting))
        for relative in (True, False)
        for template in _screened(calm, pairs, relative, noise)
    )
    ranked = sorted(shortlist, key=lambda template: _misfit(sweep, template))
    found = [_template_candidate(sweep, calm, template, math.log(6 * len(pairs))) for template in ranked[:_FINALISTS]]
    return [candidate for candidate in found if candidate is not None]


def _widths_and_phases(sweep: Sweep) -> list[tuple[int, int]]:
    grain = sweep.spacing
    first = int(sweep.counts[0])
    longest = (int(sweep.counts[-1]) - first + grain) // grain // MIN_PERIODS
    return [
        (width * grain, (first + phase * grain) % (width * grain))
        for width in range(2, min(MAX_WIDTH, longest) + 1)
        for phase in range(width)
    ]


def _screened(sweep: Sweep, pairs: Sequence[tuple[int, int]], relative: bool, noise: int) -> Iterator[_Template]:
    """The ramps, pulses and pairs of both that explain most squares beyond the trend, under one shape of noise."""
    widths, phases = np.array(pairs).T
    scale = (sweep.per_level if relative else sweep.per_latency)[:, None]
    behind = (phases - sweep.counts[:, None]) % widths
    values, ramps = unexplained(sweep, behind / widths * scale, noise)
    _, pulses = unexplained(sweep, (behind == 0) * scale, noise)
    for ramp, pulse, gain in _gains(values, ramps, pulses):
        for index in np.argsort(gain)[::-1][:_SHORTLIST]:
            width, phase = pairs[index]
            yield _Template(width=width, phase=phase, relative=relative, ramp=ramp, pulse=pulse)


def _gains(values: Array, ramps: Array, pulses: Array) -> Iterator[tuple[bool, bool, Array]]:
    rr, pp = (np.maximum((columns**2).sum(axis=0), 1e-9) for columns in (ramps, pulses))
    rp, rv, pv = (ramps * pulses).sum(axis=0), values @ ramps, values @ pulses
    yield True, False, rv**2 / rr
    yield False, True, pv**2 / pp
    yield True, True, (rv**2 * pp - 2 * rv * pv * rp + pv**2 * rr) / np.maximum(rr * pp - rp**2, 1e-6 * rr * pp)


def _misfit(sweep: Sweep, template: _Template) -> float:
    columns = np.column_stack([sweep.trend, template.columns(sweep)])
    return _log_squares(sweep, columns) + _PRICE * (template.ramp + template.pulse)


def _log_squares(sweep: Sweep, columns: Array) -> float:
    """What the columns leave, with far points drawn in: minus twice a log-likelihood under white noise, but for a constant."""
    curve = robust_curve(sweep, columns)
    rest = drawn_in(sweep, curve).values - curve * sweep.per_level
    return float(len(rest) * math.log(rest @ rest + 1e-18))


def _template_candidate(sweep: Sweep, calm: Sweep, template: _Template, choices: float) -> Candidate | None:
    columns = np.column_stack([sweep.trend, template.columns(sweep)])
    doubted = fitted(calm, columns)
    ramp, pulse = doubted.weights[0] * template.ramp, doubted.weights[-1] * template.pulse
    candidate = Candidate(
        doubted=doubted,
        trusting=_trusting(sweep, columns),
        freedom=template.ramp + template.pulse,
        choices=choices,
        width=template.width,
        edge=_edge(sweep, template, ramp, pulse),
    )
    shown = _showing(calm, candidate)
    least = _MIN_SLOW_PERIODS if pulse > abs(ramp) / 2 else MIN_PERIODS
    return candidate if shown.sum() >= max(least, _SHOWING * len(shown)) else None


def _edge(sweep: Sweep, template: _Template, ramp: float, pulse: float) -> int:
    """The residue of the counts before the greatest rise; where nothing rises at once, of those furthest below the trend."""
    behind = np.arange(0, template.width, sweep.spacing)
    deviation = ramp * behind / template.width + pulse * (behind == 0)
    rises = np.roll(deviation, 1) - deviation
    sudden = rises.max() >= np.ptp(deviation) / 2
    best = int(np.argmax(rises) if sudden else np.argmin(deviation))
    return int((template.phase - behind[best]) % template.width)


def _showing(sweep: Sweep, candidate: Candidate) -> NDArray[np.bool_]:
    """Which whole periods show the periodic part, each for itself."""
    assert candidate.width is not None and candidate.edge is not None
    stepped = candidate.doubted.stepped
    seen = sweep.values / sweep.per_level - candidate.doubted.curve + stepped
    periods = (sweep.counts - candidate.edge - 1) // candidate.width
    shown = []
    for number in np.unique(periods):
        here = periods == number
        if np.ptp(stepped[here]) < np.ptp(stepped) / 4:
            continue
        part = stepped[here] - stepped[here].mean()
        shown.append(bool(part @ seen[here] > _SHOWN * (part @ part)))
    return np.array(shown, dtype=bool)


def jumping(sweep: Sweep, calm: Sweep, drifting: int) -> list[Candidate]:
    """The best sets of jumps that choice one by one finds under several shapes of noise; arguments as for `periodic`."""
    size = len(sweep.values)
    places = np.arange(_MIN_TREAD - 1, size - _MIN_TREAD)
    steps = (np.arange(size)[:, None] > places) * sweep.per_level[:, None]
    quiet = without_spikes(sweep)
    sets = dict.fromkeys(_chosen(quiet, steps, noise) for noise in dict.fromkeys((*_STARTS, drifting)))
    return [
        Candidate(
            doubted=fitted(calm, columns := np.column_stack([sweep.trend, steps[:, list(jumps)]])),
            trusting=_trusting(sweep, columns),
            freedom=len(jumps),
            choices=_log_choices(len(places), len(jumps)),
            jumps=tuple(int(places[index]) for index in jumps),
        )
        for jumps in sets
        if jumps
    ]


def _trusting(sweep: Sweep, columns: Array) -> Fit:
    return fitted(drawn_in(sweep, robust_curve(sweep, columns)), columns)


def _log_choices(places: int, jumps: int) -> float:
    """Of every set of so many jumps, and of how many there are."""
    ways = gammaln(places + 1) - gammaln(jumps + 1) - gammaln(places - jumps + 1)
    return float(ways) + 2 * math.log(jumps + 1)


def _chosen(sweep: Sweep, steps: Array, noise: int) -> tuple[int, ...]:
    """Jumps that explain most, one after the other, as many as pay for themselves."""
    rest, columns = unexplained(sweep, steps, noise)
    size, places = steps.shape
    least = 1e-3 * (columns**2).sum(axis=0).max()
    chosen: list[int] = []
    best: tuple[float, tuple[int, ...]] = (size * math.log(rest @ rest + 1e-18), ())
    free = np.ones(places, dtype=bool)
    for _ in range(size // (2 * _MIN_TREAD)):
        norms = (columns**2).sum(axis=0)
        gains = np.where(free & (norms > least), (rest @ columns) ** 2 / np.maximum(norms, least), 0.0)
        index = int(np.argmax(gains))
        if gains[index] <= 0:
            break
        chosen.append(index)
        free[max(0, index - _MIN_TREAD + 1) : index + _MIN_TREAD] = False
        direction = columns[:, index] / math.sqrt(norms[index])
        rest = rest - direction * (direction @ rest)
        columns = columns - np.outer(direction, direction @ columns)
        price = 2 * _log_choices(places, len(chosen)) + _JUMP_PRICE * len(chosen)
        best = min(best, (size * math.log(rest @ rest + 1e-18) + price, tuple(sorted(chosen))))
    return best[1]
