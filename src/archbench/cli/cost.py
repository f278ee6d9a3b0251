"""`archbench cost ID`."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from archbench.cache import ArtifactCache, default_cache_root
from archbench.report.table import cost_table
from archbench.workloads.case import Case
from archbench.workloads.ids import parse_workload_or_case


@click.command()
@click.argument("identifier", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def cost(identifier: str, as_json: bool) -> None:
    """Print what a workload or case costs: a pattern network by formula, any other counted once from the built network."""
    named = parse_workload_or_case(identifier)
    workload = named.workload if isinstance(named, Case) else named
    from archbench.measurement.artifacts import cost_for

    priced = cost_for(workload, ArtifactCache(default_cache_root()))
    click.echo(json.dumps({"id": workload.id, **asdict(priced)}) if as_json else cost_table(priced))
