"""Where the time goes, as a picture: one bar a backend, stacked from its layers in order of execution."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from archbench.contracts import LayerTimes
from archbench.errors import UsageError
from archbench.units import format_seconds

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_FORMATS = (".png", ".svg", ".pdf")
_GREY, _DARK = "#d9d9d9", "#4d4d4d"
#: Segments of a smaller share have no edge, which would hide them.
_EDGED = 1e-3
#: Kinds with a colour of their own, on each backend.
_NAMED_KINDS = 4


def check_figure_path(path: Path) -> None:
    """Refuse a file that no picture can be written to.

    Raises:
        UsageError: another format, or no such folder.
    """
    if path.suffix not in _FORMATS:
        raise UsageError(f"a figure is written as {', '.join(_FORMATS)}, but got {str(path)!r}.")
    if not path.absolute().parent.is_dir():
        raise UsageError(f"cannot write {path}: there is no folder {path.parent}.")


def layers_figure(title: str, times: Mapping[str, LayerTimes], path: Path) -> None:
    """Write the picture: a panel a backend on one scale of time, a segment a layer, its colour the layer's kind."""
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import pyplot as plt

    figure, panels = plt.subplots(
        len(times), 1, figsize=(11, 0.9 + 1.7 * len(times)), sharex=True, squeeze=False, layout="constrained"
    )
    for axes, (backend, entry) in zip(panels[:, 0], times.items(), strict=True):
        _draw(axes, backend, entry)
    panels[-1, 0].set_xlabel("microseconds an inference")
    figure.suptitle(title)
    figure.savefig(path, dpi=150)
    plt.close(figure)


def _draw(axes: Axes, backend: str, times: LayerTimes) -> None:
    colours = _colours(times)
    thick = times.seconds * _EDGED
    start = 0.0
    for layer in times.layers:
        width = 0.4 if layer.seconds > thick else 0.0
        colour = colours.get(layer.kind, _DARK)
        axes.barh(0, layer.seconds * 1e6, left=start * 1e6, color=colour, edgecolor="white", linewidth=width)
        start += layer.seconds
    residual = times.seconds - start
    if residual > 0:
        axes.barh(0, residual * 1e6, left=start * 1e6, color=_GREY, hatch="//", edgecolor="white")
    axes.set_yticks([])
    axes.set_title(f"{backend}: {format_seconds(times.seconds)}", loc="left", fontsize="medium")
    axes.spines[["top", "right", "left"]].set_visible(False)
    _add_legend(axes, colours, _spent(times), residual)


def _spent(times: LayerTimes) -> Counter[str]:
    """Seconds by kind of layer, the dearest first."""
    spent: Counter[str] = Counter()
    for layer in times.layers:
        spent[layer.kind] += layer.seconds  # type: ignore[assignment]  # a Counter adds up any number
    return spent


def _colours(times: LayerTimes) -> dict[str, str]:
    return {kind: f"C{index}" for index, (kind, _) in enumerate(_spent(times).most_common(_NAMED_KINDS))}


def _add_legend(axes: Axes, colours: Mapping[str, str], spent: Mapping[str, float], residual: float) -> None:
    """Kinds with what they take, over the bar."""
    from matplotlib.patches import Patch

    handles = [Patch(color=colour, label=f"{kind} {format_seconds(spent[kind])}") for kind, colour in colours.items()]
    other = sum(seconds for kind, seconds in spent.items() if kind not in colours)
    if other > 0:
        handles.append(Patch(color=_DARK, label=f"other kinds {format_seconds(other)}"))
    if residual > 0:
        label = f"outside layers {format_seconds(residual)}"
        handles.append(Patch(facecolor=_GREY, hatch="//", edgecolor="white", label=label))
    axes.legend(handles=handles, ncols=3, frameon=False, fontsize="small", loc="lower right", bbox_to_anchor=(1.0, 1.0))
