"""A planted cliff is found and shrunk to its smallest shape; what is only noise, or slow for every shape, is not."""

import dataclasses
import itertools
import math
import time

import numpy as np
import pytest

from archbench.cost.units import unit_cost
from archbench.experiments.envelope import MIN_UNITS, envelopes
from archbench.experiments.slowness import Cliff, Hunt, Timed
from archbench.experiments.units import Measured
from archbench.records.interval import Interval
from archbench.stats.estimate import LogEstimate
from archbench.workloads.layer import LayerWorkload


def by_cost(kind):
    """What a machine without cliffs takes: a microsecond, 20 operations a nanosecond, and 10 bytes."""
    cost = unit_cost(kind)
    return 1e-6 + cost.operations / 20e9 + cost.memory_access_bytes / 10e9


def conv(into, out, pixels=14, **others):
    return LayerWorkload(layer="conv", in_channels=into, out_channels=out, resolution=(pixels, pixels), **others)


def measured(kind, seconds):
    estimate = LogEstimate(value=math.log(seconds), squared_error=1e-6, degrees=5)
    return Measured(kind=kind, seconds=estimate, executed=())


KINDS = [conv(into, out, pixels) for into in (8, 32, 64, 128) for out in (16, 48, 96) for pixels in (7, 14, 28)]
NOISE = np.exp(0.05 * np.random.default_rng(0).standard_normal(len(KINDS)))
ENVELOPES = envelopes({kind: measured(kind, by_cost(kind) * noise) for kind, noise in zip(KINDS, NOISE, strict=True)})


class Machine:
    """A clock on a machine that is `factor` as slow where `slow` says so, and whose first looks are off where `noisy` does."""

    def __init__(self, slow, factor=4.0, noisy=lambda _: False, refuses=lambda _: False):
        self.slow, self.factor, self.noisy, self.refuses = slow, factor, noisy, refuses
        self.confirmed = []

    def seconds(self, kind):
        return by_cost(kind) * (self.factor if self.slow(kind) else 1.0)

    def quick(self, kinds):
        return [
            Timed(reason="it fell over")
            if self.refuses(kind)
            else Timed(seconds=self.seconds(kind) * (10.0 if self.noisy(kind) else 1.0), executed=("1 Convolution ref",))
            for kind in kinds
        ]

    def confirm(self, kind, envelope, limit):
        self.confirmed.append(kind)
        slowness = self.seconds(kind) / envelope.expected(kind)
        if slowness <= limit:
            return None
        return Cliff(
            workload=kind,
            seconds=self.seconds(kind),
            expected=envelope.expected(kind),
            slowness=Interval(estimate=slowness, low=slowness, high=slowness, confidence=0.95),
            limit=limit,
            larger=None,
            executed=("1 Convolution ref",),
            processes=3,
        )


def hunt(machine, seconds=60.0):
    return Hunt(envelopes=ENVELOPES, clock=machine, factor=1.5, until=time.monotonic() + seconds)


def test_the_envelope_finds_the_prices():
    envelope = ENVELOPES["conv"]

    assert envelope.slowest < 1.25
    for kind in (conv(100, 100), conv(3, 7, 28)):
        assert envelope.expected(kind) == pytest.approx(by_cost(kind), rel=0.1)


def test_a_yardstick_is_usual_and_about_as_dear():
    kind = conv(60, 50, 14)
    yardstick = ENVELOPES["conv"].yardstick(kind)

    assert yardstick in KINDS
    assert 0.5 < by_cost(yardstick) / by_cost(kind) < 2


def test_few_units_make_no_envelope():
    assert envelopes({kind: measured(kind, by_cost(kind)) for kind in KINDS[: MIN_UNITS - 1]}) == {}


def test_a_planted_cliff_is_found_and_shrunk_to_the_smallest_slow_shape():
    machine = Machine(lambda kind: kind.in_channels > 40 and kind.out_channels % 2 == 1 and kind.edge == 3)

    cliff = next(hunt(machine).cliffs(seed=1))

    found, envelope = cliff.workload, ENVELOPES["conv"]
    (rows, columns) = found.resolution
    assert machine.slow(found)
    smaller = (
        {"in_channels": found.in_channels - 1},
        {"out_channels": found.out_channels - 2},
        {"resolution": (rows - 1, columns)},
        {"resolution": (rows, columns - 1)},
    )
    for change in smaller:
        if min(change.get("resolution", (1,))) > 0 and min(change.get("out_channels", 1), change.get("in_channels", 1)) > 0:
            other = dataclasses.replace(found, **change)
            assert not machine.slow(other) or not envelope.covers(other), other
    assert cliff.slowness.estimate == pytest.approx(4.0, rel=0.25)


def test_cliffs_of_other_windows_are_told_apart():
    machine = Machine(lambda kind: kind.out_channels > 100 and kind.edge in (5, 7))

    found = list(itertools.islice(hunt(machine).cliffs(seed=1), 2))

    assert len({(cliff.workload.edge, cliff.workload.stride) for cliff in found}) == 2
    assert all(cliff.workload.out_channels == 101 for cliff in found)


def test_what_only_the_first_look_saw_is_not_believed():
    machine = Machine(lambda _: False, noisy=lambda kind: kind.in_channels % 5 == 0)
    search = hunt(machine, 1.5)

    assert list(search.cliffs(seed=1)) == []
    assert machine.confirmed
    assert all(cliff is None for cliff in search.judged.values())


def test_a_machine_without_cliffs_has_none():
    machine = Machine(lambda _: False)
    search = hunt(machine, 1.5)

    assert list(search.cliffs(seed=1)) == []
    assert len(search.measured) > 30
    assert not machine.confirmed


def test_what_cannot_be_measured_is_counted_by_its_reason():
    search = hunt(Machine(lambda _: False, refuses=lambda kind: kind.stride == 2), 1.0)

    assert list(search.cliffs(seed=1)) == []
    assert {kind.stride for kind in search.refused["it fell over"]} == {2}
