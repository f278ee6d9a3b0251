"""`archbench baseline accept` and `archbench baseline show`."""

from __future__ import annotations

from pathlib import Path

import click

from archbench.gate.baselines import BASELINES_FOLDER, accept, every_baseline
from archbench.records.runfile import read_run_file
from archbench.report.table import baselines_table

BASELINES_OPTION = click.option(
    "--baselines",
    "folder",
    type=click.Path(path_type=Path),
    default=BASELINES_FOLDER,
    show_default=True,
    help="Folder of baselines.",
)


@click.group()
def baseline() -> None:
    """Accept a run as the baseline of its machine, or show what is accepted."""


@baseline.command("accept")
@click.argument("run", type=click.Path(path_type=Path), metavar="RUN.json")
@click.option("--reason", required=True, help="Why this run is the new normal; stored with it.")
@BASELINES_OPTION
def accept_run(run: Path, reason: str, folder: Path) -> None:
    """Store RUN.json as the newest baseline of its machine."""
    click.echo(f"accepted {accept(read_run_file(run), folder, reason)}")


@baseline.command("show")
@BASELINES_OPTION
def show(folder: Path) -> None:
    """List the accepted baselines, with their reasons."""
    click.echo(baselines_table(every_baseline(folder)) or f"no baselines in {folder}")
