"""What every instrument must do."""

import re
import subprocess
import sys

import pytest

from archbench.machine.allocator import ALLOCATORS
from archbench.registry import INSTRUMENTS, resolve
from archbench.report.counts import _FORMATS
from archbench.workloads.case import ISA_CAPS


class InstrumentConformance:
    """Inherit and set `name`."""

    name: str

    @pytest.fixture
    def instrument(self):
        return resolve("instrument", INSTRUMENTS, self.name)

    def test_it_says_what_it_is(self, instrument):
        assert instrument.name == self.name
        assert instrument.title
        assert instrument.units
        assert set(instrument.units.values()) <= set(_FORMATS)
        assert instrument.isa in (None, *ISA_CAPS)
        assert instrument.allocator in ALLOCATORS

    def test_absence_is_a_reason_or_none(self, instrument):
        reason = instrument.absence()

        assert reason is None or (reason and "\n" not in reason)

    def test_importing_it_imports_nothing_heavy(self):
        module = INSTRUMENTS[self.name].partition(":")[0]
        code = f"import sys, {module}; sys.exit(bool({{'torch', 'openvino', 'onnx', 'scipy'}} & set(sys.modules)))"
        assert subprocess.run([sys.executable, "-c", code]).returncode == 0

    def test_a_simulated_machine_has_a_name(self, instrument):
        machine = instrument.simulator and instrument.simulator.machine("i5-7600k")

        assert machine is None or re.fullmatch(r"[A-Za-z0-9-]+", machine)

    def test_it_reads_quantities_of_its_units(self, instrument, tmp_path):
        if instrument.absence() is not None:
            pytest.skip(instrument.absence())
        if instrument.simulator:
            pytest.skip("runs only in a process under the simulator: see its own tests")
        instrument.prepare()
        readings = instrument.read(lambda: sum(range(1000)), "x", tmp_path)

        assert readings
        for counts in readings.values():
            assert set(counts) <= set(instrument.units)
            assert all(isinstance(value, int) and value >= 0 for value in counts.values())
