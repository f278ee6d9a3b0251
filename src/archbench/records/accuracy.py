"""How well a trained network classifies on one backend, beside what it does in torch."""

from __future__ import annotations

from dataclasses import dataclass

from archbench.records.interval import Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantization:
    """How a network was lowered to 8 bits.

    Args:
        per_channel: whether each output channel of a weight has a scale of its own, or all share one.
        max_drop: what it was allowed to cost on the calibration part, as a share; None if it was not controlled.
    """

    per_channel: bool = True
    max_drop: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What a backend made of the test part.

    Args:
        correct: images classified right.
        accuracy: their share of all images.
        drop: accuracy of torch in float32 less this one, paired image by image; None for torch itself.
        p_value: McNemar's exact test of that drop.
        agreement: share of images put into the same class as by the float64 reference.
        output_error: RMS of the deviation from the reference's outputs over the RMS of these.
        convolutions: how many ran in which precision, as the engine says; empty where it does not.
    """

    correct: int
    accuracy: Interval
    drop: Interval | None
    p_value: float | None
    agreement: float
    output_error: float
    convolutions: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccuracyRecord:
    """One network on one backend: its score, or the reason why there is none.

    `quantization` is None for a precision that needs none.
    """

    network: str
    dataset: str
    images: int
    backend: str
    precision: str
    quantization: Quantization | None = None
    score: Score | None = None
    reason: str | None = None

    @property
    def title(self) -> str:
        """The backend, and how the network was quantized where that is not the usual way."""
        if self.quantization is None or self.quantization == Quantization():
            return self.backend
        limit = self.quantization.max_drop
        return f"{self.backend}, {'by tensor' if limit is None else f'controlled {limit * 100:g}'}"
