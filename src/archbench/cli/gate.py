"""`archbench gate RUN.json`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NoReturn

import click

from archbench.cli.baseline import BASELINES_OPTION
from archbench.errors import UsageError
from archbench.gate.baselines import find_baseline
from archbench.gate.noise import read_noise
from archbench.gate.verdict import DEFAULT_MIN_EFFECT, NO_BASELINE_STATUS
from archbench.records.runfile import RunFile, read_run_file
from archbench.report.annotations import gate_annotations, no_baseline_annotation
from archbench.report.gate_markdown import gate_markdown, no_baseline_markdown
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
@click.option(
    "--summary", type=click.Path(path_type=Path), metavar="FILE.md", help="Append the answer to FILE.md, in Markdown."
)
@click.option("--annotations", is_flag=True, help="Print annotations for GitHub Actions as well.")
def gate(
    run: Path,
    baseline_path: Path | None,
    folder: Path,
    min_effect: float,
    strict: bool,
    any_version: bool,
    summary: Path | None,
    annotations: bool,
) -> None:
    r"""Judge RUN.json against the baseline.

    \b
    Exit codes: 0 nothing got worse; 1 regressed; 2 bad input; 10 inconclusive (--strict only); 11 nothing measured;
    12 no baseline; 13 nothing comparable; 14 a case failed or vanished; 15 the gate is uncalibrated on this machine.
    """
    from archbench.gate.judge import judge_runs  # imports numpy, which --help need not

    current = read_run_file(run)
    found = baseline_path or find_baseline(folder, current.section.fingerprint, current.section.profile)
    if found is None:
        _end_without_baseline(current, folder, summary, annotations=annotations)
    noise = read_noise(folder, current.section.fingerprint)
    report = judge_runs(read_run_file(found), current, min_effect, noise, any_version=any_version)
    outcome = report.outcome(strict=strict)
    _append(summary, gate_markdown(report, outcome, str(found)))
    click.echo("\n".join((gate_table(report), *(gate_annotations(report) if annotations else ()))))
    click.echo(f"baseline: {found}")
    click.echo(f"gate: {outcome.text}")
    sys.exit(outcome.value)


def _end_without_baseline(current: RunFile, folder: Path, summary: Path | None, *, annotations: bool) -> NoReturn:
    profile, command = current.section.profile, f"archbench baseline accept {current.path} --reason ..."
    _append(summary, no_baseline_markdown(profile, command))
    if annotations:
        click.echo(no_baseline_annotation(profile))
    click.echo(f"no baseline of profile {profile!r} in {folder}; make one with `{command}`.")
    sys.exit(NO_BASELINE_STATUS)


def _append(path: Path | None, text: str) -> None:
    """Add to what other steps of the job wrote."""
    if path is None:
        return
    try:
        with path.open("a") as file:
            file.write(f"{text}\n")
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}.") from error
