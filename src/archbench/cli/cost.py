"""`archbench cost ID`."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from archbench.cost.formulas import cost_of
from archbench.report.table import cost_table
from archbench.workloads.ids import parse_case, parse_workload


@click.command()
@click.argument("identifier", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def cost(identifier: str, as_json: bool) -> None:
    """Print what a workload or case costs, by formula."""
    workload = parse_case(identifier).workload if ":" in identifier else parse_workload(identifier)
    priced = cost_of(workload)
    click.echo(json.dumps({"id": workload.id, **asdict(priced)}) if as_json else cost_table(priced))
