"""A case: what is run, on what, and how. Its id keys every record and baseline, so its form never changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from archbench.errors import UnknownNameError, WorkloadError
from archbench.registry import BACKENDS, check_name
from archbench.workloads.workload import Workload

#: ISA caps in ascending order, as oneDNN names them in lower case.
ISA_CAPS = ("sse41", "avx", "avx2", "avx512_core", "avx512_core_vnni", "avx512_core_bf16")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Workload x backend x threads x ISA cap. `isa` None means no cap.

    Raises:
        UnknownNameError: an unknown backend or ISA cap.
        WorkloadError: fewer than one thread.
    """

    workload: Workload
    backend: str
    threads: int = 1
    isa: str | None = None

    def __post_init__(self) -> None:
        check_name("backend", BACKENDS, self.backend)
        if self.isa is not None and self.isa not in ISA_CAPS:
            raise UnknownNameError("ISA cap", self.isa, ISA_CAPS)
        if self.threads < 1:
            raise WorkloadError(f"`threads >= 1` must hold, but got threads={self.threads}.")

    @property
    def pairing(self) -> tuple[Workload, int, str | None]:
        """Cases that are sampled in the same rounds share this."""
        return (self.workload, self.threads, self.isa)

    @property
    def id(self) -> str:
        """The canonical id: workload, backend, threads and, where there is one, the ISA cap, with colons between them."""
        cap = "" if self.isa is None else f":{self.isa}"
        return f"{self.workload.id}:{self.backend}:t{self.threads}{cap}"


def cases_of(
    workloads: Iterable[Workload],
    backends: tuple[str, ...],
    *,
    threads: int = 1,
    isas: tuple[str | None, ...] = (None,),
) -> Iterator[Case]:
    """Every case of the workloads, workload by workload, backends side by side.

    Raises:
        UnknownNameError: an unknown backend or ISA cap.
    """
    for workload in workloads:
        for isa in isas:
            for backend in backends:
                yield Case(workload=workload, backend=backend, threads=threads, isa=isa)
