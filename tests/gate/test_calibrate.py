"""The gate's calibration on runs with a known truth."""

import dataclasses
import itertools
import math
from pathlib import Path

import numpy as np
import pytest

from archbench.errors import BaselineError, RecordFileError
from archbench.gate.calibrate import calibrate
from archbench.gate.evidence import RunPair
from archbench.gate.noise import NoiseFloor, read_noise, write_noise
from archbench.gate.power import smallest_found
from archbench.records.runfile import RunFile, RunSection
from tests.samples import OPENVINO, record

CASES = [f"standard-d{depth}-w64-k3-28x28-b1:{OPENVINO}:t1" for depth in (10, 20, 30, 40, 50)]


def run_of(seed, *, wander=0.0, fingerprint="here", own=1e-3, **kwargs):
    """Five cases; each run moves each of them by a factor of its own of relative size `wander`."""
    generator = np.random.default_rng(seed)
    records = {
        case_id: record(case_id, generator, own=own * math.exp(wander * generator.standard_normal()), **kwargs)
        for case_id in CASES
    }
    section = RunSection(fingerprint=fingerprint, machine={}, profile="smoke", failed=False)
    return RunFile(path=Path(f"{seed}.json"), document={}, section=section, records=records)


def test_runs_that_differ_by_no_more_than_their_intervals_show_have_hardly_a_floor():
    noise = calibrate([run_of(seed) for seed in range(12)], [], 0.02)

    assert noise.comparisons == 66
    assert noise.alarms == ()
    assert max(noise.slowdown.values()) < 0.005**2


def test_only_runs_of_the_same_code_are_compared():
    """Three nights, measured twice each; the third night's commit made everything slower."""
    nights = [(seed, seed // 2, 1.3e-3 if seed > 3 else 1e-3) for seed in range(6)]
    runs = [dataclasses.replace(run_of(seed, own=own), document={"commit_info": {"id": night}}) for seed, night, own in nights]

    noise = calibrate(runs, [], 0.02)

    assert noise.comparisons == 3
    assert noise.alarms == ()
    with pytest.raises(BaselineError, match="the same commit and versions"):
        calibrate(runs[1:3], [], 0.02)


def test_what_differs_between_runs_is_measured():
    noise = calibrate([run_of(seed, wander=0.02) for seed in range(25)], [], 0.02)

    # a ratio of two runs wanders by sqrt(2) x 2 %
    assert np.mean(list(noise.slowdown.values())) == pytest.approx(2 * 0.02**2, rel=0.3)
    assert np.mean(list(noise.relative.values())) == pytest.approx(2 * 0.02**2, rel=0.3)


def test_what_drifts_slowly_is_measured_over_its_whole_span():
    """Neighbours differ by a tenth of what a baseline and the last run differ by."""
    noise = calibrate([run_of(seed, own=1e-3 * 1.01**seed, between=0.001) for seed in range(11)], [], 0.02)

    usual = math.sqrt(np.mean(list(noise.slowdown.values())))
    squares = [(later - earlier) ** 2 for earlier, later in itertools.combinations(range(11), 2)]
    assert usual == pytest.approx(math.log(1.01) * math.sqrt(np.mean(squares)), rel=0.1)


def test_a_run_that_stands_out_is_an_alarm():
    runs = [run_of(seed) for seed in range(6)]
    runs.append(run_of(6, wander=0.0))
    slow = {case_id: record(case_id, np.random.default_rng(7), own=1.2e-3) for case_id in CASES}
    runs[-1] = dataclasses.replace(runs[-1], records=slow)

    noise = calibrate(runs, [], 0.02)

    assert any(alarm.startswith("5.json against 6.json") for alarm in noise.alarms)


def test_planted_work_gives_the_power():
    planted = run_of(8, between=0.002)
    records = {
        case_id: record(case_id, np.random.default_rng(9), own=own, between=0.002, planted=own / 1e-3 - 1)
        for case_id, own in zip(CASES, (1.1e-3, 1.1e-3, 1.005e-3, 1.1e-3, 1.1e-3), strict=True)
    }
    planted = dataclasses.replace(planted, records=records)

    noise = calibrate([run_of(seed, between=0.002) for seed in range(6)], [planted], 0.02)

    assert (noise.found, noise.planted) == (4, 5)


@pytest.mark.parametrize(
    ("runs", "planted", "message"),
    [
        ([run_of(0)], [], "two runs or more"),
        ([run_of(0), run_of(1, fingerprint="there")], [], "several machines"),
        ([run_of(0), run_of(1, planted=0.1)], [], "carries planted work"),
        ([run_of(0), run_of(1)], [run_of(2)], "carries no planted work"),
    ],
)
def test_runs_that_cannot_calibrate_are_refused(runs, planted, message):
    with pytest.raises(BaselineError, match=message):
        calibrate(runs, planted, 0.02)


def test_a_noise_floor_comes_back_as_it_was_kept_and_a_broken_one_is_named(tmp_path):
    noise = NoiseFloor(fingerprint="here", date="2026-01-01", comparisons=3, alarms=("a",), slowdown={"x": 0.1})

    path = write_noise(tmp_path, noise)

    assert read_noise(tmp_path, "here") == noise
    assert read_noise(tmp_path, "there") is None
    path.write_text('{"fingerprint": ')
    with pytest.raises(RecordFileError, match="is not a noise floor"):
        read_noise(tmp_path, "here")


def test_the_power_is_what_simulation_finds():
    """At the smallest slowdown said, about 95 of 100 pairs of runs show it; the gate's own multiplicity is left out."""
    said = [smallest_found(run_of(seed, between=0.004, count=12).records, 0.02).values() for seed in range(10)]
    typical = float(np.mean([slowdown for values in said for slowdown in values]))

    found = tried = 0
    for seed in range(60):
        then = run_of(1000 + seed, between=0.004, count=12).records
        now = {
            case_id: record(case_id, np.random.default_rng((seed, index)), own=1e-3 * (1 + typical), between=0.004, count=12)
            for index, case_id in enumerate(CASES)
        }
        pair = RunPair(then, now, same_machine=True)
        for case_id in CASES:
            found += pair.evidence(case_id).p_worse(0.02) <= 0.025
            tried += 1

    assert 0.85 <= found / tried <= 1.0


def test_more_processes_find_smaller_slowdowns_and_a_noise_floor_stays():
    records = run_of(0).records
    noise = NoiseFloor(fingerprint="here", date="2026-01-01", comparisons=3, alarms=(), slowdown=dict.fromkeys(CASES, 0.02**2))
    now, more = smallest_found(records, 0.02), smallest_found(records, 0.02, processes=1000)
    noisy = smallest_found(records, 0.02, noise, processes=1000)

    assert all(0.02 < more[case_id] < now[case_id] for case_id in CASES)
    assert all(noisy[case_id] > 0.09 for case_id in CASES)
