"""What parent and worker say to each other: one JSON object a line."""

from __future__ import annotations

import signal

import msgspec

from archbench.contracts import LayerTimes, Lowering
from archbench.measurement.settings import TURN_NS, WARM_NS
from archbench.records.peaks import MemoryLevel, Trial
from archbench.records.record import Agreement, Parity, Samples

#: Case of a stage that several share, so that a crash in it cannot be laid to one.
EVERY_CASE = "*"


class Preload(msgspec.Struct, frozen=True, kw_only=True):
    """First line to a launcher: modules to import before the first fork, and CPUs to run on.

    With an `instrument` the launcher runs under it and its workers count; the instrument's files are in `folder`.
    """

    modules: tuple[str, ...]
    affinity: tuple[int, ...]
    instrument: str = ""
    folder: str = ""


class Job(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """Cases, by id, that are sampled in the same rounds: one workload on several backends, or several workloads on one.

    All run on `threads` under the cap `isa`, whatever their ids say: an instrument may have a cap of its own. With `seconds`
    None nothing is timed: artifacts are made and parity is checked. `turn_ns` is how long a case keeps the core at a time and
    `warm_ns` how long it is warmed up at least. `plant` maps a case to the fraction of extra real work added to each of its
    inferences. `agreement_images` are run against the reference besides. The worker keeps to `cpus`, or to its launcher's.
    """

    cases: tuple[str, ...]
    threads: int
    isa: str | None
    cache: str
    seed: int
    seconds: float | None
    min_rounds: int
    turn_ns: int = TURN_NS
    warm_ns: int = WARM_NS
    agreement_images: int = 0
    plant: dict[str, float] = {}
    cpus: tuple[int, ...] = ()


class HotPathJob(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """One of the harness's own hot paths, to be counted."""

    name: str


class LayersJob(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """A case, watched layer by layer."""

    case: str
    cache: str


class PeaksJob(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """The limits of the machine, tried for `seconds` after everything was warmed up, in streams of `free_bytes` at most."""

    threads: int
    isa: str | None
    cache: str
    seed: int
    seconds: float
    free_bytes: int


class LoweringJob(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """A case, compiled and not run."""

    case: str
    cache: str


AnyJob = Job | HotPathJob | LayersJob | LoweringJob | PeaksJob


class Ready(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """The launcher has imported its modules, of these versions."""

    pid: int
    versions: dict[str, str]


class Entered(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """The worker begins a stage; the last one heard names the culprit of a crash."""

    case: str
    stage: str


class Absent(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """The backend of the case cannot run on this machine."""

    case: str
    reason: str


class Failed(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """The backend of the case raised."""

    case: str
    stage: str
    error: str


class Loaded(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """The backend of the case compiled its network and gave its output."""

    case: str
    version: str
    granted: dict[str, str]
    executed_graph: tuple[str, ...]
    parity: Parity
    cost: dict[str, float]
    agreement: Agreement | None = None


class Built(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """The worker had to make what others will find in the cache. It was not counted: its memory is not laid out like theirs."""

    case: str


class Measured(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """Timed slices of every case that passed parity, and of the calibration work; seconds of each phase."""

    samples: dict[str, Samples]
    calibration: Samples
    stolen_s: float
    preemptions: int
    phases: dict[str, float]


class Counted(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """The instrument read the case, or the hot path of that name, in some states, in so many seconds, on a CPU like this."""

    case: str
    states: dict[str, dict[str, int]]
    cpu: tuple[str, ...]
    seconds: float


class Layered(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """The layers of a case were timed."""

    times: LayerTimes


class Peaked(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """What was tried at each limit of the machine, and what could not be tried, with the reason."""

    levels: tuple[MemoryLevel, ...]
    trials: tuple[Trial, ...]
    absent: dict[str, str]


class Lowered(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """A case was compiled, and this is what would be executed of it."""

    case: str
    lowering: Lowering


class Exited(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """The worker process is gone: exit status, or the signal that killed it."""

    status: int
    signal: int

    def crash(self, last_words: str) -> str | None:
        """How it ended, as a sentence; None if it ended well."""
        if self.signal:
            hint = " (out of memory?)" if self.signal == signal.SIGKILL else ""
            return f"the worker was killed by {signal.Signals(self.signal).name}{hint}."
        return f"the worker ended with status {self.status}: {last_words}" if self.status else None


Event = Ready | Entered | Absent | Failed | Loaded | Built | Measured | Counted | Layered | Lowered | Peaked | Exited

_DECODER = msgspec.json.Decoder(Event)


def encode(message: msgspec.Struct) -> bytes:
    """One line."""
    return msgspec.json.encode(message) + b"\n"


def decode_event(line: bytes) -> Event:
    """The event in a line.

    Raises:
        msgspec.DecodeError: the line is something else.
    """
    event: Event = _DECODER.decode(line)
    return event
