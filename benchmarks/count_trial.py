"""Do counts repeat, on a quiet machine, on a loaded one and on one core? And does the counter gate leave unchanged code alone?

Counts the `counters` profile, accepts the first run, and gates every other one by it:

    python benchmarks/count_trial.py --runs 20 --keep counts/

Interrupt it at will: what is in the folder is not counted again.
"""

from __future__ import annotations

import argparse
import os
from contextlib import contextmanager
from pathlib import Path

from gate_trial import neighbour
from noise_against_stock import HERE, run_pytest

from archbench.gate.baselines import accept
from archbench.gate.counters import TOLERANCES, compare_counts
from archbench.gate.verdict import Verdict
from archbench.records.counts import total
from archbench.records.runfile import RunFile, read_run_file

SUITE = ("--archbench-instrument=callgrind", "--archbench-profile=counters")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=20, help="unchanged runs after the first")
    parser.add_argument("--others", type=int, default=2, help="runs beside a busy core, and as many on one core alone")
    parser.add_argument("--keep", type=Path, default=Path(".archbench/count_trial"), help="where the run files go")
    arguments = parser.parse_args()
    arguments.keep.mkdir(parents=True, exist_ok=True)
    first, baselines = arguments.keep / "quiet-00.json", arguments.keep / "baselines"
    count(first)
    if not baselines.exists():
        accept(read_run_file(first), baselines, "the first run of the trial")
    gate = ("--archbench-gate", f"--archbench-baselines={baselines}")
    for number in range(1, arguments.runs + 1):
        count(arguments.keep / f"quiet-{number:02}.json", *gate)
    for number in range(arguments.others):
        with neighbour(busy=True):
            count(arguments.keep / f"loaded-{number:02}.json", *gate)
        with one_core():
            count(arguments.keep / f"one-core-{number:02}.json", *gate)
    report(arguments.keep)


@contextmanager
def one_core():
    """This process and those it starts have the first core alone."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


def count(output: Path, *gate: str) -> None:
    if not output.exists():
        print(f"{output.name}: {run_pytest(HERE, output, *SUITE, *gate, closed=bool(gate)):.0f} s", flush=True)


def report(folder: Path) -> None:
    first = read_run_file(folder / "quiet-00.json")
    for kind in ("quiet", "loaded", "one-core"):
        runs = [read_run_file(path) for path in sorted(folder.glob(f"{kind}-*.json")) if path.name != "quiet-00.json"]
        if not runs:
            continue
        verdicts = [entry for run in runs for entry in compare_counts(first, run).verdicts]
        closed = [entry for entry in verdicts if entry.verdict is not Verdict.PASS]
        print(f"\n{kind}: {len(runs)} runs, {len(verdicts)} verdicts, {len(closed)} of them not pass")
        for entry in closed:
            print(f"  {entry.verdict.value} {entry.case_id}: {entry.reason}")
        print_spread(first, runs)


def print_spread(first: RunFile, runs: list[RunFile]) -> None:
    """The largest change of each toleranced sum against the first run, over all cases."""
    for state in ("cold", "warm"):
        for tolerance in TOLERANCES:
            found = [
                (abs(now - then) / max(1, then), abs(now - then), case_id)
                for run in runs
                for case_id, record in run.records.items()
                for then in [total(first.records[case_id].counts.states.get(state, {}), tolerance.quantities)]
                for now in [total(record.counts.states.get(state, {}), tolerance.quantities)]
                if then is not None and now is not None
            ]
            if found:
                share, difference, case_id = max(found)
                print(f"  {state} {tolerance.name}: at most {share:.4%} ({difference:,}), {case_id}")


if __name__ == "__main__":
    main()
