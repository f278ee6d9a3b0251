"""Experiments that read more than the clock: which networks, how large in which profile, and by which instrument."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from archbench.errors import UsageError
from archbench.registry import check_name
from archbench.workloads.grids import DEPTHS, SIX, WIDTHS
from archbench.workloads.pattern import PatternWorkload


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """The cases of one figure. `workloads` by profile; `instrument` reads each case besides the clock."""

    name: str
    source: str
    instrument: str
    workloads: Mapping[str, Callable[[], Iterator[PatternWorkload]]]

    def workloads_in(self, profile: str) -> Iterator[PatternWorkload]:
        """The workloads of a profile.

        Raises:
            UsageError: the experiment has no such profile.
        """
        if profile not in self.workloads:
            raise UsageError(f"experiment {self.name} has the profiles {', '.join(self.workloads)}, but not {profile!r}.")
        return self.workloads[profile]()


#: Large images cost hours under a simulator: a network 512 wide does 64 times the work of one 64 wide.
_DEPTH_PIXELS = {"smoke": 28, "nightly": 28, "paper": 56}
_WIDTH_PIXELS = {"smoke": 14, "nightly": 14, "paper": 56}

_SMOKE_DEPTHS = (10, 20, 30)
_SMOKE_WIDTHS = (32, 64, 128, 256)


def _sweep(axis: str, values: tuple[int, ...], pixels: int) -> Callable[[], Iterator[PatternWorkload]]:
    def workloads() -> Iterator[PatternWorkload]:
        for value in values:
            for pattern in SIX:
                point = {"depth": DEPTHS[0], "width": 64, axis: value}
                yield PatternWorkload(pattern=pattern, resolution=(pixels, pixels), **point)

    return workloads


def _sweeps(
    axis: str, smoke: tuple[int, ...], full: tuple[int, ...], pixels: Mapping[str, int]
) -> Mapping[str, Callable[[], Iterator[PatternWorkload]]]:
    values = {"smoke": smoke, "nightly": full, "paper": full}
    return {profile: _sweep(axis, values[profile], pixels[profile]) for profile in values}


EXPERIMENTS: Mapping[str, Experiment] = {
    "cache-depth": Experiment(
        name="cache-depth",
        source="form/function paper, section 2.2, Figure 3",
        instrument="callgrind",
        workloads=_sweeps("depth", _SMOKE_DEPTHS, DEPTHS, _DEPTH_PIXELS),
    ),
    "cache-width": Experiment(
        name="cache-width",
        source="form/function paper, section 2.2, Figure 4",
        instrument="callgrind",
        workloads=_sweeps("width", _SMOKE_WIDTHS, WIDTHS, _WIDTH_PIXELS),
    ),
}


def experiment_named(name: str) -> Experiment:
    """The experiment of that name.

    Raises:
        UnknownNameError: there is none.
    """
    return EXPERIMENTS[check_name("experiment", EXPERIMENTS, name)]
