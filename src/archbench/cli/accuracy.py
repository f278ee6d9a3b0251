"""`archbench accuracy`."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from archbench.cache import ArtifactCache, default_cache_root
from archbench.cli.cases import matching
from archbench.errors import UsageError

if TYPE_CHECKING:
    from archbench.datasets.dataset import Dataset
    from archbench.records.accuracy import AccuracyRecord


@click.command()
@click.option(
    "--data", type=click.Path(path_type=Path), metavar="PATH", help="Folder of spoken digits, DIGIT_SPEAKER_INDEX.wav."
)
@click.option("-k", "expression", default="", metavar="EXPRESSION", help="Keep the networks that match, as pytest's -k does.")
@click.option(
    "--controlled", type=float, metavar="MAX_DROP", help="Quantize also so that accuracy drops by MAX_DROP points at most."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def accuracy(data: Path | None, expression: str, controlled: float | None, as_json: bool) -> None:
    """Train small networks here and show what lower precision costs them in accuracy.

    They are trained on scikit-learn's handwritten digits, or on spoken ones with --data. What is finished is kept, so that an
    interrupted run goes on where it was.
    """
    from archbench.accuracy.block import BLOCKS

    if controlled is not None and not 0 < controlled < 100:
        raise UsageError(f"--controlled takes percent points between 0 and 100, but got {controlled:g}.")
    blocks = list(matching(BLOCKS, expression))
    if not blocks:
        raise UsageError(f"no network matches {expression!r}; there are {', '.join(block.id for block in BLOCKS)}.")
    cache = ArtifactCache(default_cache_root())
    cache.require_writable()
    dataset = _dataset(data, cache)
    from archbench.accuracy.evaluation import evaluate
    from archbench.experiments.accuracy import STATEMENT, int8_destroys_accuracy
    from archbench.report.accuracy import accuracy_table

    records: list[AccuracyRecord] = []
    for index, block in enumerate(blocks):
        for record in evaluate(block, dataset, cache, None if controlled is None else controlled / 100):
            records.append(record)
            _say(f"{index + 1}/{len(blocks)} {record.network} on {record.title}: {_outcome(record)}")
    finding = int8_destroys_accuracy(records)
    if as_json:
        verdict = {"claim": STATEMENT, "outcome": finding.outcome.value, "evidence": finding.evidence}
        click.echo(json.dumps({"records": [asdict(record) for record in records], **verdict, "skipped": dataset.skipped}))
    else:
        click.echo(accuracy_table(records))
        click.echo(f'"{STATEMENT}": {finding.outcome.value} ({finding.evidence})')


def _dataset(folder: Path | None, cache: ArtifactCache) -> Dataset:
    if folder is None:
        from archbench.datasets.digits import load_digits

        dataset = load_digits()
    else:
        from archbench.datasets.spoken_digits import load_spoken_digits

        dataset = load_spoken_digits(folder, cache)
    for line in dataset.skipped:
        _say(f"skipped: {line}")
    parts = (dataset.train, dataset.calibration, dataset.test)
    train, calibration, test = (len(part) for part in parts)
    skipped = f", {len(dataset.skipped)} files skipped" if dataset.skipped else ""
    _say(f"{dataset.name}: {train} train, {calibration} calibrate, {test} judge{skipped}")
    return dataset


def _outcome(record: AccuracyRecord) -> str:
    return f"{record.score.accuracy.estimate:.1%}" if record.score is not None else f"not measured, {record.reason}"


def _say(line: str) -> None:
    click.echo(line, err=True)
