"""Speedup over the seed and the rank correlation, on records with a known truth."""

import numpy as np

from archbench.records.record import Status
from archbench.report.kws import kws_lines
from tests.samples import record

SECONDS = {"kws1": 4e-3, "kws-seed": 8e-3, "kws10": 2e-3, "kws12": 1e-3}


def measured(seconds=SECONDS, backend="torch", **kwargs):
    generator = np.random.default_rng(0)
    return [
        record(f"{name}-b1:{backend}:t1", generator, own=own, reference=None, between=1e-4, **kwargs)
        for name, own in seconds.items()
    ]


def test_each_network_is_held_against_the_seed_of_its_own_backend():
    lines = kws_lines([*measured(), *measured({"kws-seed": 4e-3, "kws12": 1e-3}, "openvino-cpu-f32")])
    rows = [line.split() for line in lines[1].splitlines()[1:]]

    assert [row[:2] for row in rows[:4]] == [[name, "torch"] for name in ("kws-seed", "kws1", "kws10", "kws12")]
    assert [row[2] for row in rows[:4]] == ["581.1", "223.4", "26.3", "17.2"]
    assert rows[0][5:] == ["-", "-"]
    assert rows[1][5:7] == ["2.60x", "2.00x"]
    assert rows[3][5:7] == ["33.75x", "8.00x"]
    assert rows[5][:2] == ["kws12", "openvino-cpu-f32"]
    assert rows[5][6] == "4.00x"


def test_the_correlation_is_told_by_backend_where_there_are_networks_enough():
    lines = kws_lines([*measured(), *measured({"kws-seed": 4e-3}, "openvino-cpu-f32")])

    told = [line for line in lines if "rank correlation" in line]
    assert len(told) == 1
    assert told[0].startswith("latency on torch follows operations with a rank correlation of +1.00 [")
    assert told[0].endswith("over 4 networks")


def test_without_the_seed_nothing_is_held_against_it():
    rows = kws_lines(measured({"kws1": 4e-3}))[1].splitlines()[1:]

    assert rows[0].split()[5:] == ["-", "-"]


def test_other_networks_and_what_was_not_measured_are_no_lines():
    generator = np.random.default_rng(0)

    assert kws_lines([record("resnet50-224x224-b1:torch:t1", generator), *measured(status=Status.SKIPPED)]) == []
