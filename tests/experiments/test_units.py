"""Units from records: which networks belong together, and what is left out."""

import dataclasses

import numpy as np
import pytest

from archbench.experiments.units import Platform, executed_unit, units_by_platform
from archbench.records.record import Status
from archbench.workloads.layer import LayerWorkload
from tests.experiments.layer_records import layer_records
from tests.samples import record

CONV = LayerWorkload(layer="conv", in_channels=64, out_channels=32)
HERE = Platform(backend="openvino-cpu-f32", threads=1, isa="")


def test_a_unit_is_what_many_copies_take_beyond_few():
    units = units_by_platform(layer_records({CONV: 25e-6}).values())[HERE]

    assert list(units) == [CONV]
    assert units[CONV].seconds.interval().estimate == pytest.approx(25e-6, rel=0.02)
    assert units[CONV].executed == ("1 Convolution jit",)


def test_platforms_are_told_apart_by_backend_and_cap():
    records = {
        **layer_records({CONV: 25e-6}),
        **layer_records({CONV: 50e-6}, isa="avx2"),
        **layer_records({CONV: 9e-5}, "torch"),
    }

    found = units_by_platform(records.values())

    assert [str(platform) for platform in found] == ["openvino-cpu-f32", "openvino-cpu-f32 avx2", "torch"]
    ratio = found[Platform(backend="torch", threads=1, isa="")][CONV].seconds.over(found[HERE][CONV].seconds)
    assert ratio.interval().estimate == pytest.approx(3.6, rel=0.05)


def test_a_network_without_its_fellow_is_no_unit():
    records = layer_records({CONV: 25e-6})

    assert units_by_platform(list(records.values())[:1]) == {HERE: {}}


def test_planted_failed_and_other_records_are_left_out():
    records = list(layer_records({CONV: 25e-6}).values())
    planted = [dataclasses.replace(entry, planted=0.1) for entry in records]
    failed = [dataclasses.replace(entry, status=Status.ERROR) for entry in records]
    other = record("standard-d10-w64-k3-28x28-b1:torch:t1", np.random.default_rng(0))

    assert units_by_platform([*planted, *failed, other]) == {}


def test_voided_processes_of_either_network_are_left_out_of_both():
    records = list(layer_records({CONV: 25e-6}).values())
    slow = [dataclasses.replace(process, voided="busy") for process in records[0].processes[:3]]
    records[0] = dataclasses.replace(records[0], processes=(*slow, *records[0].processes[3:]))

    assert units_by_platform(records)[HERE][CONV].seconds.interval().estimate == pytest.approx(25e-6, rel=0.03)


def test_shared_work_shows_as_a_part_of_a_node():
    few, many = ("Split a", "Convolution b", "Convolution b"), ("Split a", *("Convolution b",) * 6)

    assert executed_unit(many, few, 4) == ("1 Convolution b",)
    assert executed_unit((*many, "Reorder c"), few, 4) == ("1 Convolution b", "0.25 Reorder c")
    assert executed_unit((), (), 4) == ()
