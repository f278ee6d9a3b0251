"""`archbench power RUN.json`."""

from __future__ import annotations

from pathlib import Path

import click

from archbench.cli.baseline import BASELINES_OPTION
from archbench.cli.gate import MIN_EFFECT_OPTION
from archbench.errors import RecordFileError
from archbench.gate.noise import read_noise
from archbench.records.runfile import read_run_file
from archbench.report.table import power_table


@click.command()
@click.argument("run", type=click.Path(path_type=Path), metavar="RUN.json")
@click.option("--processes", type=click.IntRange(2), help="As if each case had so many undisturbed worker processes.")
@BASELINES_OPTION
@MIN_EFFECT_OPTION
def power(run: Path, processes: int | None, folder: Path, min_effect: float) -> None:
    """Say the smallest slowdown that the gate finds with 95 % power, case by case, from the noise of RUN.json."""
    from archbench.gate.power import smallest_found  # imports numpy, which --help need not

    current = read_run_file(run)
    noise = read_noise(folder, current.section.fingerprint)
    found = smallest_found(current.records, min_effect, noise, processes)
    if not found:
        raise RecordFileError(f"{run} measured nothing; there is no noise to judge by.")
    click.echo(power_table(found))
    if noise is None:
        click.echo("without a noise floor of this machine (`archbench calibrate`): what differs between runs is not in these.")
