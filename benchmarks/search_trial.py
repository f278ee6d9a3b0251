"""Is the search better than chance, and does it pay to let it see latency? Hypervolumes at the same number of trials.

For each seed three searches on the same data: by the tree-structured Parzen estimator with measured latency as its objective,
by chance, and by the estimator with operations as its objective, blind to latency, whose front is measured afterwards. What
counts is the area of (accuracy, latency) that a search covers, up to the accuracy of chance and the latency of the seed.

    python benchmarks/search_trial.py --seeds 3 [--data FOLDER] [--trials 24] [--iterations 100]

Every search is kept in its folder and goes on where it was interrupted.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path

from archbench.cache import default_cache_root
from archbench.errors import ArchbenchError
from archbench.search.costs import Costs
from archbench.search.front import Candidate, front_of, hypervolume
from archbench.search.lane import Lane
from archbench.search.plan import LATENCY, SearchPlan, whole_objective
from archbench.units import format_seconds
from archbench.workloads.ids import parse_workload
from archbench.workloads.kws import CLASSES, SEED, KwsWorkload

WAYS = {"search": ("tpe", LATENCY), "chance": ("random", LATENCY), "latency-blind": ("tpe", "operations")}


def main() -> None:
    arguments = parse_arguments()
    cache = default_cache_root()
    plan = SearchPlan(objectives=(whole_objective(LATENCY),))
    try:
        with Lane(cache) as lane, Costs(plan, lane, cache) as costs:
            (worst,) = costs.of(KwsWorkload.named(SEED))
            areas = {way: [area(arguments, way, seed, costs, worst) for seed in range(arguments.seeds)] for way in WAYS}
    except ArchbenchError as error:
        sys.exit(f"search_trial: {error}")
    show(arguments, areas, worst)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--trials", type=int, default=24)
    parser.add_argument("--iterations", type=int, default=100)
    parser.add_argument("--keep", type=Path, default=Path(".archbench/search-trial"))
    return parser.parse_args()


def area(arguments: argparse.Namespace, way: str, seed: int, costs: Costs, worst: float) -> float:
    """What a search covers, in per cent of the whole area."""
    found = trials(arguments, way, seed)
    members = front_of(
        Candidate(workload=parse_workload(trial["workload"]), accuracy=trial["accuracy"], costs=tuple(trial["costs"].values()))
        for trial in found
        if not trial["stopped"]
    )
    blind = WAYS[way][1] != LATENCY
    points = [(member.accuracy, costs.of(member.workload)[0] if blind else member.costs[0]) for member in members]
    share = hypervolume(points, (1 / CLASSES, worst)) / ((1 - 1 / CLASSES) * worst)
    print(f"{way}, seed {seed}: {len(found)} trials, front of {len(members)}, {share:.1%} covered", flush=True)
    return share


def trials(arguments: argparse.Namespace, way: str, seed: int) -> list[dict]:
    """The trials of a search, made now or kept; each trained shortly, and the front no further."""
    sampler, objective = WAYS[way]
    folder = arguments.keep / f"{way}-{seed}-{arguments.trials}-{arguments.iterations}"
    kept = folder / "search.json"
    if not kept.exists():
        budget = ("--trials", arguments.trials, "--rounds", 1, "--iterations", arguments.iterations, "--limit", 1e6)
        later = ("--full-iterations", 1, "--seeds", 1)
        data = () if arguments.data is None else ("--data", arguments.data)
        options = ("--sampler", sampler, "--objective", objective, "--seed", seed, "--out", folder, *budget, *later, *data)
        command = [sys.executable, "-m", "archbench", "search", "kws", *map(str, options)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return json.loads(kept.read_text())["trials"]


def show(arguments: argparse.Namespace, areas: dict[str, list[float]], worst: float) -> None:
    print(f"\n{arguments.trials} trials a search; the whole area ends at {1 / CLASSES:.0%} and {format_seconds(worst)}")
    print(f"{'':16}{'mean':>8}" + "".join(f"{f'seed {seed}':>10}" for seed in range(arguments.seeds)) + f"{'search wins':>14}")
    for way, found in areas.items():
        wins = sum(mine > theirs for mine, theirs in zip(areas["search"], found, strict=True))
        beside = "" if way == "search" else f"{wins} of {len(found)}"
        print(f"{way:16}{statistics.mean(found):>8.1%}" + "".join(f"{value:>10.1%}" for value in found) + f"{beside:>14}")


if __name__ == "__main__":
    main()
