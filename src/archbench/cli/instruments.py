"""`archbench instruments`."""

from __future__ import annotations

import json

import click

from archbench.contracts import Instrument, instrument_named
from archbench.registry import INSTRUMENTS


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
def instruments(as_json: bool) -> None:
    """List what can be read besides the clock: what it is, its units, and whether this machine has it."""
    listed = [_described(instrument_named(name)) for name in INSTRUMENTS]
    click.echo(json.dumps(listed) if as_json else "\n".join(_lines(entry) for entry in listed))


def _described(instrument: Instrument) -> dict[str, object]:
    absence = instrument.absence()
    return {
        "name": instrument.name,
        "title": instrument.title,
        "kind": "simulated" if instrument.simulator else "measured",
        "units": dict(instrument.units),
        "available": absence is None,
        "version": None if absence else instrument.version(),
        "absence": absence,
    }


def _lines(entry: dict[str, object]) -> str:
    units = entry["units"]
    assert isinstance(units, dict)
    found = f"available, version {entry['version']}" if entry["available"] else f"not here: {entry['absence']}"
    quantities = ", ".join(f"{name} ({unit})" for name, unit in units.items())
    return f"{entry['name']}: {entry['title']} ({entry['kind']})\n  {found}\n  reads {quantities}"
