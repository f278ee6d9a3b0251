"""Ids are the keys of baselines: they must round-trip, and only canonical ones are taken."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archbench.errors import CaseIdError, UnknownNameError, UsageError, WorkloadError
from archbench.workloads.case import Case
from archbench.workloads.drawn import DrawnWorkload
from archbench.workloads.ids import parse_case, parse_workload, parse_workload_or_case
from archbench.workloads.kws import KwsWorkload, parse_units
from archbench.workloads.layer import LayerWorkload
from archbench.workloads.model import ModelWorkload
from archbench.workloads.network import NetworkWorkload
from archbench.workloads.pattern import PatternWorkload
from tests.strategies import cases, drawn_networks, kws_networks, layers, networks, workloads


@given(workloads() | networks() | drawn_networks() | layers() | kws_networks())
def test_workload_ids_round_trip(workload):
    assert parse_workload(workload.id) == workload


@given(cases())
def test_case_ids_round_trip(case):
    assert parse_case(case.id) == case


def test_ids_are_the_ones_that_stored_baselines_use():
    workload = PatternWorkload(pattern="grouped", depth=10, width=64, resolution=(7, 14), batch=2)

    assert workload.id == "grouped-d10-w64-k3-g8-7x14-b2"
    layer = LayerWorkload(layer="conv", in_channels=3, out_channels=8, activation="relu", resolution=(7, 14), copies=2)
    assert layer.id == "conv-i3-o8-k3-s1-relu-7x14-b1-n2"
    assert NetworkWorkload(network="mobilenet-v3-large", batch=4).id == "mobilenet-v3-large-224x224-b4"
    assert DrawnWorkload(number=7, batch=2).id == "drawn7-224x224-b2"
    assert KwsWorkload.named("kws-seed").id == "kws-seed-b1"
    assert KwsWorkload.named("kws12", batch=25).id == "kws12-b25"
    assert KwsWorkload(units=parse_units("-".join(["3x5m20"] * 6))).id == "kws-3x5m20-3x5m20-3x5m20-3x5m20-3x5m20-3x5m20-b1"
    assert Case(workload=workload, backend="torch").id == "grouped-d10-w64-k3-g8-7x14-b2:torch:t1"
    assert Case(workload=workload, backend="torch", threads=2, isa="avx2").id == "grouped-d10-w64-k3-g8-7x14-b2:torch:t2:avx2"


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", CaseIdError),
        ("standard", CaseIdError),
        ("standard-d10-w64-k3-28x28-b1 ", CaseIdError),
        ("standard-d010-w64-k3-28x28-b1", CaseIdError),
        ("grouped-d10-w64-k3-28x28-b1", CaseIdError),
        ("standard-d\uff11-w64-k3-28x28-b1", CaseIdError),
        ("standard-d10-w64-k3-g8-28x28-b1", WorkloadError),
        ("grouped-d10-w10-k3-g8-28x28-b1", WorkloadError),
        ("standard-d0-w64-k3-28x28-b1", WorkloadError),
        ("conv-i8-o8-k3-s1-7x7-b1", UnknownNameError),
        ("conv-i8-o8-k03-s1-7x7-b1-n1", CaseIdError),
        ("conv-i8-o8-k4-s1-7x7-b1-n1", WorkloadError),
        ("conv-i8-o8-k3-s1-7x7-b1-n0", WorkloadError),
        ("conv-i8-o8-k3-s1-gelu-7x7-b1-n1", UnknownNameError),
        ("deconv-i8-o8-k3-s1-7x7-b1-n1", UnknownNameError),
        ("drawn07-224x224-b1", CaseIdError),
        ("drawn7-112x112-b1", CaseIdError),
        ("drawn-224x224-b1", UnknownNameError),
        ("octave-d10-w64-k3-28x28-b1", UnknownNameError),
        ("alexnet-224x224-b1", UnknownNameError),
        ("resnet50-28x28-b1", CaseIdError),
        ("resnet50-224x224-b0", WorkloadError),
        ("resnet50-224x224-b01", CaseIdError),
        ("kws13-b1", UnknownNameError),
        ("kws01-b1", UnknownNameError),
        ("kws1-b0", WorkloadError),
        ("kws1", CaseIdError),
        ("kws-seed-40x32-b1", UnknownNameError),
        ("kws-3x3m40-b1", WorkloadError),
        ("kws-0x3m40-3x3m30-1x1m30-5x5m50-5x5m50-5x5m50-b1", WorkloadError),
        ("kws-3x3m040-3x3m30-1x1m30-5x5m50-5x5m50-5x5m50-b1", CaseIdError),
        ("kws-3x3m40-3x3m30-1x1m30-5x5m50-5x5m50-5x5m50-b1", CaseIdError),
    ],
)
def test_other_strings_are_not_workload_ids(text, error):
    with pytest.raises(error):
        parse_workload(text)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("standard-d10-w64-k3-28x28-b1", CaseIdError),
        ("standard-d10-w64-k3-28x28-b1:torch:t01", CaseIdError),
        ("standard-d10-w64-k3-28x28-b1:torch:t0", WorkloadError),
        ("standard-d10-w64-k3-28x28-b1:tensorflow:t1", UnknownNameError),
        ("standard-d10-w64-k3-28x28-b1:torch:t1:mmx", UnknownNameError),
    ],
)
def test_other_strings_are_not_case_ids(text, error):
    with pytest.raises(error):
        parse_case(text)


@given(
    name=st.sampled_from(["net.onnx", "a/b-d10-w64/net.onnx", "C@D.xml", "package.module:function", "nets/own.py:net"]),
    shape=st.lists(st.integers(1, 2048), min_size=1, max_size=5).map(tuple),
    threads=st.integers(1, 4),
    isa=st.sampled_from([None, "avx2"]),
)
def test_ids_of_a_users_model_round_trip(name, shape, threads, isa):
    workload = ModelWorkload(name=name, shape=shape)
    case = Case(workload=workload, backend="openvino-cpu-f32", threads=threads, isa=isa)

    assert parse_workload(workload.id) == workload
    assert parse_case(case.id) == case
    assert parse_workload_or_case(case.id) == case
    assert parse_workload_or_case(workload.id) == workload


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("net.onnx@1x0x3", "numbers above 0"),
        ("net.pt@1x3", "'net.pt' is no model"),
        (":net@1x3", "':net' is no model"),
        ("net.onnx@01x3", "is not canonical"),
        ("net.onnx", "is not a workload id"),
    ],
)
def test_what_names_no_model_is_refused(text, message):
    with pytest.raises(UsageError, match=message):
        parse_workload(text)
