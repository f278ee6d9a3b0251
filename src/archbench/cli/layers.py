"""`archbench layers`."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from archbench.cache import default_cache_root
from archbench.errors import UsageError
from archbench.machine.allocator import DEFAULT_ALLOCATOR
from archbench.registry import ACCELERATED_BACKEND, REFERENCE_BACKEND, missing_package
from archbench.report.layers_figure import check_figure_path, layers_figure
from archbench.workloads.case import Case
from archbench.workloads.ids import parse_workload_or_case

if TYPE_CHECKING:
    from archbench.contracts import LayerTimes


@click.command()
@click.argument("identifier", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--figure", type=click.Path(path_type=Path), metavar="FILE", help="Draw it as well, as .png, .svg or .pdf.")
def layers(identifier: str, as_json: bool, figure: Path | None) -> None:
    """Show where a network's time goes on torch and on OpenVINO, layer by layer, and what was fused into what.

    ID is a workload's or a case's; of a case, its threads and ISA cap count. Of a model file there is no torch side.
    """
    named = parse_workload_or_case(identifier)
    case = named if isinstance(named, Case) else Case(workload=named, backend=named.reference)
    if figure is not None:
        check_figure_path(figure)
        lacking = missing_package("matplotlib", "figures")
        if lacking is not None:
            raise UsageError(f"--figure: {lacking}.")
    times = watch(case)
    if figure is not None:
        layers_figure(case.workload.id, times, figure)
    click.echo(_as_json(case, times) if as_json else layers_text(times))


def watch(case: Case) -> dict[str, LayerTimes]:
    """Layer times of the case's workload on each backend that has them for it: OpenVINO last."""
    from archbench.measurement.layers import layers_of

    names = (REFERENCE_BACKEND, ACCELERATED_BACKEND) if case.workload.reference == REFERENCE_BACKEND else (ACCELERATED_BACKEND,)
    cases = (Case(workload=case.workload, backend=name, threads=case.threads, isa=case.isa) for name in names)
    return {case.backend: layers_of(case, DEFAULT_ALLOCATOR, default_cache_root()) for case in cases}


def layers_text(times: dict[str, LayerTimes]) -> str:
    """Both sides joined, or the one there is."""
    from archbench.report.layers import layers_table, nodes_table

    if REFERENCE_BACKEND not in times:
        return nodes_table(times[ACCELERATED_BACKEND], ACCELERATED_BACKEND)
    return layers_table(times[REFERENCE_BACKEND], times[ACCELERATED_BACKEND], (REFERENCE_BACKEND, ACCELERATED_BACKEND))


def _as_json(case: Case, times: dict[str, LayerTimes]) -> str:
    from archbench.report.layers import join

    whole = {name: entry.seconds for name, entry in times.items()}
    if REFERENCE_BACKEND in times:
        rows = [asdict(row) for row in join(times[REFERENCE_BACKEND], times[ACCELERATED_BACKEND])]
    else:
        rows = [asdict(node) for node in times[ACCELERATED_BACKEND].layers]
    return json.dumps({"id": case.workload.id, "backends": list(times), "seconds": whole, "layers": rows})
