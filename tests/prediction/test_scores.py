"""Scores over networks, and the baselines that a predictor is held against."""

import numpy as np
import pytest

from archbench.contracts import Kernel, Lowering
from archbench.prediction.baselines import operations_alone, operators_of
from archbench.prediction.features import macs_of
from archbench.prediction.scores import score
from archbench.workloads.case import Case
from archbench.workloads.drawn import DrawnWorkload
from tests.prediction.planted import OPENVINO, conv
from tests.prediction.test_units import GENERATOR, HERE, PAIRS, run_of
from tests.samples import record


def test_shares_and_errors_are_of_what_was_measured():
    found = score({"a": 1.05, "b": 0.8, "c": 2.0}, {"a": 1.0, "b": 1.0, "c": 2.0})

    assert found.near.estimate == pytest.approx(2 / 3)
    assert found.error.estimate == pytest.approx(0.25 / 3)
    assert found.bias.estimate == 1.0
    assert found.error.low <= found.error.estimate <= found.error.high


def test_networks_without_a_prediction_do_not_count():
    assert score({"a": 1.0}, {"a": 1.0, "b": 1.0}).near.estimate == 1.0


def test_operators_are_those_given_with_their_bias():
    shape = (1, 8, 14, 14)
    bias = Kernel(kind="Add", inputs=(shape,), weights=((1, 8, 1, 1),), outputs=(shape,))
    relu = Kernel(kind="Relu", inputs=(shape,), outputs=(shape,))
    given = (conv(8, 8, 14), bias, relu, Kernel(kind="Reshape", inputs=(shape,), outputs=(shape,)))

    assert [kernel.kind for kernel in operators_of(Lowering(executed=(), given=given))] == ["Convolution", "Elementwise"]


def test_operations_alone_know_the_call_and_the_multiply_accumulate():
    records = run_of(PAIRS).records
    measured = [
        (case, records[case.id], Lowering(executed=(conv(16, 16, 28),) * case.workload.copies, given=())) for case in PAIRS
    ]
    found = operations_alone(HERE, measured)

    assert found.mac * macs_of(conv(16, 16, 28)) == pytest.approx(1e-4, rel=0.05)
    assert found.predict([conv(16, 16, 28)] * 3) == pytest.approx(3.1e-4, rel=0.05)
    assert np.isfinite(found.call)


def test_operations_alone_learn_of_whole_networks_where_there_are_any():
    units = [(case, run_of([case]).records[case.id], Lowering(executed=(conv(16, 16, 28),), given=())) for case in PAIRS[:2]]
    networks = []
    for number in range(1, 4):
        case = Case(workload=DrawnWorkload(number=number), backend=OPENVINO)
        lowering = Lowering(executed=(conv(16, 16, 28),) * number, given=())
        networks.append((case, record(case.id, GENERATOR, own=2e-3 * number, graph=()), lowering))

    assert operations_alone(HERE, [*units, *networks]).predict([conv(16, 16, 28)] * 2) == pytest.approx(4e-3, rel=0.05)
