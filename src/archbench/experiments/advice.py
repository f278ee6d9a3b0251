"""What a designer should do on each platform, from the latencies of units measured there."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from archbench.cost.units import unit_cost
from archbench.experiments.behaviour import NOTICEABLE, latency_ratio, places, typical
from archbench.experiments.channel_sweep import channel_sweeps
from archbench.experiments.fusion import Fusion, fusions
from archbench.experiments.units import Platform, Units
from archbench.records.interval import Interval
from archbench.stats.estimate import LogEstimate
from archbench.workloads.behaviour import ACTIVATIONS
from archbench.workloads.layer import KERNELS, LayerWorkload

#: The smallest kernel that sees a neighbourhood, beside which larger ones are held.
_USUAL_KERNEL = 3

#: MobileNetV1's convolutions whose channels may be pruned, and the counts that each may take (behaviour study, case study 1).
PRUNED_LAYERS = 14
PRUNED_CHOICES = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Channels:
    """Of one sweep the counts worth using: the largest of each step. `width` is None where steps are uneven or none."""

    sweep: str
    shape: str
    width: int | None
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What one choice costs beside the usual one, as a ratio of latencies. `sizes` were compared."""

    choice: str
    beside: str
    ratio: Interval
    sizes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Blocks at one place of a network, the fastest first, with their seconds; `dominated` do less in more time."""

    pixels: str
    channels: int
    stride: int
    blocks: tuple[tuple[str, float], ...]
    dominated: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """What was found on one platform."""

    platform: str
    channels: tuple[Channels, ...]
    activations: tuple[Compared, ...]
    fusions: tuple[Fusion, ...]
    kernels: tuple[Compared, ...]
    places: tuple[Place, ...]

    @property
    def avoided(self) -> tuple[str, ...]:
        """Activations that surely cost NOTICEABLE or more of ReLU."""
        return tuple(entry.choice for entry in self.activations if entry.ratio.bounded[0] >= NOTICEABLE)

    @property
    def nearly_free(self) -> tuple[str, ...]:
        """Kernels that surely cost less than NOTICEABLE of the usual one."""
        return tuple(entry.choice for entry in self.kernels if entry.ratio.bounded[1] < NOTICEABLE)

    @property
    def pruning_space(self) -> tuple[float, float] | None:
        """Networks that channel pruning of MobileNetV1 chooses from: all, and those of counts worth using; None without steps.

        Of consecutive counts one in a step's width is worth using, on the sweep with the widest steps (behaviour study, case
        study 1: of 30 counts in each of 14 layers, a width of 8 leaves 3.75, a factor of 8^14 or 10^12 fewer).
        """
        widths = [entry.width for entry in self.channels if entry.width is not None and entry.sweep.startswith("conv ")]
        if not widths:
            return None
        return float(PRUNED_CHOICES) ** PRUNED_LAYERS, (PRUNED_CHOICES / max(widths)) ** PRUNED_LAYERS

    @property
    def block_space(self) -> tuple[int, int] | None:
        """Networks of one block at each measured place: all, and those without dominated blocks; None if none was measured."""
        if not self.places:
            return None
        whole = left = 1
        for place in self.places:
            whole *= len(place.blocks)
            left *= len(place.blocks) - len(place.dominated)
        return whole, left


def advise(by_platform: Mapping[Platform, Units]) -> dict[Platform, Advice]:
    """Advice for every platform."""
    return {
        platform: Advice(
            platform=str(platform),
            channels=tuple(_channels(units)),
            activations=tuple(_activations(units)),
            fusions=tuple(fusions(units)),
            kernels=tuple(_kernels(units)),
            places=tuple(_places(units)),
        )
        for platform, units in by_platform.items()
    }


def precision_by_layer(by_platform: Mapping[Platform, Units]) -> dict[str, tuple[str, ...]]:
    """Platforms by layer, the fastest first: those that measured the same sizes of it as the one that measured most."""
    found: dict[str, dict[Platform, dict[LayerWorkload, LogEstimate]]] = {}
    for platform, units in by_platform.items():
        for kind, measured in units.items():
            if measured.seconds is not None:
                found.setdefault(kind.layer, {}).setdefault(platform, {})[kind] = measured.seconds
    return {layer: _ranked(platforms) for layer, platforms in found.items()}


def _ranked(platforms: Mapping[Platform, Mapping[LayerWorkload, LogEstimate]]) -> tuple[str, ...]:
    shared = set.intersection(*(set(kinds) for kinds in platforms.values()))
    if not shared:
        return ()
    mean = {platform: typical([kinds[kind] for kind in shared]).value for platform, kinds in platforms.items()}
    return tuple(str(platform) for platform in sorted(mean, key=lambda platform: mean[platform]))


def _channels(units: Units) -> Iterator[Channels]:
    for sweep in channel_sweeps(units):
        steps = sweep.steps
        yield Channels(sweep=sweep.name, shape=steps.shape.value, width=steps.width, counts=steps.edges)


def _activations(units: Units) -> Iterator[Compared]:
    for name in ACTIVATIONS:
        pairs = [(kind, dataclasses.replace(kind, activation="relu")) for kind in units if kind.activation == name]
        if name != "relu":
            yield from _compared(units, name, "relu", pairs)


def _kernels(units: Units) -> Iterator[Compared]:
    for layer in ("conv", "depthwise"):
        for kernel in KERNELS:
            pairs = [
                (kind, dataclasses.replace(kind, kernel=_USUAL_KERNEL))
                for kind in units
                if kind.layer == layer and kind.kernel == kernel and kind.activation is None
            ]
            if kernel > _USUAL_KERNEL:
                yield from _compared(units, f"{layer} k{kernel}", f"{layer} k{_USUAL_KERNEL}", pairs)


def _compared(
    units: Units, choice: str, beside: str, pairs: Iterable[tuple[LayerWorkload, LayerWorkload]]
) -> Iterator[Compared]:
    ratios = [ratio for above, below in pairs if (ratio := latency_ratio(units, above, below)) is not None]
    if ratios:
        yield Compared(choice=choice, beside=beside, ratio=typical(ratios).interval(), sizes=len(ratios))


def _places(units: Units) -> Iterator[Place]:
    for group in places(units):
        seconds = {kind: estimate for kind in group if (estimate := units[kind].seconds) is not None}
        order = sorted(seconds, key=lambda kind: seconds[kind].value)
        rows, columns = group[0].resolution
        yield Place(
            pixels=f"{rows}x{columns}",
            channels=group[0].out_channels,
            stride=group[0].stride,
            blocks=tuple((kind.layer, seconds[kind].interval().estimate) for kind in order),
            dominated=tuple(kind.layer for kind in order if _is_dominated(kind, seconds)),
        )


def _is_dominated(kind: LayerWorkload, seconds: Mapping[LayerWorkload, LogEstimate]) -> bool:
    """Whether another block does at least as many operations in surely less time."""
    own = unit_cost(kind).operations
    return any(
        other != kind and unit_cost(other).operations >= own and estimate.over(seconds[kind]).interval().bounded[1] < 1
        for other, estimate in seconds.items()
    )
