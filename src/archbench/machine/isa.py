"""ISA caps, set through the environment before a runtime is imported, so a capped case has processes of its own."""

from __future__ import annotations

from collections.abc import Mapping

#: torch's own kernels (outside oneDNN) know three levels.
_ATEN = {"sse41": "default", "avx": "default", "avx2": "avx2"}


#: MKL, which torch calls for some matrix products, by its own names.
_MKL = {"sse41": "SSE4_2", "avx": "AVX", "avx2": "AVX2"}


def isa_environment(isa: str | None) -> Mapping[str, str]:
    """Environment variables that cap oneDNN, MKL, OpenVINO's own kernels and torch's own at `isa`; none for None."""
    if isa is None:
        return {}
    return {
        "ONEDNN_MAX_CPU_ISA": isa.upper(),
        "OV_CPU_MAX_ISA": isa.upper(),
        "MKL_ENABLE_INSTRUCTIONS": _MKL.get(isa, "AVX512"),
        "ATEN_CPU_CAPABILITY": _ATEN.get(isa, "avx512"),
    }


#: OpenBLAS, which numpy calls, by the processors that have no more.
_OPENBLAS = {"sse41": "NEHALEM", "avx": "SANDYBRIDGE", "avx2": "HASWELL"}


def blas_environment(isa: str | None) -> Mapping[str, str]:
    """Environment variables that cap numpy's dot product at `isa`; none where OpenBLAS knows no processor of that cap."""
    return {"OPENBLAS_CORETYPE": _OPENBLAS[isa]} if isa in _OPENBLAS else {}
