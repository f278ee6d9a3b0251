"""One job in this process, with a backend that keeps its own time as a GPU does."""

import dataclasses

import pytest

from archbench.backends.torch_eager import TORCH
from archbench.measurement import messages
from archbench.measurement.job import run_job
from archbench.registry import BACKENDS

CASE = "standard-d1-w8-k3-5x5-b1:clocked:t1"
DEVICE_NS = 123_456


class ClockedModel:
    """A model whose device says how long each run took."""

    def __init__(self, model):
        self._model = model

    def __getattr__(self, name):
        return getattr(self._model, name)

    def device_ns(self):
        return DEVICE_NS


@dataclasses.dataclass(frozen=True)
class Clocked:
    name: str = "clocked"

    def __getattr__(self, name):
        return getattr(TORCH, name)

    def load(self, network, settings):
        return ClockedModel(TORCH.load(network, settings))


CLOCKED = Clocked()


@pytest.fixture
def heard(monkeypatch, cache_root):
    monkeypatch.setitem(BACKENDS, "clocked", "tests.measurement.test_job:CLOCKED")

    def run(**changes):
        fields = {
            "cases": (CASE,),
            "threads": 1,
            "isa": None,
            "cache": str(cache_root),
            "seed": 0,
            "seconds": 0.01,
            "min_rounds": 3,
        }
        events = []
        run_job(messages.Job(**{**fields, **changes}), events.append)
        return events

    return run


def test_where_a_device_keeps_time_its_time_is_sampled(heard):
    measured = heard()[-1]

    samples = measured.samples[CASE]
    assert len(samples.duration_ns) >= 3
    assert set(samples.duration_ns) == {DEVICE_NS * samples.inferences}


def test_work_planted_on_the_host_is_refused_where_a_device_keeps_time(heard):
    events = heard(plant={CASE: 0.2})

    failed = next(event for event in events if isinstance(event, messages.Failed))
    assert failed.case == CASE
    assert failed.error == "BackendError: work is planted on the host, and this backend's time is kept by its device."
    assert not any(isinstance(event, messages.Measured) for event in events)
