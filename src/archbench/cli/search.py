"""`archbench search kws`."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from archbench.cache import ArtifactCache, default_cache_root
from archbench.errors import UsageError
from archbench.registry import missing_package

if TYPE_CHECKING:
    from archbench.datasets.dataset import Dataset
    from archbench.records.accuracy import AccuracyRecord
    from archbench.records.search import SearchRecord, TrainedRecord
    from archbench.search.plan import SearchPlan
    from archbench.search.session import Search
    from archbench.workloads.kws import KwsWorkload

_ROOT = Path(".archbench/search")
_PACKAGES = ("optuna", "matplotlib", "kaldi_native_fbank", "soundfile")


@click.group()
def search() -> None:
    """Search for networks that are accurate and cheap."""


@search.command()
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="Folder of spoken digits, DIGIT_SPEAKER_INDEX.wav, or of Speech Commands; else words made by formula.",
)
@click.option(
    "--objective",
    "objectives",
    multiple=True,
    metavar="NAME",
    help="operations (default), latency:BACKEND, instructions:BACKEND (simulated) or predicted; several at once.",
)
@click.option("--predictor", metavar="FILE", help="Of objective predicted; `archbench predict --save` writes it.")
@click.option("--preset", default="quick", metavar="NAME", help="quick (default, ten minutes) or paper (days).")
@click.option("--workers", type=click.IntRange(1), default=2, show_default=True, help="Processes, a thread each.")
@click.option("--storage", metavar="URL", help="Database that several machines share; else a journal file under --out.")
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help=f"Where results go (default: {_ROOT}/STUDY).")
@click.option("--sampler", default="tpe", metavar="NAME", help="tpe (default), or random to hold it against.")
@click.option("--trials", type=int, metavar="N", help="Of the first round; then of each later one with --later-trials.")
@click.option("--later-trials", type=int, metavar="N", help="Of each round around one more frozen setting.")
@click.option("--rounds", type=int, metavar="N", help="The first included.")
@click.option("--iterations", type=int, metavar="N", help="Of a trial's training.")
@click.option("--full-iterations", type=int, metavar="N", help="Of the training in full.")
@click.option("--seeds", type=int, metavar="N", help="Trainings in full of each network of the front.")
@click.option("--limit", "limit_s", type=click.FloatRange(0), metavar="SECONDS", help="No trial begins after that.")
@click.option(
    "--controlled", type=float, metavar="MAX_DROP", help="Quantize the front to 8 bits, losing MAX_DROP points at most."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of sampling and training.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def kws(
    data: Path | None,
    preset: str,
    workers: int,
    storage: str | None,
    out: Path | None,
    controlled: float | None,
    *,
    as_json: bool,
    **options: Any,
) -> None:
    """Search for keyword-spotting networks: accuracy against operations or measured latency.

    The same search goes on where it was interrupted. What the front holds is trained in full beside the seed, judged on
    recordings that chose nothing, and written as a table, JSON, ONNX files and a figure.
    """
    if controlled is not None and not 0 < controlled < 100:
        raise UsageError(f"--controlled takes percent points between 0 and 100, but got {controlled:g}.")
    plan = _plan(preset, options)
    _require_packages()
    _require_objectives(plan)
    cache = ArtifactCache(default_cache_root())
    cache.require_writable()
    job = _search(plan, data, cache, storage, out, workers)
    record = job.run()
    folder = _folder(out, record.study)
    low = [] if controlled is None else _in_low_precision(job, record, controlled / 100)
    findings = _write(job, record, low, folder)
    if as_json:
        click.echo((folder / "search.json").read_text())
        return
    from archbench.report.search import search_table

    click.echo(search_table(record))
    if low:
        from archbench.report.accuracy import accuracy_table

        click.echo(accuracy_table(low))
    for line in findings:
        click.echo(line)
    click.echo(f"results: {folder}")


def _plan(preset: str, options: dict[str, Any]) -> SearchPlan:
    """The preset with what was asked for otherwise.

    Raises:
        UsageError: an unknown preset, objective or sampler, or a budget of nothing.
    """
    from archbench.registry import check_name
    from archbench.search.plan import OPERATIONS, PRESETS, SearchPlan, whole_objective

    fixed: dict[str, Any] = dict(PRESETS[check_name("preset", PRESETS, preset)])
    if options["predictor"] is not None:
        options["predictor"] = str(Path(options["predictor"]).absolute())
    asked = tuple(dict.fromkeys(whole_objective(name) for name in options.pop("objectives"))) or (OPERATIONS,)
    fixed |= {name: value for name, value in options.items() if value is not None}
    return SearchPlan(**fixed, objectives=asked)


def _require_packages() -> None:
    for package in _PACKAGES:
        missing = missing_package(package, "search")
        if missing is not None:
            raise UsageError(f"a search cannot run: {missing}.")


def _require_objectives(plan: SearchPlan) -> None:
    """Refuse what no worker could do: a backend or instrument that this machine lacks, or a predictor that cannot be read."""
    from archbench.contracts import backend_named, instrument_named
    from archbench.search.plan import COUNTER, INSTRUCTIONS, backend_of

    for objective in plan.objectives:
        name = backend_of(objective)
        absence = None if name is None else backend_named(name).absence()
        if objective.startswith(INSTRUCTIONS):
            absence = absence or instrument_named(COUNTER).absence()
        if absence is not None:
            raise UsageError(f"objective {objective}: {absence}.")
    if plan.predictor is not None:
        from archbench.prediction.store import load

        load(Path(plan.predictor))


def _search(
    plan: SearchPlan, data: Path | None, cache: ArtifactCache, storage: str | None, out: Path | None, workers: int
) -> Search:
    from archbench.datasets.keywords import load_keywords, load_unheard
    from archbench.search.session import Corpus, Search, study_name
    from archbench.search.storage import journal_url

    folder = None if data is None else data.absolute()
    corpus = Corpus(folder=folder, usual=load_keywords(folder, cache), unheard=load_unheard(folder, cache))
    _introduce(corpus.usual)
    name = study_name(plan, corpus.usual)
    place = storage or journal_url(_folder(out, name))
    _say(f"study {name} of {plan.total} trials in {'the storage asked for' if storage else place}")
    return Search(plan=plan, corpus=corpus, storage=place, cache=cache, workers=workers, say=_say)


def _introduce(dataset: Dataset) -> None:
    for line in dataset.skipped:
        _say(f"skipped: {line}")
    train, validated, test = (len(part) for part in (dataset.train, dataset.calibration, dataset.test))
    skipped = f", {len(dataset.skipped)} files skipped" if dataset.skipped else ""
    _say(f"{dataset.name}: {train} train, {validated} validate, {test} judge{skipped}")


def _folder(out: Path | None, study: str) -> Path:
    folder = (out or _ROOT / study).absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"cannot write results to {folder}: {error.strerror or error}; name another folder with --out."
        ) from error
    return folder


def _in_low_precision(job: Search, record: SearchRecord, max_drop: float) -> list[AccuracyRecord]:
    """The seed and the front, with their first seed's weights, in lower precision, one of them with control of the drop."""
    from archbench.accuracy.artifacts import trained_network
    from archbench.accuracy.evaluation import evaluate_trained

    found: list[AccuracyRecord] = []
    for entry in (record.seed, *record.front):
        workload, dataset = _network(entry), job.corpus.usual
        kept = job.trained(workload)
        trained = trained_network(workload.family, kept.module, kept.digest, dataset)
        _say(f"{workload.family} in lower precision")
        found += evaluate_trained(trained, dataset, job.cache, max_drop)
    return found


def _network(entry: TrainedRecord) -> KwsWorkload:
    from archbench.workloads.ids import parse_workload
    from archbench.workloads.kws import KwsWorkload

    workload = parse_workload(entry.workload)
    assert isinstance(workload, KwsWorkload)
    return workload


def _write(job: Search, record: SearchRecord, low: Sequence[AccuracyRecord], folder: Path) -> list[str]:
    """JSON, the figure and an ONNX file a network; the claims' verdicts, a line each."""
    from archbench.experiments.kws_front import judge_front
    from archbench.models.onnx_export import export_onnx
    from archbench.report.search import search_document
    from archbench.report.search_figure import search_figure

    findings = judge_front(record)
    claims = [{"claim": name, "outcome": found.outcome.value, "evidence": found.evidence} for name, found in findings.items()]
    document = {"plan": dataclasses.asdict(job.plan), **search_document(record), "claims": claims}
    document["low_precision"] = [dataclasses.asdict(entry) for entry in low]
    (folder / "search.json").write_text(json.dumps(document, indent=1))
    search_figure(record, folder / "front.png")
    for trained in (record.seed, *record.front):
        workload = _network(trained)
        export_onnx(job.trained(workload).module, workload.input_shape, folder / f"{workload.family}.onnx")
    return [f'"{name}": {found.outcome.value} ({found.evidence})' for name, found in findings.items()]


def _say(line: str) -> None:
    click.echo(line, err=True)
