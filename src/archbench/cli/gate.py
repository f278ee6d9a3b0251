"""`archbench gate RUN.json`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from archbench.cli.baseline import BASELINES_OPTION
from archbench.gate.baselines import find_baseline
from archbench.gate.noise import read_noise
from archbench.gate.verdict import DEFAULT_MIN_EFFECT, NO_BASELINE_STATUS
from archbench.records.runfile import read_run_file
from archbench.report.table import gate_table

MIN_EFFECT_OPTION = click.option(
    "--min-effect",
    type=click.FloatRange(0, 1, min_open=True),
    default=DEFAULT_MIN_EFFECT,
    show_default=True,
    help="Smallest relative change that counts.",
)


@click.command()
@click.argument("run", type=click.Path(path_type=Path), metavar="RUN.json")
@click.option("--baseline", "baseline_path", type=click.Path(path_type=Path), metavar="PATH", help="Compare with this file.")
@BASELINES_OPTION
@MIN_EFFECT_OPTION
@click.option("--strict", is_flag=True, help="Do not let inconclusive cases through.")
@click.option("--any-version", is_flag=True, help="Compare counts of other versions of the runtimes too.")
def gate(run: Path, baseline_path: Path | None, folder: Path, min_effect: float, strict: bool, any_version: bool) -> None:
    r"""Judge RUN.json against the baseline.

    \b
    Exit codes: 0 nothing got worse; 1 regressed; 2 bad input; 10 inconclusive (--strict only); 11 nothing measured;
    12 no baseline; 13 nothing comparable; 14 a case failed or vanished; 15 the gate is uncalibrated on this machine.
    """
    from archbench.gate.judge import judge_runs  # imports numpy, which --help need not

    current = read_run_file(run)
    found = baseline_path or find_baseline(folder, current.section.fingerprint, current.section.profile)
    if found is None:
        click.echo(
            f"no baseline of profile {current.section.profile!r} in {folder}; "
            f"make one with `archbench baseline accept {run} --reason ...`."
        )
        sys.exit(NO_BASELINE_STATUS)
    noise = read_noise(folder, current.section.fingerprint)
    report = judge_runs(read_run_file(found), current, min_effect, noise, any_version=any_version)
    click.echo(gate_table(report))
    outcome = report.outcome(strict=strict)
    click.echo(f"baseline: {found}")
    click.echo(f"gate: {outcome.text}")
    sys.exit(outcome.value)
