"""A pattern network: one design pattern stacked `depth` times at constant width and resolution.

One unit of depth is one application of the pattern: it maps `width` channels to `width` channels at the same resolution and
widens the receptive field by `kernel - 1` pixels along both axes. That holds for all six patterns, so networks of one depth
see the same part of their input whatever their form; the number of convolutions in a unit (1 to 3) is part of the form.
There is no stem, no classifier and no shortcut: every microsecond belongs to the pattern.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from archbench.errors import WorkloadError
from archbench.registry import PATTERNS, REFERENCE_BACKEND, resolve
from archbench.workloads.convolution import Convolution


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """What a file under `patterns/` exports.

    `unit` gives the convolutions of one unit of depth and refuses, with WorkloadError, shapes it cannot have.
    `default_groups` and `default_ratio` are None where the pattern has no such parameter.
    """

    name: str
    home: str
    unit: Callable[[PatternWorkload], tuple[Convolution, ...]]
    default_groups: int | None = None
    default_ratio: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PatternWorkload:
    """A pattern network with its input shape: (batch, width, rows, columns).

    Args:
        pattern: a name in the registry.
        depth: units of the pattern, >= 1.
        width: channels between units, >= 1.
        resolution: (rows, columns) in pixels, >= 1 each.
        batch: images per inference, >= 1.
        kernel: odd edge length of the spatial convolution.
        groups: groups of the grouped pattern; None means the pattern's default.
        ratio: reduction (the bottlenecks) or expansion (inverted-bottleneck); None means the pattern's default.

    Raises:
        UnknownNameError: no such pattern.
        WorkloadError: a shape that the pattern cannot have.
    """

    pattern: str
    depth: int
    width: int
    resolution: tuple[int, int] = (28, 28)
    batch: int = 1
    kernel: int = 3
    groups: int | None = None
    ratio: int | None = None

    def __post_init__(self) -> None:
        pattern = pattern_named(self.pattern)
        for name in ("groups", "ratio"):
            default = getattr(pattern, f"default_{name}")
            if getattr(self, name) is None:
                object.__setattr__(self, name, default)
            elif default is None:
                raise WorkloadError(f"the {self.pattern} pattern has no {name}, but got {name}={getattr(self, name)}.")
        self._check_positive()
        if self.kernel % 2 == 0:
            raise WorkloadError(f"`kernel` must be odd so that padding keeps the resolution, but got kernel={self.kernel}.")
        pattern.unit(self)

    def _check_positive(self) -> None:
        rows, columns = self.resolution
        sizes = {
            "depth": self.depth,
            "width": self.width,
            "rows": rows,
            "columns": columns,
            "batch": self.batch,
            "kernel": self.kernel,
            "groups": self.groups,
            "ratio": self.ratio,
        }
        for name, size in sizes.items():
            if size is not None and size < 1:
                raise WorkloadError(f"`{name} >= 1` must hold, but got {name}={size}.")

    @property
    def family(self) -> str:
        """What alerts are pooled by."""
        return self.pattern

    @property
    def reference(self) -> str:
        """The backend that the others are held against."""
        return REFERENCE_BACKEND

    @property
    def axes(self) -> Mapping[str, str]:
        """Its place in a grid."""
        rows, columns = self.resolution
        sizes = {"depth": self.depth, "width": self.width, "batch": self.batch}
        return {**{axis: str(size) for axis, size in sizes.items()}, "pixels": f"{rows}x{columns}"}

    @property
    def input_shape(self) -> tuple[int, int, int, int]:
        """(batch, channels, rows, columns)."""
        return (self.batch, self.width, *self.resolution)

    @property
    def unit(self) -> tuple[Convolution, ...]:
        """The convolutions of one unit of depth."""
        return pattern_named(self.pattern).unit(self)

    @property
    def convolutions(self) -> tuple[Convolution, ...]:
        """Every convolution of the network, in order."""
        return tuple(itertools.chain.from_iterable(itertools.repeat(self.unit, self.depth)))

    @property
    def id(self) -> str:
        """The canonical id; see `archbench.workloads.ids`."""
        rows, columns = self.resolution
        groups = "" if self.groups is None else f"-g{self.groups}"
        ratio = "" if self.ratio is None else f"-r{self.ratio}"
        return f"{self.pattern}-d{self.depth}-w{self.width}-k{self.kernel}{groups}{ratio}-{rows}x{columns}-b{self.batch}"


def pattern_named(name: str) -> Pattern:
    """The pattern of that name.

    Raises:
        UnknownNameError: there is none.
    """
    pattern: Pattern = resolve("pattern", PATTERNS, name)
    return pattern
