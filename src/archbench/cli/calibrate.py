"""`archbench calibrate RUN.json RUN.json ...`."""

from __future__ import annotations

from pathlib import Path

import click

from archbench.cli.baseline import BASELINES_OPTION
from archbench.cli.gate import MIN_EFFECT_OPTION
from archbench.gate.noise import write_noise
from archbench.records.runfile import read_run_file
from archbench.report.table import noise_table


@click.command()
@click.argument("runs", type=click.Path(path_type=Path), metavar="RUN.json...", nargs=-1, required=True)
@click.option(
    "--planted", type=click.Path(path_type=Path), multiple=True, metavar="RUN.json", help="A run with planted work; repeatable."
)
@BASELINES_OPTION
@MIN_EFFECT_OPTION
def calibrate(runs: tuple[Path, ...], planted: tuple[Path, ...], folder: Path, min_effect: float) -> None:
    """Calibrate the gate of this machine with two or more runs of unchanged code, in order of time.

    Stores how much unchanged runs differ beside the baselines. Where they raise alarms, the gate calls itself uncalibrated.
    """
    from archbench.gate.calibrate import calibrate as calibrate_gate  # imports numpy, which --help need not

    noise = calibrate_gate([read_run_file(run) for run in runs], [read_run_file(run) for run in planted], min_effect)
    click.echo(noise_table(noise))
    click.echo(f"kept in {write_noise(folder, noise)}")
