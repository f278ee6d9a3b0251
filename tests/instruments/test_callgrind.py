"""The simulated machine: its models, what it refuses, and exact counts of a program whose work is known."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from archbench.errors import BackendError, UnknownNameError
from archbench.instruments import callgrind
from archbench.instruments.callgrind import CALLGRIND

needs_valgrind = pytest.mark.skipif(CALLGRIND.absence() is not None, reason=str(CALLGRIND.absence()))

COUNT = """
import sys
from pathlib import Path
from archbench.instruments.callgrind import CALLGRIND
from archbench.instruments.cpu_features import cpu_features
import numpy as np

field = np.zeros({size} // 8)
counts = CALLGRIND.read(lambda: field.sum(), "sum", Path(sys.argv[1]))
cold, warm = counts["cold"], counts["warm"]
print(cold["LL read misses"], warm["LL read misses"], warm["instructions"], *cpu_features())
"""


def count_sum(tmp_path, size, model="i5-7600k"):
    """Last-level read misses, cold and warm, instructions and CPU features of one sum over `size` bytes."""
    command = [*CALLGRIND.simulator.command(model, tmp_path), sys.executable, "-c", COUNT.format(size=size), str(tmp_path)]
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    finished = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    cold, warm, instructions, *features = finished.stdout.split()
    return int(cold), int(warm), int(instructions), features


@needs_valgrind
def test_what_fits_into_the_last_level_misses_once_and_what_does_not_misses_again(tmp_path):
    small_cold, small_warm, small, _ = count_sum(tmp_path, 2**20)
    large_cold, large_warm, large, _ = count_sum(tmp_path, 2**24)

    lines = {"small": 2**20 / 64, "large": 2**24 / 64}
    assert small_cold == pytest.approx(lines["small"], rel=0.1)
    assert small_warm < 0.02 * lines["small"]
    assert large_cold == pytest.approx(lines["large"], rel=0.02)
    assert large_warm == pytest.approx(lines["large"], rel=0.02)
    assert large == pytest.approx(16 * small, rel=0.2)


@needs_valgrind
def test_counts_repeat_and_the_host_does_not_show_through(tmp_path):
    first, second = count_sum(tmp_path, 2**20), count_sum(tmp_path, 2**20)

    assert first[2] == pytest.approx(second[2], rel=1e-3)
    assert first[3] == second[3]
    assert "avx2" in first[3]
    assert "avx512f" not in first[3]


@needs_valgrind
def test_a_smaller_cache_misses_more(tmp_path):
    _, warm, _, _ = count_sum(tmp_path, 2**20, model="32768,8,64/32768,8,64/524288,16,64")

    assert warm == pytest.approx(2**20 / 64, rel=0.1)


def test_models_are_named_and_their_caches_given_to_the_simulator(tmp_path):
    command = CALLGRIND.simulator.command("i5-7600k", tmp_path)

    assert CALLGRIND.simulator.machine("i5-7600k") == "callgrind-i5-7600k"
    assert CALLGRIND.simulator.machine("1024,2,64/2048,4,64/4096,8,64") == "callgrind-1024x2x64-2048x4x64-4096x8x64"
    assert {"--I1=32768,8,64", "--D1=32768,8,64", "--LL=4194304,16,64"} <= set(command)


def test_the_host_s_caches_are_read_and_its_last_level_rounded_to_a_power_of_two_of_sets(tmp_path):
    caches = [(1, "Data", "48K", 12), (1, "Instruction", "32K", 8), (2, "Unified", "2048K", 16), (3, "Unified", "266240K", 20)]
    for index, (level, kind, size, ways) in enumerate(caches):
        folder = tmp_path / f"index{index}"
        folder.mkdir()
        for name, value in (("level", level), ("type", kind), ("size", size), ("ways_of_associativity", ways)):
            (folder / name).write_text(f"{value}\n")
        (folder / "coherency_line_size").write_text("64\n")

    first, data, last = callgrind._caches_of_host(tmp_path)

    assert (first, data) == ("32768,8,64", "49152,12,64")
    # 266240 KiB over 131072 sets of 64 bytes: 32.5 ways
    assert last == f"{131072 * 32 * 64},32,64"


@pytest.mark.parametrize("model", ["", "i7", "1,2,3", "1,2,3/4,5,6", "a,b,c/1,2,3/4,5,6"])
def test_an_unknown_model_is_refused(model):
    with pytest.raises(UnknownNameError, match="unknown cache model"):
        CALLGRIND.simulator.machine(model)


def test_a_machine_without_valgrind_or_of_another_architecture_says_so(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert "valgrind is not installed" in CALLGRIND.absence()
    monkeypatch.setattr("platform.machine", lambda: "aarch64")
    assert "made for x86-64" in CALLGRIND.absence()


def test_counts_that_were_not_written_are_an_error(tmp_path):
    with pytest.raises(BackendError, match="left no counts of 'x cold'"):
        callgrind._read_dump(tmp_path, "x cold")


def test_a_dump_is_read_whole_and_removed(tmp_path):
    path = Path(tmp_path / "counts.7.1")
    path.write_text(
        "version: 1\ndesc: Trigger: Client Request: x cold\n\nevents: Ir Dr Dw I1mr D1mr D1mw ILmr DLmr DLmw\n"
        "fn=(1)\n0 9\n\ntotals: 9 8 7 6 5 4 3\n"
    )

    counts = callgrind._read_dump(tmp_path, "x cold")

    assert counts["instructions"] == 9
    assert counts["LL instruction misses"] == 3
    # The simulator leaves out zeros at the end.
    assert counts["LL write misses"] == 0
    assert set(counts) == set(CALLGRIND.units)
    assert not path.exists()
