"""`archbench fuzz RUN.json`."""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from archbench.cache import default_cache_root
from archbench.cli.output import require_writable
from archbench.errors import RecordFileError, UsageError
from archbench.measurement.settings import parse_plant
from archbench.records.runfile import read_run_file
from archbench.registry import ACCELERATED_BACKEND, BACKENDS, LAYERS, check_name, missing_package
from archbench.units import format_ratio, format_seconds
from archbench.workloads.behaviour import USUAL
from archbench.workloads.case import ISA_CAPS

if TYPE_CHECKING:
    from archbench.experiments.envelope import Envelope
    from archbench.experiments.slowness import Cliff, Hunt
    from archbench.experiments.units import Platform

#: Seconds between lines of progress.
_OFTEN_S = 30.0

_MEASURE = "measure some with `pytest benchmarks/ -k behaviour --archbench-profile nightly --benchmark-json=RUN.json`"


@click.command()
@click.argument("records", type=click.Path(path_type=Path, dir_okay=False), metavar="RUN.json")
@click.option("--backend", default=ACCELERATED_BACKEND, metavar="NAME", help=f"{', '.join(BACKENDS)}.")
@click.option("--threads", type=click.IntRange(1), default=1, metavar="N", help="Threads of the records (default: 1).")
@click.option("--isa", metavar="CAP", help=f"ISA cap of the records: {', '.join(ISA_CAPS)}.")
@click.option("--layer", "layers", multiple=True, metavar="NAME", help=f"Draw these alone: {', '.join(LAYERS)}.")
@click.option("--minutes", type=click.FloatRange(0, min_open=True), default=30.0, show_default=True, metavar="N")
@click.option(
    "--factor",
    type=click.FloatRange(1),
    default=1.5,
    show_default=True,
    metavar="N",
    help="How many times slower for its cost than the slowest twentieth of the layer's records a shape must be.",
)
@click.option("--seed", type=int, default=0, show_default=True, metavar="N", help="Of the shapes that are drawn.")
@click.option("--plant", "plants", multiple=True, metavar="CASE=PERCENT", help="Add real extra work to cases, to see it found.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path(".archbench/cliffs.jsonl"),
    show_default=True,
    help="Cliffs are added to this file as they are found.",
)
def fuzz(
    records: Path,
    backend: str,
    threads: int,
    isa: str | None,
    layers: tuple[str, ...],
    minutes: float,
    factor: float,
    seed: int,
    plants: tuple[str, ...],
    out: Path,
) -> None:
    """Search for operators and blocks that are too slow for their cost on this machine.

    What is usual for a cost is learnt from the behaviour study's records in RUN.json. Shapes that lie far beyond it are
    measured again in fresh processes, beside a usual one, and shrunk to the smallest that is as bad.
    """
    lacking = missing_package("hypothesis", "fuzz")
    if lacking is not None:
        raise UsageError(f"{lacking}.")
    planted = dict(parse_plant(text, "--plant") for text in plants)
    platform, usual = _usual(records, backend, threads, isa, layers)
    from archbench.experiments.slowness import Hunt
    from archbench.experiments.unit_clock import UnitClock

    _require_folder(out.parent)
    require_writable(out)
    with closing(UnitClock(platform, usual, default_cache_root(), planted)) as clock:
        clock.require_backend()
        click.echo(f"{platform}: shapes of {', '.join(usual)}; cliffs are added to {out}", err=True)
        hunt = Hunt(envelopes=usual, clock=clock, factor=factor, until=time.monotonic() + 60 * minutes, progress=_Teller())
        for cliff in hunt.cliffs(seed):
            _keep(cliff, platform, out)
            for line in _cliff_lines(cliff, platform):
                click.echo(line)
    for line in _hunt_lines(hunt):
        click.echo(line)


class _Teller:
    """Says now and then how far a hunt is."""

    def __init__(self) -> None:
        self._next = time.monotonic() + _OFTEN_S

    def __call__(self, hunt: Hunt) -> None:
        now = time.monotonic()
        if now >= self._next:
            self._next = now + _OFTEN_S
            left = max(0.0, hunt.until - now) / 60
            click.echo(f"{len(hunt.measured)} shapes measured, {len(hunt.known)} cliffs, {left:.1f} minutes left", err=True)


def _usual(
    records: Path, backend: str, threads: int, isa: str | None, layers: tuple[str, ...]
) -> tuple[Platform, Mapping[str, Envelope]]:
    """The platform, and the envelopes of the layers to draw.

    Raises:
        UnknownNameError: no such backend, cap or layer.
        RecordFileError: a broken run, or one that lacks the platform or a layer.
        UsageError: it is of another machine.
    """
    from archbench.experiments.envelope import MIN_UNITS, envelopes
    from archbench.experiments.units import Platform, units_by_platform
    from archbench.machine.fingerprint import read_fingerprint

    check_name("backend", BACKENDS, backend)
    if isa is not None:
        check_name("ISA cap", dict.fromkeys(ISA_CAPS), isa)
    for layer in layers:
        check_name("layer", LAYERS, layer)
    run, here = read_run_file(records), read_fingerprint().key
    if run.section.fingerprint != here:
        raise UsageError(f"{records} was measured on {run.section.fingerprint}, but this machine is {here}; {_MEASURE}.")
    platform = Platform(backend=backend, threads=threads, isa=isa or "")
    found = envelopes(units_by_platform(run.records.values()).get(platform, {}))
    lacking = [layer for layer in layers or ("any layer",) if layer not in found and (layers or not found)]
    if lacking:
        raise RecordFileError(
            f"{records} holds fewer than {MIN_UNITS} units of {', '.join(lacking)} on {platform}, too few to say what is"
            f" usual; {_MEASURE}."
        )
    return platform, {layer: own for layer, own in found.items() if not layers or layer in layers}


def _require_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"cannot write to {folder}: {error.strerror}; name another file with --out.") from error


def _keep(cliff: Cliff, platform: Platform, out: Path) -> None:
    import msgspec

    document: dict[str, Any] = msgspec.to_builtins(cliff)
    document["workload"] = cliff.workload.id
    document["larger"] = None if cliff.larger is None else {"workload": cliff.larger[0].id, "times": cliff.larger[1]}
    line = {"platform": str(platform), "cases": _cases_of(cliff), **document}
    with out.open("a") as file:
        file.write(json.dumps(line) + "\n")


def _cliff_lines(cliff: Cliff, platform: Platform) -> Iterator[str]:
    """A cliff with what is known of it, and how to keep it."""
    low, high = cliff.slowness.bounded
    yield f"{cliff.workload.id} on {platform}"
    yield (
        f"  {format_seconds(cliff.seconds)} where its cost is worth {format_seconds(cliff.expected)}:"
        f" {format_ratio(cliff.slowness.estimate)} [{low:.2f}, {high:.2f}] in {cliff.processes} fresh processes;"
        f" beyond {cliff.limit:.2f} is too slow"
    )
    if cliff.larger is not None:
        workload, times = cliff.larger
        yield f"  with {workload.in_channels} channels in and {workload.out_channels} out it takes {times:.2f} of that"
    if cliff.executed:
        yield f"  executed: {', '.join(cliff.executed)}"
    yield f"  keep it: pytest benchmarks/ {' '.join(f'--archbench-workload {name}' for name in _cases_of(cliff))}"


def _hunt_lines(hunt: Hunt) -> Iterator[str]:
    """What was searched, and what could not be measured."""
    suspects = len(hunt.judged)
    yield f"{len(hunt.measured)} shapes measured, {suspects} suspected, {len(hunt.known)} cliffs"
    for reason, kinds in hunt.refused.items():
        yield f"not measured, {len(kinds)} times, first {kinds[0].id}: {reason}"


def _cases_of(cliff: Cliff) -> list[str]:
    """The ids of the two networks whose difference is the unit."""
    return [dataclasses.replace(cliff.workload, copies=copies).id for copies in USUAL]
