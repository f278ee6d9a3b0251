"""`archbench gate RUN.json`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from archbench.errors import BaselineError
from archbench.gate.baselines import BASELINES_FOLDER, find_baseline
from archbench.gate.verdict import DEFAULT_MIN_EFFECT
from archbench.records.runfile import read_run_file
from archbench.report.table import gate_table

_CLOSED = 1


@click.command()
@click.argument("run", type=click.Path(path_type=Path), metavar="RUN.json")
@click.option("--baseline", "baseline_path", type=click.Path(path_type=Path), metavar="PATH", help="Compare with this file.")
@click.option(
    "--baselines",
    "folder",
    type=click.Path(path_type=Path),
    default=BASELINES_FOLDER,
    show_default=True,
    help="Folder to look in otherwise.",
)
@click.option(
    "--min-effect",
    type=click.FloatRange(0, 1, min_open=True),
    default=DEFAULT_MIN_EFFECT,
    show_default=True,
    help="Smallest relative change that counts.",
)
def gate(run: Path, baseline_path: Path | None, folder: Path, min_effect: float) -> None:
    """Judge RUN.json against the baseline: exit 0 if nothing regressed, failed or vanished, else 1."""
    from archbench.gate.compare import compare_runs  # imports numpy, which --help need not

    current = read_run_file(run)
    found = baseline_path or find_baseline(folder, current.section.fingerprint, current.section.profile)
    if found is None:
        raise BaselineError(
            f"no baseline of profile {current.section.profile!r} in {folder}; "
            f"make one with `archbench baseline accept {run} --reason ...`."
        )
    report = compare_runs(read_run_file(found), current, min_effect)
    click.echo(gate_table(report))
    click.echo(f"baseline: {found}")
    sys.exit(0 if report.passed else _CLOSED)
