"""Requests from the program under valgrind to valgrind itself.

Valgrind recognises a sequence of instructions that does nothing on a real processor (valgrind.h, "client requests"). No Python
package offers it without a compiler or torch, so the sequence is placed in an executable page and called. x86-64 only.
"""

from __future__ import annotations

import ctypes

from archbench.instruments.machine_code import function_of

#: mov rax, rdi; mov rdx, rsi; rol rdi by 3, 13, 61 and 51; xchg rbx, rbx; mov rax, rdx; ret.
_REQUEST = bytes.fromhex("4889f8 4889f2 48c1c703 48c1c70d 48c1c73d 48c1c733 4887db 4889d0 c3")

_RUNNING_ON_VALGRIND = 0x1001
_CALLGRIND = ord("C") << 24 | ord("T") << 16
_DUMP_STATS = _CALLGRIND + 3
_START_INSTRUMENTATION = _CALLGRIND + 4
_STOP_INSTRUMENTATION = _CALLGRIND + 5


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


def _request(code: int, argument: int = 0) -> int:
    arguments = (ctypes.c_uint64 * 6)(code, argument)
    call = function_of(_REQUEST, ctypes.c_uint64, ctypes.c_void_p, ctypes.c_uint64)
    answer: int = call(ctypes.addressof(arguments), 0)
    return answer
