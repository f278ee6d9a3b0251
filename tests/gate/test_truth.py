"""The gate on simulated runs whose truth is known: process effects, heavy-tailed interference, drift of the machine."""

import dataclasses
from pathlib import Path

import numpy as np

from archbench.gate.compare import compare_runs
from archbench.gate.evidence import RunPair
from archbench.gate.verdict import Verdict
from archbench.records.record import ProcessSamples, Samples
from archbench.records.runfile import RunFile, RunSection
from tests.samples import OPENVINO, record

CASE = f"standard-d10-w64-k3-28x28-b1:{OPENVINO}:t1"


def heavy_slices(generator, seconds, rounds=12):
    """Interference only adds time, and now and then a great deal of it."""
    factors = 1 + 0.01 * generator.pareto(1.5, rounds)
    return Samples(inferences=4, duration_ns=tuple(int(seconds * factor * 4e9) for factor in factors))


def simulated(generator, *, own, drift, count):
    """Processes with effects of their own on either side, on a machine that is slower by `drift`."""
    made = []
    for index in range(count):
        own_effect, reference_effect = np.exp(0.01 * generator.standard_normal(2))
        made.append(
            ProcessSamples(
                process=index,
                own=heavy_slices(generator, own * drift * own_effect),
                reference=heavy_slices(generator, 3e-3 * drift * reference_effect),
                calibration=heavy_slices(generator, 5e-4 * drift),
            )
        )
    return tuple(made)


def run_with(processes):
    return {CASE: dataclasses.replace(record(CASE, np.random.default_rng(0), count=2), processes=processes)}


def test_intervals_cover_the_true_change_93_to_97_per_cent_of_the_time_whatever_the_machine_does():
    generator = np.random.default_rng(21)
    truth, tries, count = 1.04, 800, 12
    covered = {"slowdown": 0, "relative": 0}
    for _ in range(tries):
        then, now = np.exp(0.1 * generator.standard_normal(2))
        before = run_with(simulated(generator, own=1e-3, drift=then, count=count))
        after = run_with(simulated(generator, own=1e-3 * truth, drift=now, count=count))
        evidence = RunPair(before, after, same_machine=True).evidence(CASE)
        for name in covered:
            interval = getattr(evidence, name).interval()
            covered[name] += interval.low <= truth <= interval.high

    assert 0.93 <= covered["slowdown"] / tries <= 0.97
    assert 0.93 <= covered["relative"] / tries <= 0.97


def test_a_few_processes_are_enough_where_the_run_s_other_cases_tell_how_much_processes_vary():
    generator = np.random.default_rng(23)
    truth, tries, cases = 1.04, 80, CASES[:10]
    covered, widths = {True: 0, False: 0}, {True: [], False: []}
    for _ in range(tries):
        runs = [
            {case_id: record(case_id, generator, own=1e-3 * slowdown, between=0.005, count=5) for case_id in cases}
            for slowdown in (1.0, truth)
        ]
        whole = RunPair(*runs, same_machine=True, interleaved=True)
        for together in (True, False):
            for case_id in cases:
                alone = ({case_id: run[case_id]} for run in runs)
                pair = whole if together else RunPair(*alone, same_machine=True, interleaved=True)
                interval = pair.evidence(case_id).slowdown.interval()
                covered[together] += interval.low <= truth <= interval.high
                widths[together].append(np.log(interval.high / interval.low))

    assert 0.93 <= covered[True] / (tries * len(cases)) <= 0.97
    assert np.median(widths[True]) < 0.8 * np.median(widths[False])


CASES = [f"standard-d{depth}-w64-k3-28x28-b1:{OPENVINO}:t1" for depth in range(1, 41)]


def run_of(generator, slowdown):
    """Forty cases, the first ten slower by `slowdown`."""
    records = {
        case_id: record(case_id, generator, own=1e-3 * (slowdown if index < 10 else 1.0), between=0.005, count=12)
        for index, case_id in enumerate(CASES)
    }
    section = RunSection(fingerprint="here", machine={}, profile="smoke", failed=False)
    return RunFile(path=Path("run.json"), document={}, section=section, records=records)


def test_few_of_what_is_called_regressed_is_not_and_nothing_slower_passes():
    generator = np.random.default_rng(22)
    called, false, passed, found = 0, 0, 0, 0
    for _ in range(12):
        verdicts = compare_runs(run_of(generator, 1.0), run_of(generator, 1.05)).verdicts
        slower, same = verdicts[:10], verdicts[10:]
        found += sum(entry.verdict is Verdict.REGRESSED for entry in slower)
        passed += sum(entry.verdict is Verdict.PASS for entry in slower)
        false += sum(entry.verdict is Verdict.REGRESSED for entry in same)
        called += sum(entry.verdict is Verdict.REGRESSED for entry in verdicts)

    assert found / 120 >= 0.95
    assert passed == 0
    assert false / called <= 0.05


def test_what_changed_by_exactly_the_minimum_effect_passes_no_more_often_than_the_level_says():
    generator = np.random.default_rng(23)
    verdicts = [
        entry.verdict
        for _ in range(12)
        for entry in compare_runs(run_of(generator, 1.0), run_of(generator, 1.02)).verdicts[:10]
    ]

    # Both witnesses must show it, so that it is rarer still.
    assert verdicts.count(Verdict.PASS) / len(verdicts) <= 0.05
    assert verdicts.count(Verdict.REGRESSED) / len(verdicts) <= 0.05
