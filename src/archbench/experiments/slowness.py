"""A search for shapes that are too slow for their cost: hypothesis draws them, what is found is measured again and shrunk.

A shape is suspected if it lies beyond its layer's envelope, and believed if it still does in fresh processes in which a usual
shape of the layer, its yardstick, was sampled in the same rounds: whatever slows both is no property of the shape. What is
believed is shrunk by hypothesis, each smaller shape being suspected and believed anew, to the smallest that is too slow.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from hypothesis import HealthCheck, Phase, Verbosity, given, settings, target
from hypothesis import seed as seeded
from hypothesis import strategies as st

from archbench.experiments.envelope import Envelope
from archbench.experiments.shapes import layer_workloads
from archbench.records.interval import Interval
from archbench.workloads.layer import LayerWorkload

#: Shapes that one worker measures together, and shapes that are drawn for that, of which many are too dear.
_TOGETHER, _DRAWN = 8, 16

#: No drawn unit is to take longer by its cost.
_MOST_SECONDS = 1e-3

#: Examples after which a round ends although nothing was found; the clock usually ends it first.
_EXAMPLES = 100_000

Kind = tuple[str, int, int, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """A shape's seconds a unit, and the nodes that an engine that tells executes for it; or why it has none."""

    seconds: float | None = None
    executed: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cliff:
    """A shape that is too slow for its cost.

    Args:
        workload: one copy of it.
        seconds: of one copy.
        expected: seconds by its cost.
        slowness: measured over expected, by the yardstick that was sampled beside it.
        limit: what the slowness had to exceed.
        larger: the shape with channels rounded up, and its seconds over this one's; None where there is no such shape.
        executed: nodes that the engine executes for one copy; empty if it does not tell.
        processes: fresh processes in which it was confirmed.
    """

    workload: LayerWorkload
    seconds: float
    expected: float
    slowness: Interval
    limit: float
    larger: tuple[LayerWorkload, float] | None
    executed: tuple[str, ...]
    processes: int


class Clock(Protocol):
    """Measures shapes on one platform."""

    def quick(self, kinds: Sequence[LayerWorkload]) -> list[Timed]:
        """Each shape's time, roughly."""

    def confirm(self, kind: LayerWorkload, envelope: Envelope, limit: float) -> Cliff | None:
        """The cliff, if in fresh processes beside its yardstick the whole interval of the slowness lies beyond `limit`."""


@dataclass(slots=True, kw_only=True)
class Hunt:
    """A search under way: what was measured so far.

    Args:
        envelopes: of the layers to draw.
        clock: of the platform.
        factor: how many times as slow as the envelope's limit a shape must be.
        until: of `time.monotonic`.
        progress: told after every few shapes.
        measured: what was measured, by shape.
        judged: what became of suspects.
        known: cliffs that are not looked for again.
        refused: why shapes could not be measured, and which.
    """

    envelopes: Mapping[str, Envelope]
    clock: Clock
    factor: float
    until: float
    progress: Callable[[Hunt], object] = lambda _: None
    measured: dict[LayerWorkload, Timed] = field(default_factory=dict)
    judged: dict[LayerWorkload, Cliff | None] = field(default_factory=dict)
    known: set[Kind] = field(default_factory=set)
    refused: dict[str, list[LayerWorkload]] = field(default_factory=dict)

    @property
    def over(self) -> bool:
        """Whether its time is spent."""
        return time.monotonic() >= self.until

    def limit(self, kind: LayerWorkload) -> float:
        """The slowness beyond which a shape is a cliff."""
        return self.factor * self.envelopes[kind.layer].slowest

    def cliffs(self, seed: int) -> Iterator[Cliff]:
        """The cliffs, each of a layer, window, stride and kernels of its own, as they are found and shrunk."""
        while not self.over:
            found = self._next(seed)
            if found is None:
                return
            self.known.add(self._kind(found.workload))
            yield found
            seed += 1

    def _next(self, seed: int) -> Cliff | None:
        shapes = layer_workloads(sorted(self.envelopes), max_channels=512, max_pixels=64, max_batch=4)
        believed: list[Cliff] = []

        @seeded(seed)
        @settings(
            max_examples=_EXAMPLES,
            deadline=None,
            database=None,
            phases=(Phase.generate, Phase.target, Phase.shrink),
            report_multiple_bugs=False,
            print_blob=False,
            verbosity=Verbosity.quiet,
            suppress_health_check=list(HealthCheck),
        )
        @given(st.lists(shapes, min_size=1, max_size=_DRAWN))
        def none_is_too_slow(drawn: list[LayerWorkload | None]) -> None:
            kinds = list(dict.fromkeys(kind for kind in drawn if kind is not None and self._is_open(kind)))[:_TOGETHER]
            self._measure(kinds)
            timed = [kind for kind in kinds if self._slowness(kind) is not None]
            if timed and not believed:
                target(max(self._slowness(kind) or 0.0 for kind in timed))
            for kind in timed:
                # While one is shrunk, it must not turn into another.
                if not believed or kind.layer == believed[0].workload.layer:
                    cliff = self._judge(kind)
                    if cliff is not None:
                        believed.append(cliff)
                        raise _Found(cliff)

        try:
            none_is_too_slow()
        except _Found as found:
            return found.cliff
        except _TimeIsUp:
            # Hypothesis tries nothing but simpler ones than the last that was believed.
            return believed[-1] if believed else None
        return None

    def _is_open(self, kind: LayerWorkload) -> bool:
        """Whether something can be said of the shape, in a time that allows others."""
        envelope = self.envelopes[kind.layer]
        return envelope.expected(kind) <= _MOST_SECONDS and envelope.covers(kind)

    def _measure(self, kinds: Iterable[LayerWorkload]) -> None:
        new = [kind for kind in kinds if kind not in self.measured]
        if not new:
            return
        self._require_time()
        for kind, timed in zip(new, self.clock.quick(new), strict=True):
            self.measured[kind] = timed
            if timed.reason:
                self.refused.setdefault(timed.reason.partition(" (")[0], []).append(kind)
        self.progress(self)

    def _require_time(self) -> None:
        if self.over:
            raise _TimeIsUp

    def _slowness(self, kind: LayerWorkload) -> float | None:
        timed = self.measured.get(kind)
        if timed is None or timed.seconds is None or self._kind(kind) in self.known:
            return None
        return timed.seconds / self.envelopes[kind.layer].expected(kind)

    def _kind(self, kind: LayerWorkload) -> Kind:
        """What cliffs are told apart by; how often a node is executed is not part of it."""
        executed = self.measured[kind].executed
        return (kind.layer, kind.edge, kind.stride, tuple(sorted({node.partition(" ")[2] for node in executed})))

    def _judge(self, kind: LayerWorkload) -> Cliff | None:
        slowness, limit = self._slowness(kind), self.limit(kind)
        if slowness is None or slowness <= limit:
            return None
        if kind not in self.judged:
            self._require_time()
            self.judged[kind] = self.clock.confirm(kind, self.envelopes[kind.layer], limit)
        return self.judged[kind]


class _Found(Exception):  # noqa: N818  # what hypothesis shrinks is what was raised
    def __init__(self, cliff: Cliff) -> None:
        super().__init__(cliff.workload.id)
        self.cliff = cliff


class _TimeIsUp(BaseException):
    """No Exception, which hypothesis would try to shrink."""
