"""`archbench distribute` and `archbench node`: a run over the nodes of a Ray cluster."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from archbench.cache import default_cache_root
from archbench.cli.cases import matching
from archbench.errors import UsageError
from archbench.gate.baselines import write_whole
from archbench.measurement.settings import SessionSettings, settings_for, usual_settings
from archbench.records.journal import RUNS_FOLDER, RunJournal
from archbench.records.record import Status
from archbench.records.runfile import RunSection, with_section
from archbench.registry import BACKENDS, DEFAULT_BACKENDS
from archbench.workloads.case import Case
from archbench.workloads.experiment import EXPERIMENTS, experiment_named, select_cases
from archbench.workloads.grids import PROFILES

if TYPE_CHECKING:
    from archbench.measurement.ray_cluster import RayCluster


@click.command()
@click.option("--address", required=True, metavar="HOST:PORT", help="The head of the Ray cluster.")
@click.option("--experiment", metavar="NAME", help=f"The cases of an experiment: {', '.join(EXPERIMENTS)}.")
@click.option("--profile", default="smoke", metavar="NAME", help=f"{', '.join(PROFILES)} (default: smoke).")
@click.option("-k", "expression", default="", metavar="EXPRESSION", help="Keep the ids that match, as pytest's -k does.")
@click.option("--backend", "backends", multiple=True, metavar="NAME", help=f"{', '.join(BACKENDS)}.")
@click.option("--machine", metavar="FINGERPRINT", help="Measure on nodes of this machine, where the cluster has several.")
@click.option("--processes", type=click.IntRange(1), metavar="N", help="Undisturbed worker processes a case needs.")
@click.option("--seconds", type=click.FloatRange(0, min_open=True), metavar="S", help="Seconds of sampling a process.")
@click.option("--resume", is_flag=True, help="Go on with the newest unfinished run.")
def distribute(
    address: str,
    experiment: str | None,
    profile: str,
    expression: str,
    backends: tuple[str, ...],
    machine: str | None,
    processes: int | None,
    seconds: float | None,
    resume: bool,
) -> None:
    """Measure a profile on the nodes of a Ray cluster, one plan at a time on each, and keep the records here.

    A run is of one machine: all its cases are measured on nodes of one fingerprint, those of a lost node on another one of it.
    """
    cases = list(matching(select_cases(experiment, profile, backends or DEFAULT_BACKENDS), expression))
    if not cases:
        raise UsageError(f"no case of profile {profile!r} matches {expression!r}; `archbench cases` lists ids.")
    if experiment is not None and _is_of_one_machine(experiment):
        raise UsageError(f"experiment {experiment} is not for nodes; split it with `pytest --archbench-shard`.")
    given: dict[str, Any] = {"processes": processes, "seconds": seconds}
    asked = {name: value for name, value in given.items() if value is not None}
    settings = settings_for(experiment, usual_settings(default_cache_root(), **asked), asked)
    from archbench.measurement.ray_cluster import RayCluster

    with RayCluster(address, machine, settings) as cluster:
        journal = _journal(cluster.fingerprint, settings, resume=resume)
        _measure(cases, experiment, cluster, journal)
    click.echo(f"run file: {_write(journal, cluster.fingerprint, '-'.join(filter(None, (experiment, profile))), cases)}")


@click.command()
def node() -> None:
    """Print what this machine offers as a node of a Ray cluster.

    Start it with: ray start --address HOST:PORT --resources "$(archbench node)"
    """
    from archbench.measurement.ray_cluster import node_resources

    click.echo(json.dumps(node_resources()))


def _is_of_one_machine(experiment: str) -> bool:
    """Whether its cases depend on what the machine has: an instrument, a number of CPUs."""
    found = experiment_named(experiment)
    return found.instrument is not None or found.scales_threads


def _measure(cases: Sequence[Case], experiment: str | None, cluster: RayCluster, journal: RunJournal) -> None:
    from archbench.measurement.distribution import distribute as distribute_works
    from archbench.measurement.distribution import pieces

    left = [case for case in cases if case.id not in journal.records]
    works = pieces(left, sweeps=experiment is not None and experiment_named(experiment).sweeps)
    click.echo(f"{len(left)} cases in {len(works)} pieces of work; records in {journal.folder}", err=True)
    distribute_works(works, cluster, journal.append, lambda line: click.echo(line, err=True))
    journal.finish()


def _journal(fingerprint: str, settings: SessionSettings, *, resume: bool) -> RunJournal:
    """The journal; what must be equal for a run to go on is the machine, how it measures, and with which archbench."""
    asked: dict[str, Any] = {**dataclasses.asdict(settings), "cache": "of the node", "distributed": True}
    asked["patience_s"] = str(settings.patience_s)
    header = {**asked, "machine": fingerprint, "archbench": importlib.metadata.version("archbench")}
    return (RunJournal.resume if resume else RunJournal.create)(RUNS_FOLDER, header)


def _write(journal: RunJournal, fingerprint: str, profile: str, cases: Sequence[Case]) -> Path:
    """The run file; its records are all untimed to pytest-benchmark, which had no part in it."""
    bad = any(record.status not in (Status.MEASURED, Status.SKIPPED) for record in journal.records.values())
    section = RunSection(
        fingerprint=fingerprint,
        machine={},
        profile=profile,
        failed=bad or any(case.id not in journal.records for case in cases),
        untimed=tuple(journal.records.values()),
    )
    document = with_section({"benchmarks": [], "machine_info": {"fingerprint": fingerprint}}, section)
    return write_whole(journal.folder / "run.json", msgspec.json.encode(document), "make room")
