"""An operator or a block, copied: what the behaviour study (Tang et al., MLSys 2021, Table 1) varies one dimension at a time.

The network is `copies` of the unit, each with weights of its own. They read the same input, and of each output a few pixels are
kept, so that the copies are all needed, none can be folded into another, and any number of channels may go in and out. Units
that split their input or add it to their output follow each other instead: an engine splits one input once for all, and fuses a
sum into a convolution only where nothing else reads what is added. The latency of one unit inside a network is the difference
of a network of many copies and one of few, divided by the difference of their copies: what a network costs once (its call, the
layout of its input and output) cancels.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from archbench.errors import WorkloadError
from archbench.registry import LAYERS, REFERENCE_BACKEND, check_name, resolve
from archbench.workloads.unit import Activation, Shape, Unit, output_shape

KERNELS = (1, 3, 5, 7)
STRIDES = (1, 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """What the files under `layers/` export.

    Args:
        name: as in ids.
        home: where it is from.
        unit: its tree for a workload; refuses, with WorkloadError, shapes that it cannot have.
        kernel: the usual one.
        context: the operator that it was put behind, as it has no weights of its own that tell its copies apart, or is folded
            into it; what it costs itself is the difference to that.
        activates: whether an activation may be put behind it.
        keeps_channels: whether it has as many channels out as in, whatever its shape.
        stacks: whether copies follow each other, where input and output have one shape.
    """

    name: str
    home: str
    unit: Callable[[LayerWorkload], Unit]
    kernel: int = 3
    context: str | None = None
    activates: bool = False
    keeps_channels: bool = False
    stacks: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerWorkload:
    """Copies of an operator or block on an input of (batch, in_channels, rows, columns).

    Args:
        layer: a name in the registry.
        in_channels: >= 1.
        out_channels: >= 1.
        kernel: edge of its window, one of KERNELS; None means the layer's usual one.
        stride: one of STRIDES.
        activation: name of what follows the operator; None for nothing. Blocks hold their own.
        resolution: (rows, columns) of the input.
        batch: images per inference, >= 1.
        copies: >= 1.

    Raises:
        UnknownNameError: no such layer or activation.
        WorkloadError: a shape that the layer cannot have.
    """

    layer: str
    in_channels: int
    out_channels: int
    kernel: int | None = None
    stride: int = 1
    activation: str | None = None
    resolution: tuple[int, int] = (28, 28)
    batch: int = 1
    copies: int = 1

    def __post_init__(self) -> None:
        spec = layer_named(self.layer)
        if self.kernel is None:
            object.__setattr__(self, "kernel", spec.kernel)
        self._check_sizes()
        if self.activation is not None:
            check_name("activation", {entry.value: entry for entry in Activation}, self.activation)
            if not spec.activates:
                raise WorkloadError(f"{self.layer} takes no activation behind it, but got {self.activation}.")
        spec.unit(self)

    def _check_sizes(self) -> None:
        rows, columns = self.resolution
        sizes = {"in_channels": self.in_channels, "out_channels": self.out_channels, "rows": rows, "columns": columns}
        for name, size in {**sizes, "batch": self.batch, "copies": self.copies}.items():
            if size < 1:
                raise WorkloadError(f"`{name} >= 1` must hold, but got {name}={size}.")
        for name, value, allowed in (("kernel", self.kernel, KERNELS), ("stride", self.stride, STRIDES)):
            if value not in allowed:
                raise WorkloadError(f"`{name}` must be one of {', '.join(map(str, allowed))}, but got {name}={value}.")

    @property
    def spec(self) -> Layer:
        """What the layer is."""
        return layer_named(self.layer)

    @property
    def edge(self) -> int:
        """The edge of its window."""
        assert self.kernel is not None
        return self.kernel

    @property
    def unit(self) -> Unit:
        """One copy."""
        return self.spec.unit(self)

    @property
    def unit_shape(self) -> Shape:
        """(channels, rows, columns) of the input of a unit."""
        return (self.in_channels, *self.resolution)

    @property
    def output_shape(self) -> Shape:
        """(channels, rows, columns) of the output of a unit."""
        return output_shape(self.unit, self.unit_shape)

    @property
    def is_stacked(self) -> bool:
        """Whether its copies follow each other; else they stand side by side."""
        return self.spec.stacks and self.output_shape == self.unit_shape

    @property
    def kind(self) -> LayerWorkload:
        """The same with one copy: what networks of many and of few copies have in common."""
        return dataclasses.replace(self, copies=1)

    @property
    def context(self) -> LayerWorkload | None:
        """What its own cost is the difference to, if it was put behind another operator."""
        if self.spec.context is None:
            return None
        return dataclasses.replace(self, layer=self.spec.context, out_channels=self.in_channels, stride=1, kernel=None)

    @property
    def family(self) -> str:
        """What alerts are pooled by."""
        return self.layer

    @property
    def reference(self) -> str:
        """The backend that the others are held against."""
        return REFERENCE_BACKEND

    @property
    def axes(self) -> Mapping[str, str]:
        """Its place in a grid."""
        rows, columns = self.resolution
        return {
            "in": str(self.in_channels),
            "out": str(self.out_channels),
            "kernel": str(self.kernel),
            "stride": str(self.stride),
            "activation": self.activation or "-",
            "batch": str(self.batch),
            "pixels": f"{rows}x{columns}",
            "copies": str(self.copies),
        }

    @property
    def input_shape(self) -> tuple[int, int, int, int]:
        """(batch, channels, rows, columns)."""
        return (self.batch, *self.unit_shape)

    @property
    def id(self) -> str:
        """The canonical id; see `archbench.workloads.ids`."""
        rows, columns = self.resolution
        activation = "" if self.activation is None else f"-{self.activation}"
        sizes = f"i{self.in_channels}-o{self.out_channels}-k{self.kernel}-s{self.stride}{activation}"
        return f"{self.layer}-{sizes}-{rows}x{columns}-b{self.batch}-n{self.copies}"


def layer_named(name: str) -> Layer:
    """The layer of that name.

    Raises:
        UnknownNameError: there is none.
    """
    layer: Layer = resolve("layer", LAYERS, name)
    return layer
