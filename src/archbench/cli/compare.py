"""`archbench compare MODEL`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from archbench.cli.layers import layers_text, watch
from archbench.machine.allocator import DEFAULT_ALLOCATOR
from archbench.registry import BACKENDS
from archbench.workloads.case import ISA_CAPS
from archbench.workloads.model import parse_shape

_ROOT = Path(".archbench/compare")


@click.command()
@click.argument("model")
@click.option("--input", "shape", metavar="SHAPE", help="Input shape, images first, such as 1x3x224x224.")
@click.option("--backend", "backends", multiple=True, metavar="NAME", help=f"{', '.join(BACKENDS)}.")
@click.option("--threads", type=click.IntRange(1), default=1, show_default=True, help="Threads of every backend.")
@click.option("--isa", metavar="CAP", help=f"Cap the ISA: {', '.join(ISA_CAPS)}.")
@click.option("--layers", "with_layers", is_flag=True, help="Show where the time goes, layer by layer, as well.")
@click.option("--json", "as_json", is_flag=True, help="Print the records as one JSON object.")
def compare(
    model: str,
    shape: str | None,
    backends: tuple[str, ...],
    threads: int,
    isa: str | None,
    with_layers: bool,
    as_json: bool,
) -> None:
    """Measure a model of your own: parity, latency and speedup on several backends, costs, layers.

    MODEL is an .onnx file, an OpenVINO .xml file, or module:function or file.py:function that returns a torch module. The
    exit code is 1 if a backend failed or its output was wrong.
    """
    import msgspec

    from archbench.measurement.compare import measure_cases, model_cases
    from archbench.measurement.own_model import open_model
    from archbench.records.journal import RunJournal
    from archbench.records.record import Status
    from archbench.report.comparison import comparison_table

    workload = open_model(model, None if shape is None else parse_shape(shape))
    cases = model_cases(workload, backends, threads=threads, isa=isa)
    journal = RunJournal.create(_ROOT, {"model": model, "allocator": DEFAULT_ALLOCATOR})
    click.echo(f"archbench: measuring {workload.id}", err=True)
    records = measure_cases(cases)
    for record in records.values():
        journal.append(record)
    journal.finish()
    if as_json:
        click.echo(msgspec.json.encode({"id": workload.id, "records": records}).decode())
    else:
        shown = f"\n\n{layers_text(watch(cases[0]))}" if with_layers else ""
        click.echo(f"{workload.id}\n\n{comparison_table(list(records.values()))}{shown}\n\nrecords: {journal.folder}")
    failed = any(record.status not in (Status.MEASURED, Status.SKIPPED) for record in records.values())
    sys.exit(1 if failed else 0)
