"""`archbench layers`."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from archbench.cache import default_cache_root
from archbench.machine.allocator import DEFAULT_ALLOCATOR
from archbench.registry import ACCELERATED_BACKEND, REFERENCE_BACKEND
from archbench.workloads.case import Case
from archbench.workloads.ids import parse_case, parse_workload


@click.command()
@click.argument("identifier", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def layers(identifier: str, as_json: bool) -> None:
    """Show where a network's time goes on torch and on OpenVINO, layer by layer, and what was fused into what.

    ID is a workload's or a case's; of a case, its threads and ISA cap count.
    """
    from archbench.measurement.layers import layers_of
    from archbench.report.layers import join, layers_table

    named = (
        parse_case(identifier) if ":" in identifier else Case(workload=parse_workload(identifier), backend=REFERENCE_BACKEND)
    )
    names = (REFERENCE_BACKEND, ACCELERATED_BACKEND)
    native, accelerated = (
        layers_of(
            Case(workload=named.workload, backend=backend, threads=named.threads, isa=named.isa),
            DEFAULT_ALLOCATOR,
            default_cache_root(),
        )
        for backend in names
    )
    if as_json:
        rows = [asdict(row) for row in join(native, accelerated)]
        whole = {name: times.seconds for name, times in zip(names, (native, accelerated), strict=True)}
        click.echo(json.dumps({"id": named.workload.id, "backends": names, "seconds": whole, "layers": rows}))
    else:
        click.echo(layers_table(native, accelerated, names))
