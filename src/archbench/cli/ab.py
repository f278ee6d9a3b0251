"""`archbench ab --a PYTHON_A --b PYTHON_B`."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import click

from archbench.cache import default_cache_root
from archbench.cli.cases import matching
from archbench.cli.gate import MIN_EFFECT_OPTION
from archbench.errors import UsageError
from archbench.measurement.settings import DEFAULTS, usual_settings
from archbench.registry import DEFAULT_BACKENDS
from archbench.workloads.case import cases_of
from archbench.workloads.grids import PROFILES, profile_workloads

_ROOT = Path(".archbench/ab")


@click.command()
@click.option("--a", "python_a", required=True, metavar="PYTHON", help="Interpreter that holds the old versions.")
@click.option("--b", "python_b", required=True, metavar="PYTHON", help="Interpreter that holds the new ones.")
@click.option("-k", "expression", default="", metavar="EXPRESSION", help="Keep the ids that match, as pytest's -k does.")
@click.option("--profile", default="smoke", metavar="NAME", help=f"{', '.join(PROFILES)} (default: smoke).")
@click.option("--backend", "backends", multiple=True, metavar="NAME", help="Backends to compare; the default pair if none.")
@click.option("--processes", type=click.IntRange(2), default=DEFAULTS.processes, show_default=True, help="Workers a side.")
@click.option("--seconds", type=click.FloatRange(0, min_open=True), default=DEFAULTS.seconds, show_default=True)
@MIN_EFFECT_OPTION
@click.option("--strict", is_flag=True, help="Do not let inconclusive cases through.")
def ab(
    python_a: str,
    python_b: str,
    expression: str,
    profile: str,
    backends: tuple[str, ...],
    processes: int,
    seconds: float,
    min_effect: float,
    strict: bool,
) -> None:
    r"""Compare two environments, worker by worker in turn, without a baseline.

    Both interpreters must be able to import archbench, torch and openvino. Verdicts and exit codes are those of
    `archbench gate`, with A as the baseline.
    """
    cases = list(matching(cases_of(profile_workloads(profile), backends or DEFAULT_BACKENDS), expression))
    if not cases:
        raise UsageError(f"no case of profile {profile!r} matches {expression!r}; `archbench cases` lists ids.")
    for python in (python_a, python_b):
        _require_archbench(python)
    from archbench.gate.compare import compare_runs
    from archbench.measurement.ab import compare_environments
    from archbench.report.table import gate_table, results_table

    settings = usual_settings(default_cache_root(), processes=processes, seconds=seconds)
    a, b = compare_environments(cases, python_a, python_b, settings, _ROOT, _say)
    for name, python, run in (("A", python_a, a), ("B", python_b, b)):
        _print([f"{name}: {python}", results_table(run.records.values()), ""])
    report = compare_runs(a, b, min_effect, interleaved=True)
    _print([gate_table(report), f"records: {a.path} and {b.path}"])
    outcome = report.outcome(strict=strict)
    click.echo(f"ab: {outcome.text}")
    sys.exit(outcome.value)


def _require_archbench(python: str) -> None:
    try:
        command = [python, "-c", "import archbench"]
        finished = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UsageError(f"{python} is not a Python interpreter ({error}).") from error
    if finished.returncode:
        raise UsageError(f"{python} cannot import archbench; install it there: {python} -m pip install archbench.")


def _say(line: str) -> None:
    click.echo(line, err=True)


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(line)
