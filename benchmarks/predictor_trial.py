"""How near are predictions to networks that the predictor never saw, and which kernels are at fault where they are not?

Learns from records of operators and blocks, and of networks drawn at random, and predicts the networks of the experiments
`networks` and `zoo`, which it measures first unless run files of them are given. Beside it the same records make two simpler
predictors: operations alone, and the sum of operators as if nothing were fused.

    pytest benchmarks/ -k behaviour --archbench-profile nightly --benchmark-json=behaviour.json
    pytest benchmarks/ -k drawn --archbench-profile nightly --benchmark-json=drawn.json
    python benchmarks/predictor_trial.py behaviour.json drawn.json --networks networks.json zoo.json --kernels

With --kernels the kernels of networks that were missed are timed by the engine's own clock and held against their prices.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from noise_against_stock import HERE, run_pytest

from archbench.cache import default_cache_root
from archbench.errors import ArchbenchError
from archbench.machine.allocator import DEFAULT_ALLOCATOR
from archbench.machine.fingerprint import read_fingerprint
from archbench.measurement.layers import layers_of
from archbench.measurement.lowering import lowerings
from archbench.prediction.baselines import operations_alone, operator_sum, operators_of
from archbench.prediction.learning import compiled
from archbench.prediction.predictor import CONFIDENCE, Platform, Prediction
from archbench.prediction.scores import NEAR, score
from archbench.prediction.training import train
from archbench.prediction.units import at_pace, networks_of, units_of
from archbench.records.interval import Interval
from archbench.records.record import CaseRecord, Status
from archbench.records.runfile import RunFile, read_run_file
from archbench.registry import ACCELERATED_BACKEND, LAYER_CLOCKS
from archbench.units import format_seconds
from archbench.workloads.case import Case
from archbench.workloads.ids import parse_case
from archbench.workloads.network import NetworkWorkload

OURS, SUM, OPERATIONS = "kernels", "operator sum", "FLOPs only"


def main() -> None:
    arguments = parse_arguments()
    try:
        networks = measured_networks(arguments)
        trial(list(map(read_run_file, arguments.records)), networks, arguments)
    except ArchbenchError as error:
        sys.exit(f"predictor_trial: {error}")


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("records", type=Path, nargs="+", help="run files of the behaviour study and the experiment drawn")
    parser.add_argument("--networks", type=Path, nargs="+", help="run files of the experiments networks and zoo")
    parser.add_argument("--keep", type=Path, default=Path(".archbench/predictor"), help="where else their run files go")
    parser.add_argument("--backend", default=ACCELERATED_BACKEND)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--isa")
    parser.add_argument("--kernels", action="store_true", help="time the kernels of the networks that were missed")
    return parser.parse_args()


def measured_networks(arguments: argparse.Namespace) -> Mapping[Case, CaseRecord]:
    """Records of whole networks on the platform, of this machine."""
    paths = arguments.networks or [measure(arguments, name) for name in ("networks", "zoo")]
    found: dict[Case, CaseRecord] = {}
    for run in map(read_run_file, paths):
        require_here(run)
        for record in run.records.values():
            case = parse_case(record.case_id) if record.is_case else None
            if case is not None and isinstance(case.workload, NetworkWorkload) and is_wanted(case, record, arguments):
                found[case] = record
    if not found:
        sys.exit(f"predictor_trial: no network was measured on {arguments.backend} with {arguments.threads} threads.")
    return found


def is_wanted(case: Case, record: CaseRecord, arguments: argparse.Namespace) -> bool:
    platform = (arguments.backend, arguments.threads, arguments.isa)
    honest = record.status is Status.MEASURED and not record.planted
    return honest and (case.backend, case.threads, case.isa) == platform


def require_here(run: RunFile) -> None:
    here = read_fingerprint().key
    if run.section.fingerprint != here:
        sys.exit(f"predictor_trial: {run.path} was measured on {run.section.fingerprint}, but this machine is {here}.")


def measure(arguments: argparse.Namespace, experiment: str) -> Path:
    arguments.keep.mkdir(parents=True, exist_ok=True)
    path = arguments.keep / f"{experiment}.json"
    if not path.exists():
        print(f"measuring the experiment {experiment}", flush=True)
        options = ["-k", experiment, "--archbench-backend", arguments.backend, "--threads", str(arguments.threads)]
        run_pytest(HERE / f"test_{experiment}.py", path, *options, *(["--isa", arguments.isa] if arguments.isa else []))
    return path


def trial(runs: Sequence[RunFile], networks: Mapping[Case, CaseRecord], arguments: argparse.Namespace) -> None:
    cache = default_cache_root()
    platform, measured = compiled(
        runs, arguments.backend, cache, threads=arguments.threads, isa=arguments.isa, progress=tell_progress
    )
    units, drawn = units_of(platform, measured), networks_of(platform, measured)
    ours = train(platform, units, drawn)
    summed, operations = operator_sum(platform, measured), operations_alone(platform, measured)
    print(f"\n{len(units) // 2} operators and blocks and {len(drawn)} drawn networks on {platform.name}", end="")
    print(f", at the pace of {format_seconds(platform.pace)}; median error of sweeps left out:")
    print("  " + ", ".join(f"{name} {error:.1%}" for name, error in ours.tried.items()) + f"; used: {ours.method}\n")
    lowered = dict(lowerings(networks, cache))
    predictions = {case: ours.predict(lowering.executed) for case, lowering in lowered.items()}
    rivals = {
        OURS: {case.workload.family: prediction.seconds.estimate for case, prediction in predictions.items()},
        SUM: {case.workload.family: summed.predict(operators_of(entry)).seconds.estimate for case, entry in lowered.items()},
        OPERATIONS: {case.workload.family: operations.predict(entry.executed) for case, entry in lowered.items()},
    }
    latencies = {case: latency(platform, record) for case, record in networks.items()}
    truth = {case.workload.family: found.estimate for case, found in latencies.items()}
    show_networks(latencies, predictions, rivals)
    show_scores(rivals, truth)
    show_coverage(latencies, predictions)
    if arguments.kernels:
        off = {case: rivals[OURS][case.workload.family] / truth[case.workload.family] - 1 for case in networks}
        missed = [case for case in networks if abs(off[case]) > NEAR]
        show_kernels({case: latencies[case].estimate for case in missed}, predictions)


def tell_progress(done: int, total: int) -> None:
    if done % 100 == 0:
        print(f"compiled {done} of {total} networks of the records", file=sys.stderr, flush=True)


def latency(platform: Platform, record: CaseRecord) -> Interval:
    """Seconds at the pace of the records that were learnt from."""
    assert record.latency is not None
    factor = at_pace(platform, record)
    low, high = record.latency.bounded
    return dataclasses.replace(record.latency, estimate=factor * record.latency.estimate, low=factor * low, high=factor * high)


def show_networks(
    networks: Mapping[Case, Interval],
    predictions: Mapping[Case, Prediction],
    rivals: Mapping[str, Mapping[str, float]],
) -> None:
    titles, interval = "".join(f"{name:>14}" for name in rivals), f"{CONFIDENCE:.0%} of networks"
    print(f"{'network':22}{'measured':>10}{'noise':>8}{'predicted':>11}{interval:>24}{'guessed':>9}{titles}")
    for case, found in networks.items():
        name, prediction = case.workload.family, predictions[case]
        low, high = found.bounded
        bounds = " to ".join(map(format_seconds, prediction.seconds.bounded))
        errors = "".join(f"{rival[name] / found.estimate - 1:>+14.1%}" for rival in rivals.values())
        noise = (high - low) / 2 / found.estimate
        print(
            f"{name:22}{format_seconds(found.estimate):>10}{noise:>8.1%}{format_seconds(prediction.seconds.estimate):>11}"
            f"{bounds:>24}{prediction.guessed:>9.1%}{errors}"
        )


def show_scores(rivals: Mapping[str, Mapping[str, float]], truth: Mapping[str, float]) -> None:
    print(
        f"\n{len(truth)} networks{'':10}{f'within {NEAR:.0%} [95 %]':>24}{'mean error [95 %]':>24}{'predicted / measured':>26}"
    )
    for name, predicted in rivals.items():
        found = score(predicted, truth)
        print(f"{name:22}{percent(found.near):>24}{percent(found.error):>24}{percent(found.bias):>26}")


def percent(interval: Interval) -> str:
    low, high = interval.bounded
    return f"{interval.estimate:.0%} [{low:.0%}, {high:.0%}]"


def show_coverage(networks: Mapping[Case, Interval], predictions: Mapping[Case, Prediction]) -> None:
    held = 0
    for case, found in networks.items():
        low, high = predictions[case].seconds.bounded
        held += low <= found.estimate <= high
    print(f"\nintervals of {CONFIDENCE:.0%} hold {held} of {len(networks)} networks")


def show_kernels(missed: Mapping[Case, float], predictions: Mapping[Case, Prediction]) -> None:
    """Seconds of each family, over all networks that were missed: the engine's clock shares out what was measured."""
    timed: dict[str, float] = defaultdict(float)
    priced: dict[str, float] = defaultdict(float)
    for case, seconds in missed.items():
        if case.backend not in LAYER_CLOCKS:
            print(f"{case.backend} has no clock for its kernels")
            return
        layers = layers_of(case, DEFAULT_ALLOCATOR, default_cache_root()).layers
        total = sum(layer.seconds for layer in layers)
        for layer in layers:
            timed[f"{layer.kind} {layer.kernel.split(' ')[0]}"] += layer.seconds / total * seconds
        for family, (_, price) in predictions[case].by_family().items():
            priced[" ".join(family.split(" ")[:2])] += price
    total = sum(timed.values())
    print(f"\n{len(missed)} networks were missed by more than {NEAR:.0%}; their kernels:")
    print(f"{'kernel':44}{'timed':>10}{'priced':>10}{'priced / timed':>16}{'part of the miss':>18}")
    for name in sorted({*timed, *priced}, key=lambda name: -abs(priced[name] - timed[name])):
        ratio = f"{priced[name] / timed[name]:.2f}" if timed[name] else "-"
        part = (priced[name] - timed[name]) / max(total, 1e-12)
        print(f"{name:44}{format_seconds(timed[name]):>10}{format_seconds(priced[name]):>10}{ratio:>16}{part:>+18.1%}")


if __name__ == "__main__":
    main()
