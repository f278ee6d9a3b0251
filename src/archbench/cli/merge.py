"""`archbench merge RUN.json ... -o OUT.json`."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import click
import msgspec

from archbench.errors import ShardError
from archbench.gate.baselines import write_whole
from archbench.gate.merge import merge as merge_runs
from archbench.records.runfile import read_run_file, with_section


@click.command()
@click.argument("runs", type=click.Path(path_type=Path), metavar="RUN.json...", nargs=-1, required=True)
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, metavar="OUT.json", help="The whole run.")
def merge(runs: tuple[Path, ...], output: Path) -> None:
    """Join the run files of all shards, which `pytest --archbench-shard 3/8` made, into one.

    `archbench gate`, `archbench baseline accept` and --benchmark-compare read it like any other. Claims are judged anew.
    """
    from archbench.experiments.claim import Outcome, judge  # imports numpy, which --help need not
    from archbench.experiments.claims import CLAIMS

    if output.resolve() in {run.resolve() for run in runs}:
        raise ShardError(f"{output} is one of the shards; write the whole run elsewhere.")
    whole = merge_runs([read_run_file(run) for run in runs], output)
    findings = {claim.name: judge(claim, whole.records) for claim in CLAIMS}
    claims = {name: finding.outcome.value for name, finding in findings.items()}
    document = with_section(whole.document, dataclasses.replace(whole.section, claims=claims))
    write_whole(output, msgspec.json.encode(document), "name another file with -o")
    for name, finding in findings.items():
        if finding.outcome is not Outcome.NOT_MEASURED:
            click.echo(f"claim {name}: {finding.outcome.value} ({finding.evidence})")
    click.echo(f"{len(whole.records)} cases of {len(runs)} shards in {output}")
