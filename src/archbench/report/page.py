"""The page: one HTML file that needs no network and no script, with every picture inside it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from archbench.errors import UsageError
from archbench.report.paint import NARROW, WIDE, inline_svg, write_figure
from archbench.report.plot import Page, Plot

if TYPE_CHECKING:
    from jinja2 import Environment

#: Kinds of file that `write_figures` makes of every picture.
FIGURE_FORMATS = (".png", ".svg")

_TEMPLATE, _STYLE = "page.html.jinja", "page.css"


def page_html(page: Page) -> str:
    """The file's text. Every name is escaped; pictures are drawn twice, for a wide and for a narrow window."""
    environment = _environment()
    style = environment.get_template(_STYLE).render()
    return environment.get_template(_TEMPLATE).render(page=page, style=style, pictures=_pictures(page))


def write_page(path: Path, page: Page) -> None:
    """Write the file.

    Raises:
        UsageError: it cannot be written.
    """
    text = page_html(page)
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}.") from error


def write_figures(folder: Path, page: Page) -> list[Path]:
    """Write every picture of the page as PNG and as SVG, wide, and return the files.

    Raises:
        UsageError: the folder or a file cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"cannot write figures to {folder}: {error.strerror}.") from error
    paths = [(plot, folder / f"{plot.name}{kind}") for plot in page.plots for kind in FIGURE_FORMATS]
    for plot, path in paths:
        write_figure(plot.draw, WIDE, path)
    return [path for _, path in paths]


def _pictures(page: Page) -> Mapping[str, tuple[str, str]]:
    """By the plot's name, its SVG elements: wide, narrow."""
    return {plot.name: (_drawn(plot, wide=True), _drawn(plot, wide=False)) for plot in page.plots}


def _drawn(plot: Plot, *, wide: bool) -> str:
    return inline_svg(plot.draw, WIDE if wide else NARROW, f"{plot.name}-{'wide' if wide else 'narrow'}", plot.label)


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("archbench.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
