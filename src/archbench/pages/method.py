"""How it was measured: machine, what was granted, noise and power, what was left out, versions, files."""

from __future__ import annotations

import math
import re
import statistics
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from archbench.gate.power import smallest_found
from archbench.machine.health import State
from archbench.pages.morning import noise_of
from archbench.pages.record_set import RecordSet
from archbench.pages.shown import setting_text
from archbench.records.record import CaseRecord, Status
from archbench.records.runfile import RunFile
from archbench.report.numbers import ratio_text, seconds_text
from archbench.report.plot import Block, Cell, Folded, Grid, Section, grid
from archbench.workloads.ids import parse_case

#: Rows of the table of everything: more would make the page slow to open.
_MOST_CASES = 20_000

_POWER = (
    "Noise floor: standard deviation between unchanged runs beyond what their intervals show. The slowdown is what the gate"
    " finds with 95 % power in a run as noisy as this one."
)

_NUMBERS = re.compile(r"\d+(?:\.\d+)?")

#: Granted settings that say how many of something a network has, and not how it was run.
_OWN_TO_A_CASE = frozenset({"convolutions"})


def method_section(records: RecordSet, baselines: Path, min_effect: float) -> Section:
    """Everything that a number on the page depends on."""
    blocks = [_machine(records), _files(records), _granted(records), _noise(records, baselines, min_effect), _voided(records)]
    blocks += [_failed(records)] if any(_is_bad(record) for record in records.records.values()) else []
    blocks += [_health(records)] if records.health else []
    return Section(anchor="method", title="How it was measured", blocks=(*blocks, _cases(records)))


def _machine(records: RecordSet) -> Block:
    rows = [("fingerprint", records.fingerprint)]
    rows += [(name, setting_text(value)) for name, value in records.machine.items()]
    rows += [(name, version) for name, version in records.versions.items()]
    return Block(
        anchor="machine",
        title="Machine and versions",
        tables=(grid(("what", "which"), rows, left=2),),
        command="archbench doctor",
    )


def _files(records: RecordSet) -> Block:
    rows = [
        (
            run.path.name,
            run.section.profile,
            run.section.instrument or "the clock",
            str(run.document.get("datetime", ""))[:16].replace("T", " ") or "-",
            _commit(run),
            str(len(run.records)),
            f"{len(run.section.deselected)}",
            ", ".join(f"{name} {part:.0%}" for name, part in run.section.plant.items()) or "none",
        )
        for run in records.runs
    ]
    columns = ("run", "profile", "read by", "date", "commit", "cases", "left out by -k", "planted work")
    words = [
        f"In the commands on this page DIR is the folder of the set; `archbench report {records.name}` reads it again.",
    ]
    return Block(anchor="files", title="Run files", words=tuple(words), tables=(grid(columns, rows, left=5),))


def _commit(run: RunFile) -> str:
    commit = run.document.get("commit_info") or {}
    return f"{str(commit.get('id') or '-')[:12]}{' and changes' if commit.get('dirty') else ''}"


def _granted(records: RecordSet) -> Block:
    """What the engines said that they run with, each setting once with the number of its cases."""
    found: dict[tuple[str, str, str], int] = {}
    for record in records.records.values():
        if record.is_case and record.granted is not None:
            backend = parse_case(record.case_id).backend
            settings = {**record.granted, "allocator": record.environment.allocator, "version": record.backend_version or "-"}
            for name, value in settings.items():
                if name not in _OWN_TO_A_CASE:
                    key = (backend, name, str(value))
                    found[key] = found.get(key, 0) + 1
    rows = [(*key, str(count)) for key, count in sorted(found.items())]
    return Block(
        anchor="granted",
        title="Granted configuration",
        words=("Read back from the engines, not what was asked for.",),
        folded=(
            Folded(title="Every setting by backend", table=grid(("backend", "setting", "granted", "cases"), rows, left=3)),
        ),
        tables=(grid(("backend", "cases", "settings that differ between its cases"), _differing(records, found), left=1),),
    )


def _differing(records: RecordSet, found: Mapping[tuple[str, str, str], int]) -> Iterator[tuple[str, str, str]]:
    cases = Counter(parse_case(name).backend for name, record in records.records.items() if record.is_case and record.granted)
    values: dict[str, dict[str, set[str]]] = {}
    for backend, name, value in found:
        values.setdefault(backend, {}).setdefault(name, set()).add(value)
    for backend, count in cases.items():
        several = [f"{name}: {', '.join(sorted(own))}" for name, own in values.get(backend, {}).items() if len(own) > 1]
        yield backend, str(count), "; ".join(several) or "none"


def _noise(records: RecordSet, baselines: Path, min_effect: float) -> Block:
    """The noise floor of the machine, and the smallest slowdown that each run could show."""
    rows = []
    words: list[str] = []
    for run in records.runs:
        if run.section.instrument:
            continue
        noise = noise_of(run, baselines)
        if noise is None and not words:
            words.append(
                "There is no noise floor of this machine: what differs between unchanged runs is not in these figures."
            )
        by_backend: dict[str, list[float]] = {}
        for name, slowdown in smallest_found(run.records, min_effect, noise).items():
            by_backend.setdefault(parse_case(name).backend, []).append(slowdown)
        for backend, found in by_backend.items():
            floor = [noise.slowdown[name] for name in run.records if noise and name in noise.slowdown and _is_of(name, backend)]
            rows.append(
                (
                    run.path.name,
                    backend,
                    str(len(found)),
                    f"{math.sqrt(sum(floor) / len(floor)):.2%}" if floor else "-",
                    _percent(statistics.median(found)),
                    _percent(max(found)),
                )
            )
    columns = ("run", "backend", "cases", "noise floor", "smallest slowdown found, median", "largest of these")
    return Block(
        anchor="noise",
        title="Noise and power",
        words=(*words, _POWER),
        tables=(grid(columns, rows, left=2),) if rows else (),
        command="archbench power RUN.json",
    )


def _is_of(name: str, backend: str) -> bool:
    return parse_case(name).backend == backend


def _percent(slowdown: float) -> str:
    return "none" if math.isinf(slowdown) else f"{slowdown:.1%}"


def _voided(records: RecordSet) -> Block:
    """Why worker processes were left out."""
    reasons: Counter[str] = Counter()
    whole = 0
    for record in records.records.values():
        for process in record.processes:
            whole += 1
            if process.voided is not None:
                reasons[_NUMBERS.sub("N", process.voided)] += 1
    rows = [(reason, str(count), f"{count / whole:.1%}") for reason, count in reasons.most_common()]
    said = f"{sum(reasons.values())} of {whole} worker processes were disturbed and left out of every estimate."
    tables: tuple[Grid, ...] = (grid(("why (N is a number)", "processes", "of all"), rows),) if rows else ()
    return Block(anchor="voided", title="Voided windows", words=(said if whole else "Nothing was timed.",), tables=tables)


def _is_bad(record: CaseRecord) -> bool:
    return record.status not in (Status.MEASURED, Status.COUNTED, Status.CHECKED)


def _failed(records: RecordSet) -> Block:
    rows = [
        (record.case_id, record.status.value, record.reason or "-") for record in records.records.values() if _is_bad(record)
    ]
    return Block(anchor="failed", title="Cases without a number", tables=(grid(("case", "what", "why"), rows, left=3),))


def _health(records: RecordSet) -> Block:
    marks = {State.OK: "good", State.WARNING: "bad", State.ABSENT: "absent"}
    rows = [
        (Cell(text=entry.state.value, mark=marks[entry.state]), entry.name, entry.found, entry.remedy)
        for entry in records.health
    ]
    columns = ("state", "what", "found", "remedy")
    return Block(
        anchor="health", title="The machine before the night", tables=(grid(columns, rows, left=4),), command="archbench doctor"
    )


def _cases(records: RecordSet) -> Block:
    listed = list(records.records.values())
    rows = (
        (
            Cell(text=record.case_id, mark="id"),
            record.status.value,
            seconds_text(record.latency),
            ratio_text(record.speedup),
            f"{sum(process.voided is None for process in record.processes)} of {len(record.processes)}",
        )
        for record in listed[:_MOST_CASES]
    )
    left = len(listed) - _MOST_CASES
    words = (f"{len(listed)} cases." + (f" The table has the first {_MOST_CASES:,}." if left > 0 else ""),)
    columns = ("case", "status", "latency of the batch [95 %]", "speedup [95 %]", "processes used")
    return Block(
        anchor="cases",
        title="Every case",
        words=words,
        folded=(Folded(title="Every case with its latency", table=grid(columns, rows, left=2)),),
    )
