"""Fingerprint, allocator and ISA cap."""

import ctypes.util

import pytest

from archbench.errors import UnknownNameError, UsageError
from archbench.machine.allocator import allocator_environment
from archbench.machine.fingerprint import read_fingerprint
from archbench.machine.isa import isa_environment

CPUINFO = """processor\t: 0
model name\t: Example CPU @ 3.80GHz
cpu family\t: 6
model\t\t: 158
stepping\t: 9
flags\t\t: fpu sse4_1 avx avx2 fma

processor\t: 1
model name\t: Another
"""


@pytest.fixture
def machine(tmp_path):
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/cpuinfo").write_text(CPUINFO)
    for index, (level, kind, size) in enumerate([(1, "Data", "32K"), (3, "Unified", "6144K")]):
        folder = tmp_path / f"sys/devices/system/cpu/cpu0/cache/index{index}"
        folder.mkdir(parents=True)
        for name, value in (("level", level), ("type", kind), ("size", size)):
            (folder / name).write_text(f"{value}\n")
    return tmp_path


def test_a_machine_is_read_from_its_tree(machine):
    fingerprint = read_fingerprint(machine)

    assert fingerprint.cpu == "Example CPU @ 3.80GHz"
    assert fingerprint.family == "6/158/9"
    assert fingerprint.isa == ("avx", "avx2", "fma")
    assert fingerprint.caches == ("L1 Data 32K", "L3 Unified 6144K")
    assert fingerprint.key.startswith(f"example-cpu-3-80ghz-{fingerprint.cpus}cpu-")


def test_the_key_is_stable_and_tells_machines_apart(machine):
    before = read_fingerprint(machine).key
    assert read_fingerprint(machine).key == before

    (machine / "proc/cpuinfo").write_text(CPUINFO.replace("avx2 ", ""))

    assert read_fingerprint(machine).key != before


def test_a_machine_without_proc_still_has_a_key(tmp_path):
    assert read_fingerprint(tmp_path).key


@pytest.mark.parametrize("name", ["jemalloc", "tcmalloc"])
def test_a_preloaded_allocator_is_found_or_its_absence_said(name, monkeypatch):
    monkeypatch.setattr(ctypes.util, "find_library", lambda library: f"lib{library}.so.2")
    assert allocator_environment(name) == {"LD_PRELOAD": f"lib{name}.so.2"}

    monkeypatch.setattr(ctypes.util, "find_library", lambda library: None)
    with pytest.raises(UsageError, match=f"allocator '{name}' is not installed here; install its shared library"):
        allocator_environment(name)


def test_allocators_without_a_library_set_their_environment():
    assert allocator_environment("system") == {}
    assert allocator_environment("retained")["MALLOC_MMAP_MAX_"] == "0"
    with pytest.raises(UnknownNameError, match="unknown allocator 'mimalloc'"):
        allocator_environment("mimalloc")


def test_an_isa_cap_reaches_every_library():
    assert isa_environment(None) == {}
    assert isa_environment("avx2") == {
        "ONEDNN_MAX_CPU_ISA": "AVX2",
        "OV_CPU_MAX_ISA": "AVX2",
        "MKL_ENABLE_INSTRUCTIONS": "AVX2",
        "ATEN_CPU_CAPABILITY": "avx2",
    }
