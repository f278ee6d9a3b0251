"""The run files of shards as the one run that they are shares of. Runs on JSON alone, and joins nothing that does not fit."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from archbench.errors import ShardError
from archbench.records.record import changed_versions
from archbench.records.runfile import RunFile, RunSection, with_section
from archbench.workloads.shard import Shard, parse_shard

#: What all shards of a run have in common, as a person calls it.
_COMMON: Mapping[str, Callable[[RunFile], str]] = {
    "is of the machine": lambda run: run.section.fingerprint,
    "is of the profile": lambda run: run.section.profile,
    "was made with": lambda run: run.section.instrument or "the clock",
    "is of the commit": lambda run: str((run.document.get("commit_info") or {}).get("id")),
    "has as planted work": lambda run: ", ".join(f"{name}={part:.0%}" for name, part in run.section.plant.items()) or "none",
}


def merge(runs: Sequence[RunFile], path: Path) -> RunFile:
    """The run, to be kept at `path`, whose shards, one or more, are `runs`. Claims are judged anew by who can.

    Raises:
        ShardError: one is a whole run, shards are missing or given twice, a case is in two, or they are not of one run: of one
            machine, profile, instrument and commit, with the same packages, allocator and planted work.
    """
    by_shard = _by_shard(runs)
    ordered = [by_shard[index] for index in sorted(by_shard)]
    _require_one_run(ordered)
    _require_disjoint(ordered)
    section = _section([run.section for run in ordered])
    document = {
        **ordered[0].document,
        "datetime": max(str(run.document.get("datetime", "")) for run in ordered),
        "benchmarks": [entry for run in ordered for entry in run.document["benchmarks"]],
    }
    records = {name: record for run in ordered for name, record in run.records.items()}
    return RunFile(path=path, document=with_section(document, section), section=section, records=records)


def _section(parts: Sequence[RunSection]) -> RunSection:
    return dataclasses.replace(
        parts[0],
        failed=any(part.failed for part in parts),
        untimed=tuple(itertools.chain.from_iterable(part.untimed for part in parts)),
        deselected=tuple(itertools.chain.from_iterable(part.deselected for part in parts)),
        claims={},
        shard="",
    )


def _by_shard(runs: Sequence[RunFile]) -> Mapping[int, RunFile]:
    """The runs by the index of their shard, all of one count."""
    found: dict[int, RunFile] = {}
    count = _shard_of(runs[0]).count
    for run in runs:
        shard = _shard_of(run)
        if shard.count != count:
            raise ShardError(f"{runs[0].path} is one of {count} shards, but {run.path} one of {shard.count}.")
        if shard.index in found:
            raise ShardError(f"{found[shard.index].path} and {run.path} are both shard {shard}.")
        found[shard.index] = run
    missing = [str(Shard(index, count)) for index in range(1, count + 1) if index not in found]
    if missing:
        named = missing[0] if len(missing) == 1 else f"{', '.join(missing[:-1])} and {missing[-1]}"
        raise ShardError(f"shard{'s' if missing[1:] else ''} {named} {'are' if missing[1:] else 'is'} missing.")
    return found


def _shard_of(run: RunFile) -> Shard:
    if not run.section.shard:
        raise ShardError(f"{run.path} is a whole run and no shard of one; make shards with `pytest --archbench-shard 1/2`.")
    try:
        return parse_shard(run.section.shard)
    except ShardError as error:
        raise ShardError(f"{run.path} is broken: {error}") from error


def _require_one_run(runs: Sequence[RunFile]) -> None:
    for then, now in itertools.pairwise(runs):
        for what, read in _COMMON.items():
            if read(then) != read(now):
                raise ShardError(f"{then.path} {what} {read(then)}, but {now.path} {what} {read(now)}.")
    # A shard that holds no case says nothing of what it would have been measured with.
    for then, now in itertools.pairwise([run for run in runs if run.records]):
        changed = {**changed_versions(then.versions, now.versions), **changed_versions(now.versions, then.versions)}
        for name in sorted(changed):
            old, new = (run.versions.get(name, "none") for run in (then, now))
            raise ShardError(f"{then.path} was measured with {name} {old}, but {now.path} with {name} {new}.")
        if _allocators(then) != _allocators(now):
            raise ShardError(
                f"{then.path} was measured with the allocator {_allocators(then)}, but {now.path} with {_allocators(now)}."
            )


def _allocators(run: RunFile) -> str:
    return ", ".join(sorted({record.environment.allocator for record in run.records.values()}))


def _require_disjoint(runs: Sequence[RunFile]) -> None:
    seen: dict[str, RunFile] = {}
    for run in runs:
        for case_id in run.records:
            if case_id in seen:
                raise ShardError(f"{case_id} is in both {seen[case_id].path} and {run.path}; measure it in one test.")
            seen[case_id] = run
