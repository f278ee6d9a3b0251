"""Which cases a run goes on measuring: those not settled, and those that look regressed."""

import numpy as np

from archbench.gate.look import undecided
from archbench.gate.noise import NoiseFloor
from tests.samples import OPENVINO, record

CASE = f"standard-d10-w64-k3-28x28-b1:{OPENVINO}:t1"
BASELINE = {CASE: record(CASE, np.random.default_rng(0), between=0.002)}


def look(noise=None, **kwargs):
    return undecided(BASELINE, {CASE: record(CASE, np.random.default_rng(1), **{"between": 0.002, **kwargs})}, noise=noise)


def test_what_passes_is_settled():
    assert look() == frozenset()


def test_what_improved_is_settled():
    assert look(own=0.8e-3) == frozenset()


def test_what_looks_regressed_is_looked_at_again():
    assert look(own=1.2e-3) == {CASE}


def test_what_is_too_wide_is_looked_at_again():
    assert look(between=0.05) == {CASE}


def test_what_was_disturbed_throughout_is_looked_at_again_whatever_it_shows():
    other = f"grouped-d10-w64-k3-g8-28x28-b1:{OPENVINO}:t1"
    baseline = {**BASELINE, other: record(other, np.random.default_rng(2), between=0.002)}
    disturbed = record(CASE, np.random.default_rng(1), own=0.8e-3, between=0.002, calibration=7e-4)

    assert undecided(baseline, {**baseline, CASE: disturbed}) == {CASE}


def test_what_the_noise_floor_leaves_open_is_looked_at_again():
    noise = NoiseFloor(fingerprint="here", date="", comparisons=9, alarms=(), slowdown={CASE: 0.02**2})

    assert look(noise) == {CASE}


def test_what_cannot_be_compared_is_not():
    assert look(allocator="system") == frozenset()
    assert undecided(BASELINE, {}) == frozenset()
