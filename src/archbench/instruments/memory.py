"""Peak resident growth of a case's own worker, from before its network is loaded until after an inference.

The allocator gives freed buffers back at once (`mapped`), so that the peak is of what is alive together. Code of the runtime
that the case is the first to touch counts; pages that were resident in the process it was forked from do not.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path

from archbench.contracts import Readings

_QUANTITY = "peak resident growth"
_PROCESS = Path("/proc/self")

#: What proc(5) wants written to clear_refs to set the peak back to what is resident now.
_RESET_PEAK = "5"


class Memory:
    """The `Instrument` of that name."""

    name = "memory"
    title = "peak resident growth of the case's own worker, loading included"
    units: Mapping[str, str] = {_QUANTITY: "bytes"}
    simulator = None
    single_threaded = False
    isa: str | None = None
    allocator = "mapped"

    def __init__(self) -> None:
        self._before = 0

    def absence(self) -> str | None:
        if not os.access(_PROCESS / "clear_refs", os.W_OK):
            return f"the peak of a process is read from Linux's {_PROCESS}, which this system lacks or does not let us write"
        return None

    def version(self) -> str:
        return os.uname().release

    def prepare(self) -> None:
        (_PROCESS / "clear_refs").write_text(_RESET_PEAK)
        self._before = _status("VmRSS")

    def read(self, run: Callable[[], None], name: str, folder: Path) -> Readings:  # noqa: ARG002  # no file is made
        run()
        return {"whole": {_QUANTITY: max(0, _status("VmHWM") - self._before)}}


MEMORY = Memory()


def _status(name: str) -> int:
    """A size in bytes from this process's status."""
    found = re.search(rf"^{name}:\s*(\d+) kB$", (_PROCESS / "status").read_text(), re.MULTILINE)
    return int(found[1]) * 1024 if found else 0
