"""Whether latency along a channel sweep is a staircase, how wide its steps are, and which counts are worth using.

Hardware pays for channels in blocks (Tang et al., "To Bridge Neural Network Design and Real-World Performance: A Behaviour
Study", MLSys 2021, Figures 4 and 5), and depthwise convolutions zig-zag instead (Figure B.3). A smooth curve under drifting
noise is held against the same curve with a periodic part, and against the same curve with jumps anywhere.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc

from archbench.stats.step_shapes import Candidate, jumping, periodic
from archbench.stats.sweep_fit import Array, Fit, Sweep, drawn_in, fitted, robust_curve, sweep_of

#: A sweep of fewer points has no room for three steps beside a curve.
MIN_POINTS = 12

#: Steps are believed below this p-value, and so many edges or more below the second: drift and bad points, which the p-value
#: knows only roughly, feign one cliff now and then but not a flight of them. Simulated: benchmarks/step_trial.py.
ALPHA, ALPHA_OF_MANY = 1e-6, 1e-2
MANY = 4

#: Steps lower than this share of the local latency are not looked for: a drift could feign them.
MIN_HEIGHT = 0.02

#: A curve is a saw-tooth if its falls give back this share of its rises.
_FALLING = 0.5

#: A curve is smooth rather than linear below this p-value.
_CURVED = 0.01


class Shape(Enum):
    """What latency does along the sweep."""

    LINEAR = "linear"
    SMOOTH = "smooth"
    STAIRCASE = "staircase"
    SAW_TOOTH = "saw-tooth"


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """What a sweep shows.

    `width` is in channels, None where there are no steps or where they differ. `edges` are the measured counts worth using: the
    largest of each step, and of a saw-tooth the fastest of each period. `height` is the median rise beyond an edge over the
    latency at it, 0 without steps. `p_value` is against every smooth curve, with every width, phase and set of jumps that was
    tried counted in.
    """

    shape: Shape
    width: int | None
    edges: tuple[int, ...]
    height: float
    p_value: float

    @property
    def is_stepped(self) -> bool:
        """Whether there are steps at all, even or not."""
        return self.shape in (Shape.STAIRCASE, Shape.SAW_TOOTH)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedSteps:
    """What differs between two sweeps: the widths before and after, or None; counts no longer, and newly, worth using."""

    width: tuple[int | None, int | None] | None
    gone: tuple[int, ...]
    new: tuple[int, ...]

    def __bool__(self) -> bool:
        return bool(self.width or self.gone or self.new)


def find_steps(counts: Sequence[int], latencies: Sequence[float], errors: Sequence[float] | None = None) -> Steps:
    """Linear, smooth, staircase or saw-tooth.

    Latencies may be in any unit; `errors` are their standard errors, in the same unit.

    Raises:
        ValueError: fewer than MIN_POINTS counts, lists of different lengths, counts that do not increase from 1 or more,
            latencies that are not positive, or errors that are negative.
    """
    _check(counts, latencies, errors)
    sweep = sweep_of(counts, latencies, errors)
    calm = drawn_in(sweep, robust_curve(sweep, sweep.trend))
    smooth = fitted(calm, calm.trend)
    tried = [*periodic(sweep, calm, smooth.noise), *jumping(sweep, calm, smooth.noise)]
    p_values = {id(candidate): _p_value(sweep, smooth, candidate) for candidate in tried}
    for candidate in sorted(tried, key=lambda entry: entry.cost):
        steps = _described(sweep, candidate, p_values[id(candidate)])
        if steps.height >= MIN_HEIGHT and steps.p_value <= _alpha(candidate, steps):
            return steps
    p_value = min(p_values.values(), default=1.0)
    return Steps(shape=_curve(calm, smooth), width=None, edges=(), height=0.0, p_value=p_value)


def changed_steps(before: Steps, after: Steps) -> ChangedSteps:
    """Whether the width or the list of counts worth using differs; false where neither does."""
    return ChangedSteps(
        width=None if before.width == after.width else (before.width, after.width),
        gone=tuple(sorted(set(before.edges) - set(after.edges))),
        new=tuple(sorted(set(after.edges) - set(before.edges))),
    )


def _check(counts: Sequence[int], latencies: Sequence[float], errors: Sequence[float] | None) -> None:
    if len(counts) < MIN_POINTS:
        raise ValueError(f"at least {MIN_POINTS} channel counts must be given, but got {len(counts)}.")
    if any(len(values) != len(counts) for values in (latencies, errors) if values is not None):
        raise ValueError(f"there must be one latency, and one error if any, for each of the {len(counts)} channel counts.")
    if counts[0] < 1 or any(after <= before for before, after in itertools.pairwise(counts)):
        raise ValueError(f"channel counts must increase from 1 or more, but got {list(counts)!r}.")
    if not all(math.isfinite(latency) and latency > 0 for latency in latencies):
        raise ValueError(f"latencies must be positive, but got {list(latencies)!r}.")
    if errors is not None and not all(math.isfinite(error) and error >= 0 for error in errors):
        raise ValueError(f"standard errors must not be negative, but got {list(errors)!r}.")


def _p_value(sweep: Sweep, smooth: Fit, candidate: Candidate) -> float:
    """Of the F-test of a curve against the smooth one, times the number of curves that were tried."""
    size = len(sweep.values)
    freedom = size - sweep.trend.shape[1] - candidate.freedom - 2
    left = math.exp(min(0.0, candidate.doubted.deviance - smooth.deviance) / size)
    single = float(betainc(freedom / 2, candidate.freedom / 2, left))
    return math.exp(min(0.0, math.log(max(single, 1e-300)) + candidate.choices))


def _curve(calm: Sweep, smooth: Fit) -> Shape:
    """Linear unless a smooth curve fits better."""
    size, more = calm.trend.shape[0], calm.trend.shape[1] - 2
    gain = smooth.deviance - fitted(calm, calm.trend[:, :2]).deviance
    p_value = betainc((size - more - 4) / 2, more / 2, math.exp(min(0.0, gain) / size))
    return Shape.SMOOTH if p_value < _CURVED else Shape.LINEAR


def _alpha(candidate: Candidate, steps: Steps) -> float:
    """The p-value below which the candidate is believed."""
    return ALPHA_OF_MANY if candidate.width is None and len(steps.edges) >= MANY else ALPHA


def _described(sweep: Sweep, candidate: Candidate, p_value: float) -> Steps:
    fit = candidate.trusting
    latency = fit.curve * sweep.level
    rises = np.diff(latency)
    if candidate.width is None or candidate.edge is None:
        at = [index for index in candidate.jumps if rises[index] > 0]
        width = _even(sweep.counts[at])
    else:
        at, width = _ends(sweep.counts, candidate.width, candidate.edge), candidate.width
    inner = [index for index in at if index + 1 < len(latency)]
    heights = [_rise(sweep, fit, latency, candidate.width, index) for index in inner]
    risen = sum(height * latency[index] for height, index in zip(heights, inner, strict=True))
    return Steps(
        shape=Shape.SAW_TOOTH if -rises[rises < 0].sum() >= _FALLING * risen else Shape.STAIRCASE,
        width=width,
        edges=tuple(int(sweep.counts[index]) for index in at),
        height=float(np.median(heights)) if heights else 0.0,
        p_value=p_value,
    )


def _even(edges: NDArray[np.int_]) -> int | None:
    """The gap between many edges where all gaps are the same; three may be alike by chance."""
    gaps = {int(gap) for gap in np.diff(edges)}
    return gaps.pop() if len(edges) >= MANY and len(gaps) == 1 else None


def _ends(counts: NDArray[np.int_], width: int, edge: int) -> list[int]:
    """Indices of the largest measured count of each step; of the last step only where it is seen to be complete."""
    step = (counts - edge - 1) // width
    ends = np.flatnonzero(np.diff(step)).tolist()
    return [*ends, len(counts) - 1] if (counts[-1] - edge) % width == 0 else ends


def _rise(sweep: Sweep, fit: Fit, latency: Array, width: int | None, index: int) -> float:
    """How much slower a count beyond an edge is than that at it, relative: at once, or anywhere measured in the next period."""
    at_once = float(latency[index + 1] / latency[index]) - 1
    if width is None:
        return at_once
    beyond = (sweep.counts > sweep.counts[index]) & (sweep.counts <= sweep.counts[index] + width)
    if not beyond.any():
        return at_once
    return max(at_once, float((fit.stepped[beyond].max() - fit.stepped[index]) / fit.curve[index]))
