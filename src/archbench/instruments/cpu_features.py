"""The processor as the program sees it, which under a simulator is not the host's."""

from __future__ import annotations

import ctypes

from archbench.instruments.machine_code import function_of, is_supported

#: push rbx; mov r8, rdx; mov eax, edi; mov ecx, esi; cpuid; mov [r8], eax; ebx; ecx; edx; pop rbx; ret.
_CPUID = bytes.fromhex("53 4989d0 89f8 89f1 0fa2 418900 41895804 41894808 4189500c 5b c3")

#: Leaf, register (eax to edx) and bit of the features that decide which kernels a runtime takes.
_FEATURES = {
    "sse4_1": (1, 2, 19),
    "avx": (1, 2, 28),
    "fma": (1, 2, 12),
    "avx2": (7, 1, 5),
    "avx512f": (7, 1, 16),
    "avx512_vnni": (7, 2, 11),
}


def cpu_features() -> tuple[str, ...]:
    """Names of the features found; empty on another architecture than x86-64."""
    if not is_supported():
        return ()
    call = function_of(_CPUID, None, ctypes.c_uint32, ctypes.c_uint32, ctypes.c_void_p)
    found = []
    for name, (leaf, register, bit) in _FEATURES.items():
        registers = (ctypes.c_uint32 * 4)()
        call(leaf, 0, ctypes.addressof(registers))
        if registers[register] >> bit & 1:
            found.append(name)
    return tuple(found)
