"""The parent's handle on a launcher process: start it, hand it a job, hear its events, notice when it dies or hangs."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from typing import IO, TypeVar

import msgspec

from archbench.errors import BackendError, WorkerError
from archbench.machine.allocator import allocator_environment
from archbench.machine.isa import isa_environment
from archbench.measurement import messages

_START_TIMEOUT_S = 120.0

Answer = TypeVar("Answer", bound=messages.Event)

#: Fixed for every worker: numpy's own threads would be a neighbour, and hash order must not vary. OpenVINO sends telemetry when
#: imported, by a thread whose imports mix with ours and by a process beside the measurement, unless it believes itself in CI;
#: torch's compiler refuses some operators where `CI` says so.
_QUIET = {"OPENBLAS_NUM_THREADS": "1", "PYTHONHASHSEED": "0", "JENKINS_URL": "none", "PYTHONWARNINGS": "ignore"}


def worker_environment(allocator: str, isa: str | None, threads: int) -> Mapping[str, str]:
    """What must be set before a runtime is imported, so that it uses this allocator, ISA cap and number of threads."""
    return {**allocator_environment(allocator), **isa_environment(isa), "OMP_NUM_THREADS": str(threads)}


def inherited_environment() -> dict[str, str]:
    """Our environment without the name of the running test: its length would move the worker's stack."""
    return {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}


class Launcher:
    """One launcher process. Not thread-safe. Close it, or use it as a context manager."""

    def __init__(
        self,
        preload: messages.Preload,
        environment: Mapping[str, str],
        python: str = sys.executable,
        prefix: Sequence[str] = (),
    ) -> None:
        """Start it; `prefix` goes before the interpreter on the command line."""
        # Python lists the working folder to find modules there: a new file in it would move a simulated heap.
        apart = ("-P",) if prefix else ()
        self._complaints: IO[bytes] = tempfile.TemporaryFile("a+b")  # noqa: SIM115  # lives as long as the process
        self._process = subprocess.Popen(
            [*prefix, python, *apart, "-m", "archbench.measurement.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._complaints,
            env={**inherited_environment(), **_QUIET, **environment},
            start_new_session=True,
        )
        self._pending = b""
        self._versions: Mapping[str, str] | None = None
        try:
            self._send(preload)
        except WorkerError:
            self.close()
            raise

    @property
    def pid(self) -> int:
        """Process id of the launcher; its only child is the worker at work."""
        return self._process.pid

    def wait_ready(self) -> Mapping[str, str]:
        """The versions of python and of the packages that matter, once the launcher has imported its modules.

        Raises:
            WorkerError: it died or took longer than two minutes.
        """
        if self._versions is None:
            event = self._next_event(time.monotonic() + _START_TIMEOUT_S)
            if not isinstance(event, messages.Ready):
                raise WorkerError(f"a worker said {type(event).__name__} before it was ready.")
            self._versions = event.versions
        return self._versions

    def run(self, job: messages.AnyJob, on_event: Callable[[messages.Event], None], timeout_s: float) -> messages.Exited:
        """Have a fresh worker do `job`; every event but the last goes to `on_event`.

        Raises:
            WorkerError: the launcher died, broke the protocol, or the worker outlasted `timeout_s`; it is then killed.
        """
        self.wait_ready()
        self._send(job)
        deadline = time.monotonic() + timeout_s
        while True:
            event = self._next_event(deadline)
            if isinstance(event, messages.Exited):
                return event
            on_event(event)

    def ask(self, job: messages.AnyJob, answer: type[Answer], subject: str, timeout_s: float) -> Answer:
        """The one event of that kind which a fresh worker answers `job` with; `subject` names the job in errors.

        Raises:
            BackendError: the worker says that the job failed.
            WorkerError: as `run`, or it crashed without an answer.
        """
        heard: list[messages.Event] = []
        crash = self.run(job, heard.append, timeout_s).crash(self.last_words())
        for event in heard:
            if isinstance(event, answer):
                return event
            if isinstance(event, messages.Failed):
                raise BackendError(f"{subject}: {event.error}")
        raise WorkerError(crash or f"the worker said nothing of {subject}.")

    def last_words(self) -> str:
        """The last line written on standard error, or an empty string."""
        self._complaints.seek(0)
        lines = [line for line in self._complaints.read().decode(errors="replace").splitlines() if line.strip()]
        return lines[-1].strip() if lines else ""

    def close(self) -> None:
        """End the launcher and whatever it forked."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._complaints):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()

    def _send(self, message: msgspec.Struct) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(messages.encode(message))
            self._process.stdin.flush()
        except OSError as error:
            raise WorkerError(f"a worker process died: {self.last_words() or error}") from error

    def _next_event(self, deadline: float) -> messages.Event:
        while b"\n" not in self._pending:
            self._pending += self._read_until(deadline)
        line, _, self._pending = self._pending.partition(b"\n")
        try:
            return messages.decode_event(line)
        except msgspec.DecodeError as error:
            raise WorkerError(f"a worker broke the protocol ({error}) with {line[:80]!r}.") from error

    def _read_until(self, deadline: float) -> bytes:
        assert self._process.stdout is not None
        remaining = deadline - time.monotonic()
        ready, _, _ = select.select([self._process.stdout], [], [], max(0.0, remaining))
        if not ready:
            raise WorkerError("a worker did not answer in time and was killed.")
        chunk = os.read(self._process.stdout.fileno(), 1 << 20)
        if not chunk:
            raise WorkerError(f"a worker process died: {self.last_words() or 'it said nothing'}")
        return chunk
