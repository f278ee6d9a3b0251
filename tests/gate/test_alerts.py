"""Alerts pooled along the grid, on evidence with a known truth."""

import itertools

import numpy as np
import pytest

from archbench.gate.alerts import find_alerts
from archbench.gate.evidence import Evidence
from archbench.stats.estimate import LogEstimate

LEVEL = 0.025
PATTERNS = ("standard", "bottleneck", "depthwise-separable", "factorized")
SUFFIX = {"bottleneck": "-r4"}


def evidence(slower=lambda pattern, depth: 1.0, *, error=0.01, seed=0):
    """Four patterns at four depths on OpenVINO; `slower` gives the true ratio of each."""
    generator = np.random.default_rng(seed)
    made = {}
    for pattern, depth in itertools.product(PATTERNS, (10, 20, 30, 40)):
        case_id = f"{pattern}-d{depth}-w64-k3{SUFFIX.get(pattern, '')}-28x28-b1:openvino-cpu-f32:t1"
        seen = (np.log(slower(pattern, depth)) + error * generator.standard_normal() for _ in range(2))
        slowdown, relative = (LogEstimate(value=value, squared_error=error**2, degrees=10) for value in seen)
        made[case_id] = Evidence(slowdown=slowdown, relative=relative)
    return made


def test_nothing_slower_gives_no_alert():
    assert all(not find_alerts(evidence(seed=seed), 0.02, LEVEL) for seed in range(40))


def test_a_backend_that_is_slower_everywhere_is_one_alert_though_no_case_shows_it_alone():
    made = evidence(lambda pattern, depth: 1.04)

    (alert,) = find_alerts(made, 0.02, LEVEL)

    assert max(entry.p_worse(0.02) for entry in made.values()) > LEVEL
    assert alert.scope == "openvino-cpu-f32"
    assert alert.slowdown.estimate == pytest.approx(1.04, abs=0.01)
    assert len(alert.case_ids) == 16


def test_a_slower_pattern_is_named_and_the_others_are_not():
    (alert,) = find_alerts(evidence(lambda pattern, depth: 1.06 if pattern == "standard" else 1.0), 0.02, LEVEL)

    assert alert.scope == "openvino-cpu-f32 on standard"
    assert all(case_id.startswith("standard-") for case_id in alert.case_ids)


def test_one_slower_case_is_not_spread_over_its_group():
    one_case = evidence(lambda pattern, depth: 1.5 if (pattern, depth) == ("standard", 10) else 1.0)

    assert find_alerts(one_case, 0.02, LEVEL) == ()


def test_two_cases_are_no_group():
    made = dict(itertools.islice(evidence(lambda pattern, depth: 1.2).items(), 2))

    assert find_alerts(made, 0.02, LEVEL) == ()
