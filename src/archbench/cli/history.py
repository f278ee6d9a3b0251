"""`archbench history [CASE]` and `archbench bisect CASE`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from archbench.cli.gate import MIN_EFFECT_OPTION
from archbench.errors import RecordFileError
from archbench.machine.fingerprint import read_fingerprint
from archbench.records.runfile import read_run_file

if TYPE_CHECKING:
    from archbench.history.store import Point

_STORE = click.option(
    "--store",
    type=click.Path(path_type=Path),
    default=Path(".archbench/history.sqlite"),
    show_default=True,
    help="The database.",
)
_MACHINE = click.option("--machine", metavar="FINGERPRINT", help="Another machine than this one.")


@click.command()
@click.argument("case", required=False)
@click.option("--add", "runs", type=click.Path(path_type=Path), multiple=True, metavar="RUN.json", help="Append runs first.")
@_STORE
@_MACHINE
def history(case: str | None, runs: tuple[Path, ...], store: Path, machine: str | None) -> None:
    """Show how CASE fared from run to run and where its level changed; without CASE, list the cases."""
    from archbench.history.store import History
    from archbench.report.history import history_table

    past = History(store)
    for path in runs:
        number = past.add(read_run_file(path))
        click.echo(f"{path}: {'already in the history' if number is None else f'run {number}'}")
    fingerprint = machine or read_fingerprint().key
    if case is not None:
        click.echo(history_table(_series(past.series(case, fingerprint), case, fingerprint)))
    elif not runs:
        click.echo("\n".join(past.case_ids(fingerprint)) or f"no runs of {fingerprint} in {store}; add one with --add RUN.json")


@click.command()
@click.argument("case")
@click.option("--good", type=int, metavar="RUN", help="A run that was fast (default: the first).")
@click.option("--bad", type=int, metavar="RUN", help="A run that was slow (default: the last).")
@_STORE
@_MACHINE
@MIN_EFFECT_OPTION
def bisect(case: str, good: int | None, bad: int | None, store: Path, machine: str | None, min_effect: float) -> None:
    """Narrow down to the first run in which CASE was slower, and say what changed there."""
    from archbench.history.bisect import first_bad
    from archbench.history.store import History
    from archbench.report.history import bisect_text

    fingerprint = machine or read_fingerprint().key
    series = _series(History(store).series(case, fingerprint), case, fingerprint)
    chosen = _between(series, good, bad)
    click.echo(bisect_text(first_bad(chosen, min_effect)))


def _series(points: list[Point], case: str, fingerprint: str) -> list[Point]:
    if not points:
        raise RecordFileError(
            f"the history holds no run of {case!r} on {fingerprint}; `archbench history` lists what it holds."
        )
    return points


def _between(series: Sequence[Point], good: int | None, bad: int | None) -> Sequence[Point]:
    numbers = [point.run for point in series]
    for number in (good, bad):
        if number is not None and number not in numbers:
            raise RecordFileError(f"there is no run {number} of this case; there are {', '.join(map(str, numbers))}.")
    start = 0 if good is None else numbers.index(good)
    end = len(series) if bad is None else numbers.index(bad) + 1
    return series[start:end]
