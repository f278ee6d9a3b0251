"""`archbench backends`."""

from __future__ import annotations

import json
import os

import click

from archbench.contracts import Backend, backend_named
from archbench.registry import BACKENDS


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
def backends(as_json: bool) -> None:
    """List what can run a network: device, precision, threads, and whether this machine has it."""
    listed = [_described(backend_named(name)) for name in BACKENDS]
    click.echo(json.dumps(listed) if as_json else "\n".join(_lines(entry) for entry in listed))


def _described(backend: Backend) -> dict[str, object]:
    absence = backend.absence()
    return {
        "name": backend.name,
        "device": backend.device,
        "precision": backend.precision.value,
        "threads": len(os.sched_getaffinity(0)) if backend.device == "CPU" else None,
        "available": absence is None,
        "version": None if absence else backend.version(),
        "absence": absence,
    }


def _lines(entry: dict[str, object]) -> str:
    threads = f", 1 to {entry['threads']} threads" if entry["threads"] else ""
    found = f"available, version {entry['version']}" if entry["available"] else f"not here: {entry['absence']}"
    return f"{entry['name']}: {entry['device']}, {entry['precision']}{threads}\n  {found}"
