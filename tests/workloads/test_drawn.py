"""Networks drawn at random: the same every time, unlike each other, and such as networks are."""

import pytest

from archbench.errors import WorkloadError
from archbench.workloads.drawn import DrawnWorkload
from archbench.workloads.experiment import EXPERIMENTS
from archbench.workloads.unit import Activation, Conv, GlobalPool, How, Join, Linear, Pool, steps_of

NETWORKS = [DrawnWorkload(number=number) for number in range(40)]


def steps(workload):
    return list(steps_of(workload.unit, workload.unit_shape))


def test_a_number_is_a_network():
    assert DrawnWorkload(number=7).unit == DrawnWorkload(number=7, batch=3).unit
    assert len({workload.unit for workload in NETWORKS}) == len(NETWORKS)


@pytest.mark.parametrize("workload", NETWORKS, ids=lambda workload: workload.family)
def test_each_is_an_image_classifier_of_five_stages(workload):
    found = steps(workload)
    convolutions = [step for step in found if isinstance(step.unit, Conv)]

    assert isinstance(found[-2].unit, GlobalPool)
    assert isinstance(found[-1].unit, Linear)
    assert {step.output[1] for step in convolutions if step.unit.kernel > 1} == {112, 56, 28, 14, 7}
    assert 10 <= found[-1].output[0] <= 1000


def test_together_they_hold_what_networks_are_made_of():
    units = [{step.unit for step in steps(workload)} for workload in NETWORKS]
    every = set().union(*units)

    assert {unit for unit in every if isinstance(unit, Activation)} == set(Activation) - {Activation.HARD_SIGMOID}
    assert {unit.how for unit in every if isinstance(unit, Join)} == set(How)
    assert {unit.kernel for unit in every if isinstance(unit, Conv)} == {1, 3, 5}
    assert {unit.largest for unit in every if isinstance(unit, Pool)} == {True, False}
    assert any(unit.groups > 1 for unit in every if isinstance(unit, Conv))


def test_profiles_begin_with_the_same_networks():
    smoke, nightly, paper = (list(EXPERIMENTS["drawn"].workloads_in(name)) for name in ("smoke", "nightly", "paper"))

    assert nightly == NETWORKS
    assert smoke == nightly[: len(smoke)]
    assert nightly == paper[: len(nightly)]


@pytest.mark.parametrize(
    ("shape", "complaint"),
    [({"number": -1}, r"`number >= 0` .* got number=-1"), ({"number": 0, "batch": 0}, r"`batch >= 1` .* got batch=0")],
)
def test_what_cannot_be_is_refused(shape, complaint):
    with pytest.raises(WorkloadError, match=complaint):
        DrawnWorkload(**shape)
