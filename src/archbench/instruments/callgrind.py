"""Instructions and cache misses on a machine that valgrind's callgrind simulates.

The simulator counts what a program does, not how long it takes, so counts repeat where time varies. It shows an AVX2 processor
without AVX-512 whatever the host is; FMA is emulated in software and slow, so the ISA cap `avx` is the usual one.
"""

from __future__ import annotations

import itertools
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

from archbench.contracts import Readings
from archbench.errors import BackendError, UnknownNameError
from archbench.instruments import valgrind_client
from archbench.instruments.host_caches import Cache, host_caches
from archbench.instruments.machine_code import is_supported

_QUANTITIES = {
    "Ir": "instructions",
    "Dr": "data reads",
    "Dw": "data writes",
    "I1mr": "L1 instruction misses",
    "D1mr": "L1 read misses",
    "D1mw": "L1 write misses",
    "ILmr": "LL instruction misses",
    "DLmr": "LL read misses",
    "DLmw": "LL write misses",
}

#: The form/function paper's machine, with the 4 MiB of last level that the paper gives it (Intel's data sheet: 6).
_MODELS = {"i5-7600k": ("32768,8,64", "32768,8,64", "4194304,16,64")}

_CUSTOM = re.compile(r"(\d+,\d+,\d+)/(\d+,\d+,\d+)/(\d+,\d+,\d+)")


class Valgrind:
    """The `Simulator`; each model gives size, associativity and line of the I1, D1 and LL caches."""

    def machine(self, model: str) -> str:
        caches = "-".join(re.sub(r"\D", "x", cache) for cache in _caches(model)) if model not in _MODELS else model
        return f"callgrind-{caches}"

    def command(self, model: str, folder: Path) -> tuple[str, ...]:
        first, data, last = _caches(model)
        return (
            "valgrind",
            "-q",
            "--tool=callgrind",
            "--cache-sim=yes",
            f"--I1={first}",
            f"--D1={data}",
            f"--LL={last}",
            "--instr-atstart=no",
            # A killed worker would leave the debugger's pipes behind.
            "--vgdb=no",
            # Who runs first decides who maps memory first: unfair, misses of an unchanged network moved by 40 %.
            "--fair-sched=yes",
            # Kernels are made at run time, and code pages are used again for others.
            "--smc-check=all-non-file",
            f"--callgrind-out-file={folder}/counts.%p",
        )


class Callgrind:
    """The `Instrument` of that name."""

    name = "callgrind"
    title = "instructions, and misses of the first and last level of cache"
    units: Mapping[str, str] = dict.fromkeys(_QUANTITIES.values(), "count")
    simulator = Valgrind()
    single_threaded = True
    isa: str | None = "avx"
    allocator = "mapped"

    def absence(self) -> str | None:
        if not is_supported():
            return f"callgrind's client requests are made for x86-64, but this machine is {os.uname().machine}"
        if shutil.which("valgrind") is None:
            return "valgrind is not installed; install your system's package `valgrind`"
        return None

    def version(self) -> str:
        finished = subprocess.run(["valgrind", "--version"], capture_output=True, text=True, check=False)  # noqa: S607
        return finished.stdout.strip().removeprefix("valgrind-")

    def prepare(self) -> None:
        """Instrumentation is off until the inference."""

    def read(self, run: Callable[[], None], name: str, folder: Path) -> Readings:
        valgrind_client.start_instrumentation()
        run()
        valgrind_client.dump(f"{name} cold")
        run()
        valgrind_client.dump(f"{name} warm")
        valgrind_client.stop_instrumentation()
        return {state: _read_dump(folder, f"{name} {state}") for state in ("cold", "warm")}


CALLGRIND = Callgrind()


def _caches(model: str) -> tuple[str, str, str]:
    """I1, D1 and LL of a model as valgrind takes them: size, associativity, line.

    Raises:
        UnknownNameError: neither a preset nor three caches.
    """
    if model in _MODELS:
        return _MODELS[model]
    if model == "host":
        return _caches_of_host()
    custom = _CUSTOM.fullmatch(model)
    if custom is None:
        raise UnknownNameError("cache model", model, (*_MODELS, "host", "I1/D1/LL with SIZE,WAYS,LINE each"))
    return (custom[1], custom[2], custom[3])


def _caches_of_host(root: Path | None = None) -> tuple[str, str, str]:
    """The host's own, the last level rounded to a power of two of sets, which the simulator needs."""
    found = host_caches() if root is None else host_caches(root)
    if not found:
        raise UnknownNameError("cache model", "host", (*_MODELS, "I1/D1/LL with SIZE,WAYS,LINE each"))
    return (_model_of(found[1, "Instruction"]), _model_of(found[1, "Data"]), _model_of(found[max(found)]))


def _model_of(cache: Cache) -> str:
    sets = 1 << (cache.size // (cache.ways * cache.line)).bit_length() - 1
    ways = round(cache.size / (sets * cache.line))
    return f"{sets * ways * cache.line},{ways},{cache.line}"


def _read_dump(folder: Path, name: str) -> Mapping[str, int]:
    """The totals of the dump of that name, whose file is then removed."""
    for path in folder.glob("counts.*"):
        text = path.read_text()
        if f"\ndesc: Trigger: Client Request: {name}\n" in text:
            path.unlink()
            events, totals = (_line(text, key).split() for key in ("events", "totals"))
            return {_QUANTITIES[event]: int(total) for event, total in itertools.zip_longest(events, totals, fillvalue="0")}
    raise BackendError(f"callgrind left no counts of {name!r} in {folder}; is the disk full?")


def _line(text: str, key: str) -> str:
    return text.partition(f"\n{key}: ")[2].partition("\n")[0]
