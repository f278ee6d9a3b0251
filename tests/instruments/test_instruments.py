"""Every registered instrument against the conformance suite."""

from archbench.registry import INSTRUMENTS
from tests.instruments.conformance import InstrumentConformance


class TestCallgrind(InstrumentConformance):
    name = "callgrind"


class TestPerf(InstrumentConformance):
    name = "perf"


class TestEnergy(InstrumentConformance):
    name = "energy"


class TestMemory(InstrumentConformance):
    name = "memory"


def test_no_instrument_is_left_out():
    covered = {entry.name for entry in globals().values() if isinstance(entry, type) and hasattr(entry, "name")}
    assert covered == set(INSTRUMENTS)
