"""What became of one worker process, as heard through its events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from archbench.measurement import messages
from archbench.records.record import Parity, ProcessSamples, Status
from archbench.stats.disturbance import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmeasured:
    """Why a case has no samples."""

    status: Status
    reason: str


@dataclass(slots=True)
class ProcessOutcome:
    """Filled by `hear` as events come in."""

    loaded: dict[str, messages.Loaded] = field(default_factory=dict)
    counted: dict[str, messages.Counted] = field(default_factory=dict)
    _absent: dict[str, str] = field(default_factory=dict)
    _failed: dict[str, str] = field(default_factory=dict)
    built: bool = False
    _entered: messages.Entered | None = None
    _measured: messages.Measured | None = None

    def hear(self, event: messages.Event) -> None:
        """Take in one event of the worker."""
        match event:
            case messages.Loaded():
                self.loaded[event.case] = event
            case messages.Absent():
                self._absent[event.case] = event.reason
            case messages.Failed():
                self._failed[event.case] = f"{event.stage} failed: {event.error}"
            case messages.Entered():
                self._entered = event
            case messages.Measured():
                self._measured = event
            case messages.Built():
                self.built = True
            case messages.Counted():
                self.counted[event.case] = event

    @property
    def phases(self) -> Mapping[str, float]:
        """Seconds the worker spent in each phase; empty if it timed nothing."""
        return self._measured.phases if self._measured else {}

    def unmeasured(self) -> Mapping[str, Unmeasured]:
        """Cases whose backend was absent, raised, or gave a wrong output."""
        absent = {name: Unmeasured(status=Status.SKIPPED, reason=why) for name, why in self._absent.items()}
        failed = {name: Unmeasured(status=Status.ERROR, reason=why) for name, why in self._failed.items()}
        wrong = {
            name: Unmeasured(status=Status.PARITY_FAILURE, reason=reason)
            for name, event in self.loaded.items()
            if (reason := _parity_fault(event.parity)) is not None
        }
        return {**absent, **failed, **wrong}

    def blame(self, names: Iterable[str], crash: str) -> Mapping[str, Unmeasured]:
        """Whom a crash is laid to: the case of the last stage entered, or all if none can be told apart."""
        entered = self._entered
        culprits = [entered.case] if entered is not None and entered.case in names else list(names)
        stage = f" during {entered.stage}" if entered is not None else ""
        return {name: Unmeasured(status=Status.CRASHED, reason=f"crashed{stage}: {crash}") for name in culprits}

    @property
    def window(self) -> Window | None:
        """How quiet the machine was while the worker sampled; None if it timed nothing."""
        if self._measured is None:
            return None
        return Window(
            calibration_ns=float(np.median(self._measured.calibration.duration_ns)),
            stolen=self._measured.stolen_s / self._measured.phases["timed"],
        )

    def process_samples(self, process: int, case: str, reference: str, voided: str | None) -> ProcessSamples | None:
        """The case's slices of this worker, with its reference's of the same rounds. `voided` says what disturbed it."""
        if self._measured is None or case not in self._measured.samples:
            return None
        return ProcessSamples(
            process=process,
            own=self._measured.samples[case],
            reference=None if case == reference else self._measured.samples.get(reference),
            calibration=self._measured.calibration,
            stolen_s=self._measured.stolen_s,
            preemptions=self._measured.preemptions,
            voided=voided,
        )


def _parity_fault(parity: Parity) -> str | None:
    if not parity.has_teeth:
        return (
            f"the output hardly depends on the input (sensitivity {parity.sensitivity:.1e}), so parity proves nothing;"
            " weights that were never trained do that."
        )
    if not parity.holds:
        return f"output error {parity.error:.2e} exceeds the tolerance {parity.tolerance:.2e}."
    return None
