"""Experiments: which networks, how large in which profile, on which backends besides, and by which instrument."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from archbench.errors import UsageError
from archbench.registry import check_name
from archbench.workloads import behaviour
from archbench.workloads.case import Case, cases_of
from archbench.workloads.drawn import DrawnWorkload
from archbench.workloads.grids import BATCHES, DEFAULT_WIDTH, DEPTHS, SIX, WIDTHS, profile_workloads
from archbench.workloads.kws import published
from archbench.workloads.network import BEHAVIOUR, FORM_FUNCTION, NetworkWorkload
from archbench.workloads.pattern import PatternWorkload
from archbench.workloads.workload import Workload


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """What a case gets, where it is not the usual.

    Args:
        processes: undisturbed worker processes it needs.
        budget: worker processes it gets at most.
        patience_s: seconds after which it gets no more than it needs.
        precision: of its interval, as a fraction.
        seconds: of sampling a process.
        turn_ns: how long it keeps the core at a time.
        warm_ns: how long it is warmed up at least.
    """

    processes: int
    budget: int
    patience_s: float
    precision: float | None = None
    seconds: float | None = None
    turn_ns: int | None = None
    warm_ns: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """The cases of one figure.

    Args:
        name: as in the marker `archbench_experiment`.
        source: paper, section and figure.
        workloads: by profile.
        instrument: what reads each case besides the clock, if anything.
        effort: None means the usual one.
        besides: by network, backends that it alone is measured on, too.
        agreement_images: images on which each backend is compared with the float64 reference, besides parity.
        scales_threads: its cases are measured on one thread, on two, and so on by doubling, up to all there are.
        sweeps: workloads on one backend are sampled together, to be compared with each other, and not one on several backends;
            there are so many that what was made to be loaded is not kept.
    """

    name: str
    source: str
    workloads: Mapping[str, Callable[[], Iterator[Workload]]]
    instrument: str | None = None
    effort: Effort | None = None
    besides: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    agreement_images: int = 0
    scales_threads: bool = False
    sweeps: bool = False

    @property
    def way(self) -> tuple[object, ...]:
        """How its cases are measured; those of one run are all measured alike."""
        return (self.instrument, self.effort, self.agreement_images, self.sweeps)

    def workloads_in(self, profile: str) -> Iterator[Workload]:
        """The workloads of a profile.

        Raises:
            UsageError: the experiment has no such profile.
        """
        if profile not in self.workloads:
            raise UsageError(f"experiment {self.name} has the profiles {', '.join(self.workloads)}, but not {profile!r}.")
        return self.workloads[profile]()

    def cases(
        self,
        workloads: Iterable[Workload],
        backends: tuple[str, ...],
        *,
        threads: int = 1,
        cpus: int = 1,
        isas: tuple[str | None, ...] = (None,),
    ) -> Iterator[Case]:
        """Every case of the workloads, workload by workload, backends side by side, on `threads` or up to `cpus` of them."""
        counts = _doublings(cpus) if self.scales_threads else (threads,)
        for workload in workloads:
            also = tuple(name for name in self.besides.get(workload.family, ()) if name not in backends)
            for count in counts:
                yield from cases_of([workload], (*backends, *also), threads=count, isas=isas)


def _doublings(cpus: int) -> tuple[int, ...]:
    """1, 2, 4, ... and the number of CPUs itself."""
    return tuple(sorted({*(2**power for power in range(cpus.bit_length()) if 2**power <= cpus), cpus}))


#: Large images cost hours under a simulator: a network 512 wide does 64 times the work of one 64 wide.
_DEPTH_PIXELS = {"smoke": 28, "nightly": 28, "paper": 56}
_WIDTH_PIXELS = {"smoke": 14, "nightly": 14, "paper": 56}

_SMOKE_DEPTHS = (10, 20, 30)
_SMOKE_WIDTHS = (32, 64, 128, 256)


def _sweep(axis: str, values: tuple[int, ...], pixels: int) -> Callable[[], Iterator[PatternWorkload]]:
    def workloads() -> Iterator[PatternWorkload]:
        for value in values:
            for pattern in SIX:
                point = {"depth": DEPTHS[0], "width": 64, axis: value}
                yield PatternWorkload(pattern=pattern, resolution=(pixels, pixels), **point)

    return workloads


def _sweeps(
    axis: str, smoke: tuple[int, ...], full: tuple[int, ...], pixels: Mapping[str, int]
) -> Mapping[str, Callable[[], Iterator[PatternWorkload]]]:
    values = {"smoke": smoke, "nightly": full, "paper": full}
    return {profile: _sweep(axis, values[profile], pixels[profile]) for profile in values}


def _batches(*sizes: int) -> Callable[[], Iterator[PatternWorkload]]:
    def workloads() -> Iterator[PatternWorkload]:
        for batch in sizes:
            yield from (PatternWorkload(pattern=name, depth=DEPTHS[0], width=DEFAULT_WIDTH, batch=batch) for name in SIX)

    return workloads


#: A network of each of the behaviour study's kinds that is quick to quantize.
_LOWERED = ("resnet18", "resnet50", "mobilenet-v1", "mobilenet-v2", "mobilenet-v3-large", "shufflenet-v2", "efficientnet-b0")
_LOWERING = ("openvino-cpu-bf16", "openvino-cpu-int8", "onnxruntime", "onnxruntime-int8")


def _networks(names: tuple[str, ...]) -> Mapping[str, Callable[[], Iterator[Workload]]]:
    """The networks, and the six patterns whose gains theirs are held against."""

    def workloads() -> Iterator[Workload]:
        yield from (NetworkWorkload(network=name) for name in names)
        yield from (PatternWorkload(pattern=pattern, depth=DEPTHS[0], width=DEFAULT_WIDTH) for pattern in SIX)

    return dict.fromkeys(("smoke", "nightly", "paper"), workloads)


#: Loading and one inference of the largest take seconds, so that twelve processes a case would take half an hour. What is cheap
#: gets more, and with them a narrower interval. In turns of the usual length a network of some milliseconds would run on caches
#: that its reference filled: its first inference takes a fifth longer there, its second a twentieth.
_NETWORK_EFFORT = Effort(processes=3, budget=24, patience_s=22.0, turn_ns=40_000_000)

#: In the turns of whole networks; of each, 2 % is near enough, since it is many together that are learnt of.
_DRAWN_EFFORT = Effort(processes=3, budget=9, patience_s=8.0, precision=0.02, turn_ns=_NETWORK_EFFORT.turn_ns)


def _drawn(count: int) -> Callable[[], Iterator[DrawnWorkload]]:
    def workloads() -> Iterator[DrawnWorkload]:
        return (DrawnWorkload(number=number) for number in range(count))

    return workloads


#: Ten thousand cases: a tenth of a second each, in short turns.
_SWEEP_EFFORT = Effort(
    processes=3, budget=9, patience_s=20.0, precision=0.03, seconds=0.3, turn_ns=2_000_000, warm_ns=3_000_000
)

EXPERIMENTS: Mapping[str, Experiment] = {
    "behaviour": Experiment(
        name="behaviour",
        source="behaviour study, sections 3 and 4, Table 1, Figures 4 to 8",
        workloads={"smoke": behaviour.smoke, "nightly": behaviour.nightly, "paper": behaviour.paper},
        effort=_SWEEP_EFFORT,
        sweeps=True,
    ),
    "cache-depth": Experiment(
        name="cache-depth",
        source="form/function paper, section 2.2, Figure 3",
        instrument="callgrind",
        workloads=_sweeps("depth", _SMOKE_DEPTHS, DEPTHS, _DEPTH_PIXELS),
    ),
    "cache-width": Experiment(
        name="cache-width",
        source="form/function paper, section 2.2, Figure 4",
        instrument="callgrind",
        workloads=_sweeps("width", _SMOKE_WIDTHS, WIDTHS, _WIDTH_PIXELS),
    ),
    "drawn": Experiment(
        name="drawn",
        source="networks drawn at random, which a prediction learns from",
        workloads={"smoke": _drawn(8), "nightly": _drawn(40), "paper": _drawn(120)},
        effort=_DRAWN_EFFORT,
    ),
    "kws": Experiment(
        name="kws",
        source="search paper, section V, Figures 5 and 6",
        workloads=dict.fromkeys(("smoke", "nightly", "paper"), published),
    ),
    "networks": Experiment(
        name="networks",
        source="form/function paper, section 2.3, Figure 5",
        workloads=_networks(FORM_FUNCTION),
        effort=_NETWORK_EFFORT,
        besides={"darts": ("torch-onednn",)},
    ),
    "precision": Experiment(
        name="precision",
        source="form/function paper, closing list; behaviour study, section 4.5",
        workloads=_networks(_LOWERED),
        effort=_NETWORK_EFFORT,
        besides=dict.fromkeys((*_LOWERED, *SIX), _LOWERING),
        agreement_images=32,
    ),
    "threads": Experiment(
        name="threads",
        source="form/function paper, section 2.1, with threads as an axis",
        workloads={"smoke": _batches(1, 8), "nightly": _batches(*BATCHES), "paper": _batches(*BATCHES)},
        scales_threads=True,
    ),
    "zoo": Experiment(
        name="zoo",
        source="behaviour study, section 4.5, Table 4",
        workloads=_networks(BEHAVIOUR),
        effort=_NETWORK_EFFORT,
    ),
}


def experiment_named(name: str) -> Experiment:
    """The experiment of that name.

    Raises:
        UnknownNameError: there is none.
    """
    return EXPERIMENTS[check_name("experiment", EXPERIMENTS, name)]


def select_cases(
    experiment: str | None,
    profile: str,
    backends: tuple[str, ...],
    *,
    named: Sequence[Workload] = (),
    threads: int = 1,
    cpus: int = 1,
    isas: tuple[str | None, ...] = (None,),
) -> Iterator[Case]:
    """The cases of a profile, in the experiment if one is given; of the workloads `named` instead of the profile's, if any.

    They run on `threads`; an experiment along threads has up to `cpus`.

    Raises:
        UnknownNameError: no such experiment or profile.
        UsageError: the experiment has no such profile.
    """
    if experiment is None:
        return cases_of(named or profile_workloads(profile), backends, threads=threads, isas=isas)
    found = experiment_named(experiment)
    return found.cases(named or found.workloads_in(profile), backends, threads=threads, cpus=cpus, isas=isas)
