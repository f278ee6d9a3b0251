"""`archbench roofline RUN.json... --peaks PEAKS.json`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from archbench.errors import UsageError
from archbench.registry import BACKENDS, check_name, missing_package

if TYPE_CHECKING:
    from archbench.records.record import CaseRecord
    from archbench.report.roofline import Placed, Roofline


@click.command()
@click.argument("runs", type=click.Path(path_type=Path), metavar="RUN.json...", nargs=-1, required=True)
@click.option(
    "--peaks",
    "peaks_path",
    type=click.Path(path_type=Path),
    metavar="PEAKS.json",
    required=True,
    help="Of the same machine.",
)
@click.option("--backend", "backends", multiple=True, metavar="NAME", help="Those of this backend alone; repeatable.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--figure", type=click.Path(path_type=Path), metavar="FILE", help="Draw it as well, as .png, .svg or .pdf.")
def roofline(
    runs: tuple[Path, ...], peaks_path: Path, backends: tuple[str, ...], *, as_json: bool, figure: Path | None
) -> None:
    """Say how far what the runs measured is from what the machine can do, and what keeps it from there.

    Operators and blocks are placed as single units, patterns and networks whole. `archbench peaks -o PEAKS.json` measures what
    the machine can do.
    """
    from archbench.experiments.roofline import check_machine
    from archbench.experiments.roofline import roofline as place_records
    from archbench.records.peaks import read_peaks
    from archbench.records.runfile import read_run_file
    from archbench.report.layers_figure import check_figure_path
    from archbench.report.roofline import roofline_table
    from archbench.report.roofline_figure import roofline_figure

    if figure is not None:
        check_figure_path(figure)
        lacking = missing_package("matplotlib", "figures")
        if lacking is not None:
            raise UsageError(f"--figure: {lacking}.")
    peaks = read_peaks(peaks_path)
    for backend in backends:
        check_name("backend", BACKENDS, backend)
    records: dict[str, CaseRecord] = {}
    for measured in map(read_run_file, runs):
        check_machine(measured.section.fingerprint, peaks)
        records.update(measured.records)
    placed = place_records(records.values(), peaks, backends)
    if figure is not None:
        roofline_figure(placed, peaks.cpu, figure)
    click.echo(_as_json(placed) if as_json else roofline_table(placed))


def _as_json(placed: Roofline) -> str:
    return json.dumps({"placed": [_entry(entry) for entry in placed.placed], "omitted": dict(placed.omitted)})


def _entry(entry: Placed) -> dict[str, object]:
    place = entry.placement
    return {
        "id": entry.name,
        "backend": entry.backend,
        "seconds": entry.seconds,
        "operations_per_second": place.attained,
        "operations_per_byte": place.intensity,
        "ceilings": dict(place.ceilings),
        "level": place.level,
        "share": place.share,
        "bound": place.bound.value,
    }
