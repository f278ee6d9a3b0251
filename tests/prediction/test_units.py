"""Records of operators as what is learnt from, and the records that are refused."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from archbench.cache import ArtifactCache
from archbench.contracts import Form, Lowering, RunSettings, backend_named
from archbench.errors import RecordFileError, UsageError
from archbench.machine.fingerprint import read_fingerprint
from archbench.measurement.artifacts import network_for
from archbench.prediction.predictor import Platform
from archbench.prediction.units import at_pace, networks_of, platform_of, units_of
from archbench.records.runfile import RunFile, RunSection
from archbench.workloads.case import Case
from archbench.workloads.drawn import DrawnWorkload
from archbench.workloads.layer import LayerWorkload
from tests.prediction.planted import OPENVINO, conv, join
from tests.samples import record

GENERATOR = np.random.default_rng(2)


def case(channels, copies, backend=OPENVINO):
    return Case(workload=LayerWorkload(layer="conv", in_channels=channels, out_channels=8, copies=copies), backend=backend)


def run_of(cases, *, fingerprint=None, version=None, **others):
    made = backend_named(OPENVINO).version() if version is None else version
    records = {
        entry.id: dataclasses.replace(
            record(entry.id, GENERATOR, own=1e-5 + 1e-4 * getattr(entry.workload, "copies", 9), graph=(), **others),
            backend_version=made,
        )
        for entry in cases
    }
    section = RunSection(fingerprint=fingerprint or read_fingerprint().key, machine={}, profile="smoke", failed=False)
    return RunFile(path=Path("run.json"), document={}, section=section, records=records)


PAIRS = [case(channels, copies) for channels in range(1, 31) for copies in (2, 6)]


#: As fast as the records of `tests.samples`.
HERE = Platform(backend=OPENVINO, version="1", threads=1, isa=None, fingerprint=read_fingerprint().key, pace=5e-4)


def platform(run, backend=OPENVINO, threads=1, isa=None):
    return platform_of([run], backend, threads=threads, isa=isa)


def test_pairs_of_one_platform_are_taken():
    odd = [case(99, 2), *(case(channels, copies, "torch") for channels in range(1, 31) for copies in (2, 6))]
    found, records = platform(run_of([*PAIRS, *odd]))

    assert found.name == f"{OPENVINO}:t1"
    assert set(records) == set(PAIRS)


def test_a_unit_is_the_difference_of_two_networks():
    few, many = case(8, 2), case(8, 6)
    records = run_of([few, many]).records
    once = join(8, 28)

    def lowering(copies):
        return Lowering(executed=(once, *[conv(8, 8, 28)] * copies), given=())

    unit, network = units_of(HERE, [(many, records[many.id], lowering(6)), (few, records[few.id], lowering(2))])

    assert unit.seconds == pytest.approx(1e-4, rel=0.05)
    assert dict(unit.kernels) == {conv(8, 8, 28): 1.0}
    assert (unit.calls, network.calls) == (0, 1)
    assert network.seconds == pytest.approx(2.1e-4, rel=0.05)
    assert dict(network.kernels) == {conv(8, 8, 28): 2.0, once: 1.0}


def test_a_drawn_network_is_taken_whole():
    entry = Case(workload=DrawnWorkload(number=3), backend=OPENVINO)
    measured = record(entry.id, GENERATOR, own=4e-3, graph=())
    lowering = Lowering(executed=(join(8, 28), conv(8, 8, 28), conv(8, 8, 28)), given=())

    (network,) = networks_of(HERE, [(entry, measured, lowering)])

    assert units_of(HERE, [(entry, measured, lowering)]) == []
    assert network.calls == 1
    assert network.seconds == pytest.approx(4e-3, rel=0.05)
    assert dict(network.kernels) == {conv(8, 8, 28): 2.0, join(8, 28): 1.0}


def test_what_several_runs_hold_is_learnt_from_together():
    networks = [
        Case(workload=DrawnWorkload(number=number), backend=backend) for number in range(3) for backend in (OPENVINO, "torch")
    ]
    runs = [run_of([entry for entry in PAIRS if entry.workload.copies == copies]) for copies in (2, 6)]

    _, records = platform_of([*runs, run_of(networks)], OPENVINO, threads=1, isa=None)

    assert set(records) == {*PAIRS, *(entry for entry in networks if entry.backend == OPENVINO)}


def test_latencies_are_referred_to_the_pace_of_the_records():
    slow = {
        entry.id: record(entry.id, GENERATOR, own=1.2e-4 * entry.workload.copies, calibration=6e-4, graph=())
        for entry in (case(8, 2), case(8, 6))
    }
    network = Case(workload=DrawnWorkload(number=3), backend=OPENVINO)
    lowerings = {case(8, copies): Lowering(executed=(conv(8, 8, 28),) * copies, given=()) for copies in (2, 6)}

    unit, copies = units_of(HERE, [(entry, slow[entry.id], lowerings[entry]) for entry in lowerings])
    drawn = record(network.id, GENERATOR, own=1.2e-3, calibration=6e-4, graph=())
    (whole,) = networks_of(HERE, [(network, drawn, lowerings[case(8, 2)])])

    assert [unit.seconds, copies.seconds, whole.seconds] == pytest.approx([1e-4, 2e-4, 1e-3], rel=0.03)
    assert at_pace(HERE, drawn) == pytest.approx(5 / 6, rel=0.02)


def test_the_pace_is_the_usual_one_of_the_records():
    found, _ = platform(run_of(PAIRS, calibration=3e-4))

    assert found.pace == pytest.approx(3e-4, rel=0.02)


def test_what_was_compiled_otherwise_than_measured_is_left_out():
    few, many = case(8, 2), case(8, 6)
    records = run_of([few, many]).records
    lowering = Lowering(executed=(conv(8, 8, 28),), given=())
    then = ("Convolution jit_gemm f32 acdb <- x",)
    other = [(entry, dataclasses.replace(records[entry.id], executed_graph=then), lowering) for entry in (few, many)]

    assert units_of(HERE, other) == []


def test_units_of_eager_torch_whose_graph_names_modules_are_learnt_from(cache_root):
    from archbench.backends.torch_operators import lower

    cases = [case(8, copies, "torch") for copies in (2, 6)]
    records = run_of(cases).records
    measured = []
    for entry in cases:
        network = network_for(entry.workload, Form.WEIGHTS, ArtifactCache(cache_root))
        settings = RunSettings(threads=1, isa=None, cache=cache_root)
        graph = backend_named("torch").load(network, settings).executed_graph()
        lowering = lower(network, entry.workload.input_shape, settings)
        measured.append((entry, dataclasses.replace(records[entry.id], executed_graph=graph), lowering))

    unit, _ = units_of(HERE, measured)

    assert {kernel.kind: count for kernel, count in unit.kernels}["Convolution"] == 1.0


def test_a_difference_below_nothing_is_left_out():
    few, many = case(8, 2), case(8, 6)
    records = run_of([few, many]).records
    lowering = Lowering(executed=(conv(8, 8, 28),), given=())

    assert units_of(HERE, [(many, records[few.id], lowering), (few, records[many.id], lowering)]) == []


@pytest.mark.parametrize(
    ("run", "complaint"),
    [
        (run_of(PAIRS[:20]), r"holds 10 operators and blocks on openvino-cpu-f32:t1, but a predictor needs 20"),
        (run_of(PAIRS, planted=0.1), r"holds 0 operators"),
    ],
)
def test_too_few_records_are_one_line(run, complaint):
    with pytest.raises(RecordFileError, match=complaint) as caught:
        platform(run)

    assert "\n" not in str(caught.value)


def test_another_platform_is_one_line_with_what_there_is():
    with pytest.raises(RecordFileError, match=r"on openvino-cpu-f32:t2:avx2, .* it has 30 on openvino-cpu-f32:t1"):
        platform(run_of(PAIRS), threads=2, isa="avx2")


def test_another_machines_records_are_refused():
    with pytest.raises(UsageError, match=r"was measured on elsewhere, but this machine is"):
        platform(run_of(PAIRS, fingerprint="elsewhere"))


def test_another_versions_records_are_refused():
    with pytest.raises(UsageError, match=r"was measured with openvino-cpu-f32 1\.0, but .* is installed"):
        platform(run_of(PAIRS, version="1.0"))
