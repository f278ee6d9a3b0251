"""`archbench findings`, `archbench steps` and `archbench advise`: what stored records of the behaviour study say."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from archbench.errors import RecordFileError, UsageError
from archbench.records.runfile import read_run_file

if TYPE_CHECKING:
    from archbench.experiments.advice import Advice
    from archbench.experiments.units import Platform, Units

_RUNS = click.argument("runs", type=click.Path(path_type=Path), metavar="RUN.json...", nargs=-1, required=True)
_BACKENDS = click.option("--backend", "backends", multiple=True, metavar="NAME", help="Those of this backend alone.")
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def _common(command: Callable[..., None]) -> Callable[..., None]:
    return _RUNS(_BACKENDS(_JSON(command)))


@click.command()
@_common
def findings(runs: tuple[Path, ...], backends: tuple[str, ...], *, as_json: bool) -> None:
    """Judge the behaviour study's nine findings on every platform of the runs."""
    from archbench.experiments.behaviour import PLATFORM_CLAIMS
    from archbench.experiments.behaviour import findings as judged
    from archbench.report.behaviour import FindingRow, findings_table

    rows = [
        FindingRow(claim=claim, platform=str(platform), outcome=finding.outcome.value, evidence=finding.evidence)
        for claim, by_platform in judged(_units(runs)).items()
        for platform, finding in by_platform.items()
        if not backends or platform.backend in backends
    ]
    statements = {claim.name: claim.statement for claim in PLATFORM_CLAIMS}
    click.echo(_json(rows) if as_json else findings_table(rows, statements))


@click.command()
@_common
@click.option("--figure", type=click.Path(path_type=Path), metavar="FILE", help="Draw them: .png, .svg or .pdf.")
def steps(runs: tuple[Path, ...], backends: tuple[str, ...], *, as_json: bool, figure: Path | None) -> None:
    """Find the steps of latency along channels in the runs."""
    from archbench.experiments.channel_sweep import staircase, steps_row, sweeps_by_platform
    from archbench.report.behaviour import steps_table
    from archbench.report.layers_figure import check_figure_path
    from archbench.report.steps_figure import steps_figure

    if figure is not None:
        check_figure_path(figure)
    found = list(sweeps_by_platform(_selected(_units(runs), backends)))
    if not found:
        raise UsageError("the runs hold no sweep along channels of twelve counts or more.")
    rows = list(itertools.starmap(steps_row, found))
    click.echo(_json(rows) if as_json else steps_table(rows))
    if figure is not None:
        steps_figure(list(itertools.starmap(staircase, found)), figure)


@click.command()
@_common
def advise(runs: tuple[Path, ...], backends: tuple[str, ...], *, as_json: bool) -> None:
    """Say which channels, activations, kernels, blocks and precisions to prefer, from what the runs measured here."""
    from archbench.experiments.advice import advise as advised
    from archbench.experiments.advice import precision_by_layer

    units = _selected(_units(runs), backends)
    advice, fastest = advised(units), precision_by_layer(units)
    if as_json:
        documents = [{**asdict(entry), **_spaces(entry)} for entry in advice.values()]
        click.echo(json.dumps({"platforms": documents, "fastest": fastest}))
        return
    for entry in advice.values():
        click.echo("\n".join((entry.platform, "", *_advice_lines(entry), "")))
    if len(advice) > 1:
        click.echo("operators, the fastest platform first:")
        click.echo("\n".join(f"  {layer}: {' < '.join(names)}" for layer, names in fastest.items() if names))


def _units(runs: Sequence[Path]) -> dict[Platform, Units]:
    """The units of runs of one machine.

    Raises:
        RecordFileError: a broken run, runs of several machines, or no unit in any of them.
    """
    from archbench.experiments.units import units_by_platform

    files = [read_run_file(path) for path in runs]
    machines = sorted({file.section.fingerprint for file in files})
    if len(machines) > 1:
        raise RecordFileError(f"runs of one machine are read together, but these are of {', '.join(machines)}.")
    found = units_by_platform(record for file in files for record in file.records.values())
    if not any(found.values()):
        raise RecordFileError("the runs hold no operator or block; measure some with `pytest benchmarks/ -k behaviour`.")
    return found


def _selected(units: Mapping[Platform, Units], backends: Sequence[str]) -> dict[Platform, Units]:
    found = {platform: own for platform, own in units.items() if not backends or platform.backend in backends}
    if not found:
        known = ", ".join(dict.fromkeys(platform.backend for platform in units))
        raise UsageError(f"the runs hold nothing of {', '.join(backends)}; they hold {known}.")
    return found


def _advice_lines(advice: Advice) -> Iterator[str]:
    from archbench.report.behaviour import choices_table, fusions_table, places_table

    for entry in advice.channels:
        counts = ", ".join(map(str, entry.counts)) or "no count is better than its neighbours"
        yield f"channels of {entry.sweep} ({entry.shape}): {counts}"
    if advice.pruning_space is not None:
        whole, left = advice.pruning_space
        yield f"channel pruning of MobileNetV1: {left:.1e} networks worth trying of {whole:.1e}, {whole / left:.1e} times fewer"
    activations = [
        (entry.choice, entry.beside, entry.ratio, entry.sizes, "avoid" if entry.choice in advice.avoided else "")
        for entry in advice.activations
    ]
    kernels = [
        (entry.choice, entry.beside, entry.ratio, entry.sizes, "nearly free" if entry.choice in advice.nearly_free else "")
        for entry in advice.kernels
    ]
    for title, rows in (("activation", activations), ("kernel", kernels)):
        if rows:
            yield from ("", choices_table(title, rows))
    if advice.fusions:
        yield from ("", fusions_table((entry.layer, entry.nodes, entry.ratio, entry.sizes) for entry in advice.fusions))
    if advice.places:
        places = [(place.pixels, place.channels, place.stride, place.blocks, place.dominated) for place in advice.places]
        yield from ("", places_table(places))
    if advice.block_space is not None:
        networks, undominated = advice.block_space
        yield f"one block a place: {undominated:,} networks worth trying of {networks:,}"


def _spaces(advice: Advice) -> dict[str, Any]:
    return {
        "avoided": advice.avoided,
        "nearly_free": advice.nearly_free,
        "pruning_space": advice.pruning_space,
        "block_space": advice.block_space,
    }


def _json(rows: Sequence[Any]) -> str:
    return json.dumps([asdict(row) for row in rows])
