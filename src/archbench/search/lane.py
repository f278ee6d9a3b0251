"""One lane a machine: many may train on it at once, but whoever measures has it alone.

A latency measured while a neighbour trains on the same cores says more of the neighbour. Trainings hold the lane shared and
step aside now and then; whoever measures closes the gate, so that no training comes back, and waits until the lane is empty.
Locks are the kernel's and die with their process.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from archbench.errors import CacheError


class Lane:
    """The lane of the files `lane.lock` and `gate.lock` in `folder`. One thread uses it, and closes it at the end.

    Raises:
        CacheError: the files cannot be made.
    """

    def __init__(self, folder: Path) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._lane, self._gate = ((folder / f"{name}.lock").open("ab") for name in ("lane", "gate"))
        except OSError as error:
            raise CacheError(f"cannot lock the lane in {folder}: {error.strerror or error}.") from error

    def __enter__(self) -> Lane:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def training(self) -> Iterator[None]:
        """Hold the lane together with other trainings."""
        self._enter()
        try:
            yield
        finally:
            _unlock(self._lane)

    def step_aside(self) -> None:
        """Inside `training`: let those go first who wait to measure."""
        _unlock(self._lane)
        self._enter()

    @contextmanager
    def measuring(self) -> Iterator[None]:
        """Hold the lane alone."""
        with _locked(self._gate), _locked(self._lane):
            yield

    def close(self) -> None:
        """Let go of the files."""
        self._lane.close()
        self._gate.close()

    def _enter(self) -> None:
        with _locked(self._gate):
            fcntl.flock(self._lane, fcntl.LOCK_SH)


@contextmanager
def _locked(stream: IO[bytes]) -> Iterator[None]:
    fcntl.flock(stream, fcntl.LOCK_EX)
    try:
        yield
    finally:
        _unlock(stream)


def _unlock(stream: IO[bytes]) -> None:
    fcntl.flock(stream, fcntl.LOCK_UN)
