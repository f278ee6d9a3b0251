"""`archbench report SET [SET]`."""

from __future__ import annotations

import gc
import shlex
import sys
from pathlib import Path

import click

from archbench.cli.baseline import BASELINES_OPTION
from archbench.cli.gate import MIN_EFFECT_OPTION
from archbench.cli.output import require_writable
from archbench.errors import UsageError
from archbench.registry import missing_package

_PACKAGES = ("matplotlib", "jinja2")


@click.command()
@click.argument("sets", type=click.Path(path_type=Path), metavar="SET [SET]", nargs=-1, required=True)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), default=Path("report.html"), show_default=True, help="The page."
)
@click.option("--figures", type=click.Path(path_type=Path), metavar="DIR", help="Write each figure as PNG and SVG, too.")
@click.option(
    "--peaks", type=click.Path(path_type=Path), metavar="PEAKS.json", help="What the machine can do, if not in the set."
)
@click.option("--history", type=click.Path(path_type=Path), metavar="SQLITE", help="Earlier nights, for sparklines.")
@BASELINES_OPTION
@MIN_EFFECT_OPTION
def report(
    sets: tuple[Path, ...],
    output: Path,
    figures: Path | None,
    peaks: Path | None,
    history: Path | None,
    folder: Path,
    min_effect: float,
) -> None:
    """Make one HTML page of what was measured: verdicts, figures, claims, and how it was measured. Nothing is run.

    SET is a run file or a folder of what was measured on one machine: run files, and the JSON of `archbench peaks`,
    `search kws`, `accuracy` and `doctor`. Of two sets their latencies and claims are compared.
    """
    if len(sets) > 2:
        raise UsageError(f"a report is of one set or of two, but got {len(sets)}; put run files of one machine into a folder.")
    for package in _PACKAGES:
        lacking = missing_package(package, "report")
        if lacking is not None:
            raise UsageError(f"a report cannot be made: {lacking}.")
    if history is not None and not history.is_file():
        raise UsageError(f"there is no history {history}; `archbench history --store {history} --add RUN.json` makes one.")
    require_writable(output)
    from archbench.pages.build import Sources, page_of, page_of_two
    from archbench.pages.record_set import read_set
    from archbench.report.page import write_figures, write_page

    # Millions of objects are made, all of which stay, and looking for garbage among them takes seconds.
    gc.disable()
    found = [read_set(path, peaks if index == 0 else None) for index, path in enumerate(sets)]
    sources = Sources(baselines=folder, history=history, min_effect=min_effect, command=_typed())
    page = page_of(found[0], sources) if len(found) == 1 else page_of_two(found[0], found[1], sources)
    write_page(output, page)
    click.echo(f"report: {output}")
    if figures is not None:
        click.echo(f"figures: {len(write_figures(figures, page))} files in {figures}")


def _typed() -> str:
    return shlex.join(("archbench", *sys.argv[1:]))
