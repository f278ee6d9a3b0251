"""`archbench cases`."""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Iterable, Iterator
from typing import Protocol, TypeVar

import click

from archbench.errors import UsageError
from archbench.registry import BACKENDS, DEFAULT_BACKENDS
from archbench.workloads.case import ISA_CAPS
from archbench.workloads.experiment import EXPERIMENTS, select_cases
from archbench.workloads.grids import PROFILES
from archbench.workloads.shard import parse_shard


@click.command()
@click.option("-k", "expression", default="", metavar="EXPRESSION", help="Keep the ids that match, as pytest's -k does.")
@click.option("--profile", default="smoke", metavar="NAME", help=f"{', '.join(PROFILES)} (default: smoke).")
@click.option("--experiment", metavar="NAME", help=f"Those of an experiment in that profile: {', '.join(EXPERIMENTS)}.")
@click.option("--backend", "backends", multiple=True, metavar="NAME", help=f"{', '.join(BACKENDS)}.")
@click.option("--threads", default=1, metavar="N", help="Threads of every backend (default: 1).")
@click.option("--isa", "isas", multiple=True, metavar="CAP", help=f"Cap the ISA: {', '.join(ISA_CAPS)}.")
@click.option("--shard", "share", metavar="INDEX/COUNT", help="Those that `pytest --archbench-shard` measures.")
@click.option("--count", "only_count", is_flag=True, help="Print how many there are instead.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array of ids.")
def cases(
    expression: str,
    profile: str,
    experiment: str | None,
    backends: tuple[str, ...],
    threads: int,
    isas: tuple[str, ...],
    share: str | None,
    only_count: bool,
    as_json: bool,
) -> None:
    """List the case ids of a profile."""
    asked, caps = backends or DEFAULT_BACKENDS, isas or (None,)
    listed = select_cases(experiment, profile, asked, threads=threads, cpus=len(os.sched_getaffinity(0)), isas=caps)
    if share is not None:
        shard = parse_shard(share)
        listed = (case for case in listed if shard.has(case.workload))
    found = matching(listed, expression)
    if only_count:
        click.echo(sum(1 for _ in found))
        return
    ids = [case.id for case in found]
    click.echo(json.dumps(ids) if as_json else "\n".join(ids))


class Named(Protocol):
    """What has an id."""

    @property
    def id(self) -> str: ...


_Named = TypeVar("_Named", bound=Named)


def matching(listed: Iterable[_Named], expression: str) -> Iterator[_Named]:
    """Those whose id satisfies `expression`; pytest's own parser, so that both doors understand the same."""
    if not expression:
        yield from listed
        return
    from _pytest.mark.expression import Expression

    try:
        compiled = Expression.compile(expression)
    except SyntaxError as error:
        raise UsageError(f"-k takes words joined by and, or, not, but got {expression!r}: {error.msg}.") from error
    for named in listed:
        if compiled.evaluate(functools.partial(_mentions, named.id)):
            yield named


def _mentions(identifier: str, word: str, /, **_: object) -> bool:
    return word.lower() in identifier
