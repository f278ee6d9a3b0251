"""How every picture is drawn: colours that every eye tells apart, sizes, and ink that a page may change to its own.

Data have the colours of Okabe and Ito, and a marker and a line style besides, so that nothing is told by colour alone. Text,
axes and background have colours that nothing else has: in a page they become variables of its style sheet, and one picture is
read in light, in dark and in print.
"""

from __future__ import annotations

import io
import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archbench.errors import UsageError
from archbench.registry import DEFAULT_BACKENDS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

INK, SOFT, LINE, PAPER = "#1c1d1f", "#63666b", "#dcdee1", "#fefefd"
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
DASHES = ("-", "--", ":", "-.", (0, (6, 1, 1, 1, 1, 1)), (0, (1, 3)))

#: What a page calls them.
VARIABLES = {
    INK: "--ink",
    SOFT: "--soft",
    LINE: "--line",
    PAPER: "--paper",
    **{colour: f"--data-{index}" for index, colour in enumerate(COLOURS)},
}

_STYLE: Any = {
    "font.family": "sans-serif",
    "font.size": 8,
    "axes.titlesize": 8.5,
    "axes.labelsize": 8,
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.5,
    "legend.fontsize": 8,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.edgecolor": SOFT,
    "axes.facecolor": "none",
    "axes.axisbelow": True,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "grid.color": LINE,
    "grid.linewidth": 0.6,
    "figure.facecolor": PAPER,
    "savefig.facecolor": PAPER,
    "legend.frameon": False,
    # A name may hold a dollar.
    "text.parse_math": False,
}
_DPI = 150

#: An axis that spans more than this, upwards or across, has labels at whole powers alone.
_MANY, _SOME = 2e3, 12.0

_REFERENCE = re.compile(r'(?:url\(#|href="#)([^)"]+)')
_GENERATED = re.compile(r' id="([^"]+)"')
_FONTS = re.compile(r"font-family: [^;\"]*;? ?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Canvas:
    """How wide a picture is, in inches."""

    width: float

    def columns(self, panels: int, least: float) -> int:
        """How many of the panels stand side by side, each at least so wide, in rows of like length."""
        rows = -(-panels // max(1, int(self.width // least)))
        return -(-panels // rows)


#: For a screen on a desk and for paper; for a telephone.
WIDE, NARROW = Canvas(width=9.6), Canvas(width=3.7)

#: What draws a picture as wide as it is told.
Drawing = Callable[[Canvas], "Figure"]


@contextmanager
def painting() -> Iterator[None]:
    """What is drawn meanwhile has the style of every picture."""
    import matplotlib as mpl

    with mpl.rc_context(_STYLE):
        yield


def places_of(series: Iterable[str]) -> Mapping[str, int]:
    """The place of each series: the two usual backends have the same in every picture, the others what is left, in order."""
    fixed = {"": 0, **{name: place for place, name in enumerate(DEFAULT_BACKENDS)}}
    free = itertools.count(len(DEFAULT_BACKENDS))
    return {name: fixed[name] if name in fixed else next(free) for name in dict.fromkeys(series)}


def colour_of(place: int) -> str:
    """The colour of the series in that place."""
    return COLOURS[place % len(COLOURS)]


def marker_of(place: int) -> str:
    """The marker of the series in that place."""
    return MARKERS[place % len(MARKERS)]


def new_figure(width: float, height: float) -> Figure:
    """An empty picture of so many inches."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def small_multiples(
    count: int, canvas: Canvas, *, least: float, height: float, extra: float = 0.6, share: bool = True
) -> tuple[Figure, list[Axes]]:
    """A picture of `count` panels, each at least so wide and so high; `extra` inches are for the legend."""
    columns = canvas.columns(count, least)
    rows = -(-count // columns)
    figure = new_figure(canvas.width, rows * height + extra)
    panels: list[Axes] = list(figure.subplots(rows, columns, squeeze=False, sharex=share, sharey=share).flat)
    for index, axes in enumerate(panels):
        axes.set_visible(index < count)
        # Where nothing is drawn below, the panel has the labels.
        if share and index < count <= index + columns:
            axes.tick_params(labelbottom=True)
    for axes in panels[:count]:
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(visible=True)
    return figure, panels[:count]


def log_axis(axis: Axis, shown: Callable[[float], str]) -> None:
    """A logarithmic scale with plain labels at 1, 2 and 5 of every power, as many as there is room for."""
    from matplotlib.axis import XAxis
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, NullLocator

    is_across = isinstance(axis, XAxis)
    (axis.axes.set_xscale if is_across else axis.axes.set_yscale)("log")
    low, high = axis.get_view_interval()
    span = max(high / max(low, 1e-300), 1.0)
    # Labels side by side need more room than labels above each other.
    few = _SOME if is_across else _MANY
    subs = (1.0, 2.0, 5.0) if span < few else (1.0,)
    axis.set_major_locator(LogLocator(subs=subs, numticks=12))
    axis.set_major_formatter(FuncFormatter(lambda value, _: shown(value)))
    axis.set_minor_locator(NullLocator())
    axis.set_minor_formatter(NullFormatter())


def plain_axis(axis: Axis, shown: Callable[[float], str]) -> None:
    """A linear scale with labels of one's own."""
    from matplotlib.ticker import FuncFormatter

    axis.set_major_formatter(FuncFormatter(lambda value, _: shown(value) if value else "0"))


def write_figure(drawing: Drawing, canvas: Canvas, path: Path) -> None:
    """Draw and write a file of the kind that its name says.

    Raises:
        UsageError: it cannot be written.
    """
    import matplotlib as mpl

    with painting(), mpl.rc_context({"svg.hashsalt": path.stem}):
        try:
            drawing(canvas).savefig(path, dpi=_DPI)
        except OSError as error:
            raise UsageError(f"cannot write {path}: {error.strerror}.") from error


def inline_svg(drawing: Drawing, canvas: Canvas, name: str, label: str) -> str:
    """Draw an SVG element for a page, with words as text, the page's variables for ink, and ids that no other picture has."""
    import matplotlib as mpl
    from markupsafe import escape
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    stream = io.StringIO()
    with painting(), mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": name}):
        figure = drawing(canvas)
        figure.set_facecolor("none")
        # Figure.savefig draws twice.
        canvas_of: Any = FigureCanvasSVG(figure)
        canvas_of.print_svg(stream, metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")))
    written = stream.getvalue()
    written = written[written.index("<svg") :].rstrip()
    return _adopted(written, name).replace("<svg", f'<svg role="img" aria-label="{escape(label)}"', 1)


def _adopted(written: str, name: str) -> str:
    """Ids of its own where something refers to them and none elsewhere, variables for colours, the page's fonts, any size."""
    referred = set(_REFERENCE.findall(written))
    written = _GENERATED.sub(lambda found: f' id="{name}-{found[1]}"' if found[1] in referred else "", written)
    written = re.sub(r'(url\(#|href="#)', rf"\g<1>{name}-", written)
    for colour, variable in VARIABLES.items():
        written = written.replace(colour, f"var({variable})")
    written = _FONTS.sub("", written)
    return re.sub(r' (?:width|height)="[\d.]+pt"', "", written, count=2)
