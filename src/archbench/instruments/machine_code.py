"""Machine code called as a function, for the few instructions that Python has no word for. x86-64 only."""

from __future__ import annotations

import ctypes
import functools
import mmap
import platform
from collections.abc import Callable

#: Code pages live as long as the process.
_PAGES: list[mmap.mmap] = []


def is_supported() -> bool:
    """Whether this processor is an x86-64 one."""
    return platform.machine() in ("x86_64", "AMD64")


@functools.cache
def function_of(code: bytes, result: type | None, *arguments: type) -> Callable[..., int]:
    """`code`, which keeps the System V calling convention, as a function of these ctypes."""
    page = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(code)
    _PAGES.append(page)
    address = ctypes.addressof(ctypes.c_char.from_buffer(page))
    return ctypes.CFUNCTYPE(result, *arguments)(address)
