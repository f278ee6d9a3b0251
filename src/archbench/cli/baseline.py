"""`archbench baseline accept` and `archbench baseline show`."""

from __future__ import annotations

from pathlib import Path

import click

_FOLDER = click.option(
    "--baselines",
    "folder",
    type=click.Path(path_type=Path),
    default="baselines",
    help="Folder of baselines (default: baselines).",
)


@click.group()
def baseline() -> None:
    """Accept a run as the baseline of its machine, or show what is accepted."""


@baseline.command("accept")
@click.argument("run", type=click.Path(path_type=Path), metavar="RUN.json")
@click.option("--reason", required=True, help="Why this run is the new normal; stored with it.")
@_FOLDER
def accept_run(run: Path, reason: str, folder: Path) -> None:
    """Store RUN.json as the newest baseline of its machine."""
    from archbench.gate.baselines import accept
    from archbench.records.runfile import read_run_file

    click.echo(f"accepted {accept(read_run_file(run), folder, reason)}")


@baseline.command("show")
@_FOLDER
def show(folder: Path) -> None:
    """List the accepted baselines, with their reasons."""
    from archbench.gate.baselines import every_baseline
    from archbench.report.table import baselines_table

    click.echo(baselines_table(every_baseline(folder)) or f"no baselines in {folder}")
