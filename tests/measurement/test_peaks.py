"""Real peaks, measured briefly: every limit is there and positive; what fails is told and costs itself alone."""

import math

import pytest

from archbench.machine.fingerprint import read_fingerprint
from archbench.measurement import messages, peaks
from archbench.measurement.peaks import PeakSettings, merged, peaks_of, try_limits
from archbench.records.peaks import Limit
from archbench.workloads.case import ISA_CAPS
from tests.samples import trial


def quick(cache_root, isa=None):
    return peaks_of(1, isa, "retained", cache_root, PeakSettings(processes=1, seconds=0.1))


@pytest.fixture(scope="module")
def measured(cache_root):
    return quick(cache_root)


def test_every_limit_is_positive_and_finite(measured):
    assert {"f32", "int8"} <= set(measured.precisions)
    for precision in measured.precisions:
        assert 0 < measured.best(Limit.COMPUTE, precision).rate < math.inf
    assert measured.levels
    for level in measured.levels:
        assert 0 < measured.best(Limit.BANDWIDTH, level.name).rate < math.inf
    for backend in ("torch", "openvino-cpu-f32"):
        assert 0 < measured.operator_seconds(backend) < 1


def test_both_engines_tried_and_raw_samples_are_kept(measured):
    ways = {trial.way.split()[0].split(".")[0] for trial in measured.trials if trial.limit is Limit.COMPUTE}

    assert ways == {"torch", "openvino"}
    assert all(len(entry.duration_ns) >= 3 for trial in measured.trials for entry in trial.samples)


def test_where_when_and_how_is_kept(measured):
    assert measured.fingerprint == read_fingerprint().key
    assert {"torch", "openvino", "numpy"} <= set(measured.versions)
    assert (measured.threads, measured.isa) == (1, None)
    assert measured.date.endswith("+00:00")


def test_the_same_way_in_two_processes_is_one_trial():
    made = [trial(Limit.COMPUTE, "f32", work=1, seconds=(seconds,)) for seconds in (1.0, 2.0)]

    (found,) = merged(made)

    assert found == trial(Limit.COMPUTE, "f32", work=1, seconds=(1.0, 2.0))


def test_an_engine_that_fails_costs_itself_alone(monkeypatch, tmp_path):
    def attempts(*_):
        def fail():
            raise RuntimeError("no\nluck")

        yield "a product", fail

    monkeypatch.setattr(peaks, "PEAK_ENGINES", {"broken": "no_such_module:attempts", "failing": "here:attempts"})
    monkeypatch.setattr(peaks, "resolve", lambda _, table, name: __import__(table[name]) if name == "broken" else attempts)
    heard = []

    try_limits(messages.PeaksJob(threads=1, isa=None, cache=str(tmp_path), seed=0, seconds=0.0, free_bytes=2**20), heard.append)

    (found,) = heard
    assert found.absent["a product"] == "RuntimeError: no luck"
    assert "ModuleNotFoundError" in found.absent["broken"]
    assert {entry.limit for entry in found.trials} == {Limit.BANDWIDTH}


@pytest.mark.slow
@pytest.mark.parametrize("isa", ISA_CAPS[2:4])
def test_peaks_under_a_cap(cache_root, isa):
    found = quick(cache_root, isa)

    assert found.isa == isa
    assert found.best(Limit.COMPUTE, "f32").rate > 0
