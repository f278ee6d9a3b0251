"""The profiles hold what they promise."""

import pytest

from archbench.cost.formulas import cost_by_formula
from archbench.errors import UnknownNameError
from archbench.workloads.case import cases_of
from archbench.workloads.experiment import EXPERIMENTS
from archbench.workloads.grids import (
    BATCHES,
    DEPTHS,
    SIX,
    WIDTH_STEP,
    WIDTHS,
    equal_macs,
    equal_parameters,
    nightly,
    paper,
    profile_workloads,
    smoke,
)
from archbench.workloads.network import BEHAVIOUR, FORM_FUNCTION, NetworkWorkload


def test_a_network_may_have_backends_of_its_own():
    networks = EXPERIMENTS["networks"]
    workloads = [NetworkWorkload(network="darts"), NetworkWorkload(network="resnet18")]

    found = [(case.workload.family, case.backend) for case in networks.cases(workloads, ("torch", "torch-onednn"))]

    assert found == [(name, backend) for name in ("darts", "resnet18") for backend in ("torch", "torch-onednn")]
    assert [case.backend for case in networks.cases(workloads, ("torch",))] == ["torch", "torch-onednn", "torch"]


@pytest.mark.parametrize(("name", "networks"), [("networks", FORM_FUNCTION), ("zoo", BEHAVIOUR)])
def test_the_experiments_on_networks_hold_them_against_the_six_patterns(name, networks):
    families = [workload.family for workload in EXPERIMENTS[name].workloads_in("smoke")]

    assert families == [*networks, *SIX]


def test_smoke_is_six_patterns_shallow_and_deep():
    assert {(w.pattern, w.depth, w.width, w.batch) for w in smoke()} == {(p, d, 64, 1) for p in SIX for d in (10, 50)}


def test_paper_is_the_full_cross():
    cross = {(w.pattern, w.depth, w.width, w.batch) for w in paper()}

    assert {(p, d, w, b) for p in SIX for d in DEPTHS for w in WIDTHS for b in BATCHES} <= cross


def test_nightly_sweeps_each_axis_once_and_repeats_nothing():
    workloads = list(nightly())

    assert len(workloads) == len(set(workloads))
    for axis, values in (("depth", DEPTHS), ("width", WIDTHS), ("batch", BATCHES)):
        assert {getattr(w, axis) for w in workloads if w.pattern == "standard"} >= set(values)


@pytest.mark.parametrize(("grid", "quantity"), [(equal_macs, "macs"), (equal_parameters, "parameters")])
def test_equal_work_sets_differ_in_form_alone(grid, quantity):
    workloads = list(grid())
    target = getattr(cost_by_formula(workloads[0]), quantity)

    assert [w.pattern for w in workloads] == list(SIX)
    assert all(w.width % WIDTH_STEP == 0 for w in workloads)
    for workload in workloads:
        assert getattr(cost_by_formula(workload), quantity) == pytest.approx(target, rel=0.05)


def test_cases_put_backends_of_one_workload_side_by_side():
    ids = [case.id.split(":")[1:] for case in cases_of(smoke(), ("torch", "openvino-cpu-f32"), isas=(None, "avx2"))]

    assert ids[:4] == [
        ["torch", "t1"],
        ["openvino-cpu-f32", "t1"],
        ["torch", "t1", "avx2"],
        ["openvino-cpu-f32", "t1", "avx2"],
    ]


def test_an_unknown_profile_is_refused():
    with pytest.raises(UnknownNameError, match="unknown profile 'quick'"):
        list(profile_workloads("quick"))


@pytest.mark.parametrize(("cpus", "counts"), [(1, [1]), (2, [1, 2]), (6, [1, 2, 4, 6]), (8, [1, 2, 4, 8])])
def test_the_experiment_along_threads_doubles_them_up_to_the_cpus(cpus, counts):
    workload = next(EXPERIMENTS["threads"].workloads_in("smoke"))
    found = [case.threads for case in EXPERIMENTS["threads"].cases([workload], ("torch",), threads=3, cpus=cpus)]

    assert found == counts
    assert [case.threads for case in EXPERIMENTS["zoo"].cases([workload], ("torch",), threads=3, cpus=cpus)] == [3]
