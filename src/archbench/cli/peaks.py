"""`archbench peaks`."""

from __future__ import annotations

from pathlib import Path

import click

from archbench.cache import default_cache_root
from archbench.cli.output import require_writable
from archbench.errors import UnknownNameError
from archbench.machine.affinity import worker_cpus
from archbench.machine.allocator import DEFAULT_ALLOCATOR
from archbench.workloads.case import ISA_CAPS


@click.command()
@click.option("--threads", type=click.IntRange(1), default=1, show_default=True, help="Threads of everything that is tried.")
@click.option("--isa", metavar="CAP", help=f"Cap the ISA: {', '.join(ISA_CAPS)}.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, with the raw samples.")
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="Keep them, for `archbench roofline`.")
def peaks(threads: int, isa: str | None, as_json: bool, output: Path | None) -> None:
    """Measure what this machine can do at most: arithmetic a precision, bytes a level of memory, what an operator costs.

    Takes about a minute. Let nothing else run meanwhile: what is busy makes the peaks look lower than they are.
    """
    if isa is not None and isa not in ISA_CAPS:
        raise UnknownNameError("ISA cap", isa, ISA_CAPS)
    worker_cpus(threads)
    if output is not None:
        require_writable(output)
    import msgspec

    from archbench.measurement.peaks import PeakSettings, peaks_of
    from archbench.records.peaks import write_peaks
    from archbench.report.roofline import peaks_table

    measured = peaks_of(threads, isa, DEFAULT_ALLOCATOR, default_cache_root(), PeakSettings())
    if output is not None:
        write_peaks(output, measured)
    click.echo(msgspec.json.encode(measured).decode() if as_json else peaks_table(measured))
    if output is not None:
        click.echo(f"kept in {output}", err=as_json)
