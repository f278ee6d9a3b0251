"""Profiles: named sets of workloads. Source of the axes: form/function paper, section 2.1."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping

from archbench.errors import WorkloadError
from archbench.registry import check_name
from archbench.workloads.pattern import PatternWorkload

#: The form/function paper's patterns (i) to (vi).
SIX = ("standard", "factorized", "bottleneck", "depthwise-separable", "depthwise-bottleneck", "grouped")

DEPTHS = (10, 20, 30, 40, 50)
WIDTHS = (32, 64, 128, 256, 512)
BATCHES = (1, 2, 4, 8, 16, 32)
DEFAULT_WIDTH = 64

#: Equal-work widths are multiples of this, so that no pattern pays for a half-filled vector register.
WIDTH_STEP = 16
EQUAL_WORK_BASE_WIDTH = 256


def smoke() -> Iterator[PatternWorkload]:
    """Six patterns, shallow and deep."""
    yield from _networks({"depth": depth, "width": DEFAULT_WIDTH, "batch": 1} for depth in (DEPTHS[0], DEPTHS[-1]))


def nightly() -> Iterator[PatternWorkload]:
    """A sweep along depth, one along width and one along batch, from a common corner, and the two equal-work sets."""
    corner = {"depth": DEPTHS[0], "width": DEFAULT_WIDTH, "batch": BATCHES[0]}
    points = [{**corner, "depth": depth} for depth in DEPTHS]
    points += [{**corner, "width": width} for width in WIDTHS]
    points += [{**corner, "batch": batch} for batch in BATCHES]
    yield from _distinct(itertools.chain(_networks(points), equal_macs(), equal_parameters()))


def paper() -> Iterator[PatternWorkload]:
    """The full cross of depth, width and batch, and the equal-work sets. Days on two cores; select with -k."""
    cross = itertools.product(DEPTHS, WIDTHS, BATCHES)
    points = ({"depth": depth, "width": width, "batch": batch} for depth, width, batch in cross)
    yield from _distinct(itertools.chain(_networks(points), equal_macs(), equal_parameters()))


def counters() -> Iterator[PatternWorkload]:
    """Six shallow patterns on larger images, whose activations contend for a last-level cache of a few MiB."""
    for pattern in SIX:
        yield PatternWorkload(pattern=pattern, depth=DEPTHS[0], width=DEFAULT_WIDTH, resolution=(56, 56))


def _networks(points: Iterable[Mapping[str, int]]) -> Iterator[PatternWorkload]:
    for point in points:
        for pattern in SIX:
            yield PatternWorkload(pattern=pattern, depth=point["depth"], width=point["width"], batch=point["batch"])


def _distinct(workloads: Iterable[PatternWorkload]) -> Iterator[PatternWorkload]:
    return iter(dict.fromkeys(workloads))


def equal_macs() -> Iterator[PatternWorkload]:
    """Six networks that do the same multiply-accumulates as the standard one of base width."""
    return equal_work(_unit_macs)


def equal_parameters() -> Iterator[PatternWorkload]:
    """Six networks that hold the same parameters as the standard one of base width."""
    return equal_work(_unit_parameters)


def equal_work(measure: Callable[[PatternWorkload], int]) -> Iterator[PatternWorkload]:
    """One network a pattern, its width the multiple of WIDTH_STEP whose work per unit is nearest to the standard's.

    The work left over by that rounding is at most 5 % and is listed by `archbench cost`.
    """
    target = measure(_equal_work_candidate("standard", EQUAL_WORK_BASE_WIDTH))
    for pattern in SIX:
        candidates = _candidates(pattern, range(WIDTH_STEP, 8 * EQUAL_WORK_BASE_WIDTH, WIDTH_STEP))
        yield min(candidates, key=lambda workload: abs(measure(workload) - target))


def _candidates(pattern: str, widths: Iterable[int]) -> Iterator[PatternWorkload]:
    for width in widths:
        try:
            yield _equal_work_candidate(pattern, width)
        except WorkloadError:
            continue


def _equal_work_candidate(pattern: str, width: int) -> PatternWorkload:
    return PatternWorkload(pattern=pattern, depth=DEPTHS[0], width=width)


def _unit_macs(workload: PatternWorkload) -> int:
    return sum(convolution.weights for convolution in workload.unit)


def _unit_parameters(workload: PatternWorkload) -> int:
    return sum(convolution.weights + 2 * convolution.out_channels for convolution in workload.unit)


PROFILES: Mapping[str, Callable[[], Iterator[PatternWorkload]]] = {
    "smoke": smoke,
    "nightly": nightly,
    "paper": paper,
    "equal-macs": equal_macs,
    "equal-parameters": equal_parameters,
    "counters": counters,
}


def profile_workloads(profile: str) -> Iterator[PatternWorkload]:
    """The workloads of a profile.

    Raises:
        UnknownNameError: there is no such profile.
    """
    return PROFILES[check_name("profile", PROFILES, profile)]()
