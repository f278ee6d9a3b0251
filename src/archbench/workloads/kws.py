"""A keyword-spotting network: six convolution units on one second of speech, pooled to ten classes.

Source: Anderson, Su, Dahyot and Gregg 2020, "Performance-Oriented Neural Architecture Search", arXiv 2001.02976: the seed, and
the twelve networks found from it. The first unit halves the time axis and no other unit has a stride; METHODOLOGY.md derives
that from the published costs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from archbench.errors import UnknownNameError, WorkloadError
from archbench.registry import REFERENCE_BACKEND

#: Bands and frames of the input: MFCCs of one second, a frame each 32 ms.
BANDS = 40
FRAMES = 32
CLASSES = 10
UNITS = 6

#: (rows, columns) of the first unit's stride, and of every other's.
FIRST_STRIDE = (1, 2)
STRIDE = (1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class KwsUnit:
    """Convolution, batch normalisation with scale, ReLU.

    Args:
        kernel: (rows, columns), >= 1 each; rows lie along the bands.
        filters: output channels, >= 1: M in the paper.

    Raises:
        WorkloadError: a size below 1.
    """

    kernel: tuple[int, int]
    filters: int

    def __post_init__(self) -> None:
        for name, size in (("rows", self.kernel[0]), ("columns", self.kernel[1]), ("filters", self.filters)):
            if size < 1:
                raise WorkloadError(f"`{name} >= 1` must hold of a keyword-spotting unit, but got {name}={size}.")

    @property
    def text(self) -> str:
        """As in `4x10m100`."""
        return f"{self.kernel[0]}x{self.kernel[1]}m{self.filters}"


_UNIT = re.compile(r"(\d+)x(\d+)m(\d+)", re.ASCII)


def parse_units(text: str, separator: str = "-") -> tuple[KwsUnit, ...]:
    """The units that `text` spells, as in `4x10m100-3x3m100-...`.

    Raises:
        WorkloadError: a part is no unit, or has a size below 1.
    """
    return tuple(_parse_unit(part) for part in text.split(separator))


def _parse_unit(text: str) -> KwsUnit:
    match = _UNIT.fullmatch(text)
    if match is None:
        raise WorkloadError(f"a keyword-spotting unit is ROWSxCOLUMNSmFILTERS, such as 3x3m50, but got {text!r}.")
    rows, columns, filters = map(int, match.groups())
    return KwsUnit(kernel=(rows, columns), filters=filters)


SEED = "kws-seed"

#: The paper's, Tables I and II; kws1 to kws12 in order of falling cost.
NAMED: Mapping[str, tuple[KwsUnit, ...]] = {
    name: parse_units(text, " ")
    for name, text in {
        SEED: "4x10m100 3x3m100 3x3m100 3x3m100 3x3m100 3x3m100",
        "kws1": "3x3m40 3x3m30 1x1m30 5x5m50 5x5m50 5x5m50",
        "kws2": "5x5m40 3x3m50 1x1m30 5x5m40 3x3m50 5x5m50",
        "kws3": "5x5m50 1x1m30 5x5m40 3x3m20 5x5m30 3x3m50",
        "kws4": "5x5m50 3x3m40 5x5m20 1x1m20 5x5m30 3x3m50",
        "kws5": "5x5m20 1x1m40 5x5m30 3x3m20 5x5m30 3x3m30",
        "kws6": "5x5m20 3x3m40 3x3m40 3x3m20 3x3m40 3x3m40",
        "kws7": "3x3m50 1x1m30 3x3m20 5x5m20 3x3m50 3x3m40",
        "kws8": "5x5m50 1x1m50 3x3m20 3x3m40 3x3m30 3x3m20",
        "kws9": "5x5m50 1x1m20 1x1m50 3x3m20 5x5m20 3x3m40",
        "kws10": "3x3m40 1x1m20 1x1m20 3x3m20 5x5m20 3x3m30",
        "kws11": "5x5m30 1x1m20 1x1m20 1x1m20 3x3m20 5x5m20",
        "kws12": "5x5m50 1x1m40 1x1m50 1x1m20 3x3m20 3x3m20",
    }.items()
}

_NAMES = {units: name for name, units in NAMED.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class KwsLayer:
    """One unit in its place: `in_channels` images of `inputs` (rows, columns) become `unit.filters` of `outputs`."""

    unit: KwsUnit
    in_channels: int
    stride: tuple[int, int]
    inputs: tuple[int, int]
    outputs: tuple[int, int]

    @property
    def weights(self) -> int:
        """Elements of the weight tensor (filters, in_channels, rows, columns)."""
        rows, columns = self.unit.kernel
        return self.unit.filters * self.in_channels * rows * columns

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one image, padding included."""
        return self.outputs[0] * self.outputs[1] * self.weights

    @property
    def padding(self) -> tuple[int, int, int, int]:
        """Zeros (left, right, top, bottom) that give `outputs`: alike on both sides, one more at an even kernel's end."""
        top, bottom = self._padding_along(0)
        left, right = self._padding_along(1)
        return left, right, top, bottom

    def _padding_along(self, axis: int) -> tuple[int, int]:
        before = (self.unit.kernel[axis] - 1) // 2
        reach = (self.outputs[axis] - 1) * self.stride[axis] + self.unit.kernel[axis]
        return before, max(before, reach - self.inputs[axis] - before)


@dataclass(frozen=True, slots=True, kw_only=True)
class KwsWorkload:
    """A network of six units on input of shape (batch, 1, 40, 32).

    Args:
        units: in order.
        batch: seconds of speech per inference, >= 1.

    Raises:
        WorkloadError: not six units, or a batch of none.
    """

    units: tuple[KwsUnit, ...]
    batch: int = 1

    def __post_init__(self) -> None:
        if len(self.units) != UNITS:
            raise WorkloadError(f"a keyword-spotting network has {UNITS} units, but got {len(self.units)}.")
        if self.batch < 1:
            raise WorkloadError(f"`batch >= 1` must hold, but got batch={self.batch}.")

    @classmethod
    def named(cls, name: str, batch: int = 1) -> KwsWorkload:
        """The seed or one of the twelve.

        Raises:
            UnknownNameError: no such network.
        """
        if name not in NAMED:
            raise UnknownNameError("keyword-spotting network", name, NAMED)
        return cls(units=NAMED[name], batch=batch)

    @property
    def family(self) -> str:
        """What alerts are pooled by: the published name, or the units spelt out."""
        return _NAMES.get(self.units) or f"kws-{'-'.join(unit.text for unit in self.units)}"

    @property
    def reference(self) -> str:
        """The backend that the others are held against."""
        return REFERENCE_BACKEND

    @property
    def axes(self) -> Mapping[str, str]:
        """Its place in a grid."""
        return {"Mops": f"{operations(self) / 1e6:.1f}", "batch": str(self.batch)}

    @property
    def input_shape(self) -> tuple[int, int, int, int]:
        """(batch, channels, bands, frames)."""
        return (self.batch, 1, BANDS, FRAMES)

    @property
    def layers(self) -> tuple[KwsLayer, ...]:
        """The units in their places."""
        return tuple(_layers(self.units))

    @property
    def id(self) -> str:
        """The canonical id; see `archbench.workloads.ids`."""
        return f"{self.family}-b{self.batch}"


def _layers(units: tuple[KwsUnit, ...]) -> Iterator[KwsLayer]:
    channels, inputs = 1, (BANDS, FRAMES)
    for index, unit in enumerate(units):
        stride = STRIDE if index else FIRST_STRIDE
        outputs = (-(-inputs[0] // stride[0]), -(-inputs[1] // stride[1]))
        yield KwsLayer(unit=unit, in_channels=channels, stride=stride, inputs=inputs, outputs=outputs)
        channels, inputs = unit.filters, outputs


def operations(workload: KwsWorkload) -> int:
    """The paper's cost of one inference of one image: Equation 1, two operations a multiply-accumulate of a unit.

    Without the equation's "+1" a filter and output element, which the published costs leave out; nor does the classifier count.
    """
    return 2 * sum(layer.macs for layer in workload.layers)


def published() -> Iterator[KwsWorkload]:
    """The seed and the twelve."""
    yield from (KwsWorkload(units=units) for units in NAMED.values())
