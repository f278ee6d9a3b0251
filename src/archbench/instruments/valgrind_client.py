"""Requests from the program under valgrind to valgrind itself, and the CPU that it shows.

Valgrind recognises a sequence of instructions that does nothing on a real processor (valgrind.h, "client requests"). No Python
package offers it without a compiler or torch, so the sequence is placed in an executable page and called. x86-64 only.
"""

from __future__ import annotations

import ctypes
import functools
import mmap
import platform
from collections.abc import Callable

#: mov rax, rdi; mov rdx, rsi; rol rdi by 3, 13, 61 and 51; xchg rbx, rbx; mov rax, rdx; ret.
_REQUEST = bytes.fromhex("4889f8 4889f2 48c1c703 48c1c70d 48c1c73d 48c1c733 4887db 4889d0 c3")

#: push rbx; mov r8, rdx; mov eax, edi; mov ecx, esi; cpuid; mov [r8], eax; ebx; ecx; edx; pop rbx; ret.
_CPUID = bytes.fromhex("53 4989d0 89f8 89f1 0fa2 418900 41895804 41894808 4189500c 5b c3")

_RUNNING_ON_VALGRIND = 0x1001
_CALLGRIND = ord("C") << 24 | ord("T") << 16
_DUMP_STATS = _CALLGRIND + 3
_START_INSTRUMENTATION = _CALLGRIND + 4
_STOP_INSTRUMENTATION = _CALLGRIND + 5

#: Leaf, register (eax to edx) and bit of the features that decide which kernels a runtime takes.
_FEATURES = {
    "sse4_1": (1, 2, 19),
    "avx": (1, 2, 28),
    "fma": (1, 2, 12),
    "avx2": (7, 1, 5),
    "avx512f": (7, 1, 16),
    "avx512_vnni": (7, 2, 11),
}

#: Code pages live as long as the process.
_PAGES: list[mmap.mmap] = []


def is_supported() -> bool:
    """Whether this processor has these requests."""
    return platform.machine() in ("x86_64", "AMD64")


def on_valgrind() -> bool:
    """Whether this program runs under valgrind."""
    return bool(_request(_RUNNING_ON_VALGRIND))


def start_instrumentation() -> None:
    """Count from here on, with empty simulated caches."""
    _request(_START_INSTRUMENTATION)


def stop_instrumentation() -> None:
    """Count no more, and run fast again."""
    _request(_STOP_INSTRUMENTATION)


def dump(name: str) -> None:
    """Write the counts since the last dump or start to a file, and begin again from zero with the caches as they are."""
    text = ctypes.create_string_buffer(name.encode())
    _request(_DUMP_STATS, ctypes.addressof(text))


def cpu_features() -> tuple[str, ...]:
    """Features of the processor as a program sees it, which under valgrind is not the host's."""
    call = _function(_CPUID, None, ctypes.c_uint32, ctypes.c_uint32, ctypes.c_void_p)
    found = []
    for name, (leaf, register, bit) in _FEATURES.items():
        registers = (ctypes.c_uint32 * 4)()
        call(leaf, 0, ctypes.addressof(registers))
        if registers[register] >> bit & 1:
            found.append(name)
    return tuple(found)


def _request(code: int, argument: int = 0) -> int:
    arguments = (ctypes.c_uint64 * 6)(code, argument)
    call = _function(_REQUEST, ctypes.c_uint64, ctypes.c_void_p, ctypes.c_uint64)
    answer: int = call(ctypes.addressof(arguments), 0)
    return answer


@functools.cache
def _function(code: bytes, result: type | None, *arguments: type) -> Callable[..., int]:
    """The machine code as a function."""
    page = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(code)
    _PAGES.append(page)
    address = ctypes.addressof(ctypes.c_char.from_buffer(page))
    return ctypes.CFUNCTYPE(result, *arguments)(address)
