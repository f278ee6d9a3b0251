"""Where the time goes: the layers of one network on two backends side by side, joined by name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from archbench.contracts import LayerTime, LayerTimes
from archbench.report.table import plain_table, table_text
from archbench.units import format_ratio, format_seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinedLayer:
    """One executed node and the layers of the module that it stands for; None where a side has nothing of it.

    Args:
        name: of its first layer, or what the engine calls it.
        does: the kinds of the layers, in order.
        kernel: what the engine runs, in which precision and layout.
        native: seconds an inference in the module's layers.
        accelerated: seconds an inference in the node.
    """

    name: str
    does: tuple[str, ...]
    kernel: str
    native: float | None
    accelerated: float | None


def join(native: LayerTimes, accelerated: LayerTimes) -> tuple[JoinedLayer, ...]:
    """Each executed node with the layers it does, in order of execution.

    A layer that the engine never heard of was folded into the one before it when the network was exported.
    """
    times = {layer.layers[0]: layer for layer in native.layers}
    owners = _owners(times, accelerated.layers)
    return tuple(
        _joined([times[name] for name, owner in owners.items() if owner == index], node)
        for index, node in enumerate(accelerated.layers)
    ) + tuple(_joined([times[name]], None) for name in times if name not in owners)


def _owners(names: Mapping[str, LayerTime], nodes: Sequence[LayerTime]) -> Mapping[str, int]:
    """By layer, in order of execution, the node that does it."""
    found: dict[str, int] = {}
    for index, node in enumerate(nodes):
        for original in node.layers:
            name = _layer_of(original, names)
            if name is not None:
                found.setdefault(name, index)
    owners: dict[str, int] = {}
    last: int | None = None
    for name in names:
        last = found.get(name, last)
        if last is not None:
            owners[name] = last
    return owners


def _layer_of(original: str, names: Mapping[str, LayerTime]) -> str | None:
    """The layer that an operator of the exported graph came from: `/features/0/conv/Conv` came from `features.0.conv`."""
    parts = original.strip("/").split("/")
    candidates = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((candidate for candidate in candidates if candidate in names), None)


def _joined(layers: Sequence[LayerTime], node: LayerTime | None) -> JoinedLayer:
    name = layers[0].layers[0] if layers else ", ".join(node.layers[:1]) if node and node.layers else "(none)"
    return JoinedLayer(
        name=name,
        does=tuple(layer.kind for layer in layers) or ((node.kind,) if node else ()),
        kernel=node.kernel if node else "",
        native=sum(layer.seconds for layer in layers) if layers else None,
        accelerated=node.seconds if node else None,
    )


def layers_table(native: LayerTimes, accelerated: LayerTimes, names: tuple[str, str]) -> str:
    """One line an executed node, the dearest first; then what each side spends outside its layers, and where it saves."""
    rows = sorted(join(native, accelerated), key=lambda row: -max(row.native or 0.0, row.accelerated or 0.0))
    table = plain_table("layer", "does", *names, "gain", "kernel", left=2)
    table.columns[-1].justify = "left"
    for row in rows:
        table.add_row(
            row.name,
            "+".join(row.does),
            _time(row.native),
            _time(row.accelerated),
            _gain(row.native, row.accelerated),
            row.kernel,
        )
    for title, values in _totals(native, accelerated):
        table.add_row(title, "", *(_time(value) for value in values), _gain(*values), "")
    return "\n".join((table_text(table), "", _by_kind(native, names[0]), _by_kind(accelerated, names[1])))


def nodes_table(times: LayerTimes, name: str) -> str:
    """One line an executed node of a backend alone, the dearest first, with its share; then what lies outside them."""
    table = plain_table("layer", "does", name, "share", "kernel", left=2)
    table.columns[-1].justify = "left"
    for node in sorted(times.layers, key=lambda node: -node.seconds):
        share = f"{node.seconds / times.seconds:.0%}"
        table.add_row(", ".join(node.layers[:1]) or "(none)", node.kind, _time(node.seconds), share, node.kernel)
    table.add_row("residual", "", _time(times.seconds - _sum(times)), "", "")
    table.add_row("whole inference", "", _time(times.seconds), "", "")
    return "\n".join((table_text(table), "", _by_kind(times, name)))


def _totals(native: LayerTimes, accelerated: LayerTimes) -> Iterable[tuple[str, tuple[float, float]]]:
    watched = (_sum(native), _sum(accelerated))
    whole = (native.seconds, accelerated.seconds)
    yield "all layers", watched
    yield "residual", (whole[0] - watched[0], whole[1] - watched[1])
    yield "whole inference", whole


def _by_kind(times: LayerTimes, name: str) -> str:
    """The share of each kind of layer, as one line."""
    spent: Counter[str] = Counter()
    for layer in times.layers:
        spent[layer.kind] += layer.seconds  # type: ignore[assignment]  # a Counter adds up any number
    total = sum(spent.values()) or 1.0
    return f"{name}: " + ", ".join(f"{kind} {seconds / total:.0%}" for kind, seconds in spent.most_common() if seconds > 0)


def _sum(times: LayerTimes) -> float:
    return sum(layer.seconds for layer in times.layers)


def _time(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    return format_seconds(seconds) if seconds >= 0 else f"-{format_seconds(-seconds)}"


def _gain(native: float | None, accelerated: float | None) -> str:
    return format_ratio(native / accelerated) if native and accelerated and native > 0 and accelerated > 0 else "-"
