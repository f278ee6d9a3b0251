"""Everything archbench raises on purpose.

ArchbenchError
 +-- UsageError            bad input from a person: exit code 2
 |    +-- UnknownNameError     no pattern, backend, profile or preset of that name
 |    +-- WorkloadError        a shape that the pattern cannot have
 |    +-- CaseIdError          a string that is not a case or workload id
 |    +-- ModelError           a user's model that cannot be measured as it is
 |    +-- RecordFileError      a run or baseline file that cannot be read
 |    +-- BaselineError        a baseline that is missing, foreign or may not be accepted
 |    +-- ShardError           no shard, or shards that do not make one run
 |    +-- CacheError           the artifact cache cannot be written
 |    +-- BackendUnavailableError     a backend demanded by name is absent on this machine
 |    +-- InstrumentUnavailableError  an instrument demanded by name is absent on this machine
 +-- WorkerError           a worker process crashed, hung or broke the protocol
 +-- BackendError          a backend failed on one case

Only the doors (cli, plugin) turn one of these into printed text and an exit code.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def one_line(error: BaseException) -> str:
    """The text of somebody else's exception on one line, cut where it grows long."""
    return " ".join(str(error).split())[:300] or "no message"


def last_line(error: BaseException) -> str:
    """The last line of somebody else's exception: where C++ libraries write what went wrong, after where in their code."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__


class ArchbenchError(Exception):
    """Root of every error raised on purpose. Its text is one line for the person who meets it."""


class UsageError(ArchbenchError):
    """What was asked for cannot be done as asked."""


class UnknownNameError(UsageError):
    """A name that no registry holds."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        names = sorted(known)
        close = difflib.get_close_matches(name, names, n=1)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        super().__init__(f"unknown {kind} {name!r}.{hint} Known: {', '.join(names)}.")


class WorkloadError(UsageError):
    """A shape that the pattern cannot have."""


class CaseIdError(UsageError):
    """A string that is not a case or workload id."""


class ModelError(UsageError):
    """A user's model that cannot be measured as it is."""


class RecordFileError(UsageError):
    """A run or baseline file that cannot be read."""


class BaselineError(UsageError):
    """A baseline that is missing, foreign, or that may not be accepted."""


class ShardError(UsageError):
    """No shard, a shard where a whole run is needed, or shards that do not make one."""


class CacheError(UsageError):
    """The artifact cache cannot be written."""


class BackendUnavailableError(UsageError):
    """A backend demanded by name is absent on this machine."""


class InstrumentUnavailableError(UsageError):
    """An instrument demanded by name is absent on this machine."""


class WorkerError(ArchbenchError):
    """A worker process crashed, hung or broke the protocol."""


class BackendError(ArchbenchError):
    """A backend failed on one case."""
