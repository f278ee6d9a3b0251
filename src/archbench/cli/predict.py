"""`archbench predict MODEL`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from archbench.cache import default_cache_root
from archbench.errors import CaseIdError, UsageError
from archbench.registry import ACCELERATED_BACKEND, LOWERERS
from archbench.workloads.case import ISA_CAPS
from archbench.workloads.ids import parse_workload
from archbench.workloads.model import parse_shape

if TYPE_CHECKING:
    from archbench.prediction.predictor import Prediction, Predictor
    from archbench.workloads.workload import Workload

#: How often the progress is told, in networks.
_OFTEN = 50

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.argument("model", required=False)
@click.option(
    "--records", type=_FILE, multiple=True, metavar="RUN.json", help="Learn from this run file; may be given several times."
)
@click.option("--predictor", "stored", type=_FILE, metavar="FILE", help="Use a predictor that --save wrote, instead.")
@click.option("--save", type=_FILE, metavar="FILE", help="Write the predictor that was learnt; MODEL may then be left out.")
@click.option("--input", "shape", metavar="SHAPE", help="Input shape of a model of your own, such as 1x3x224x224.")
@click.option("--backend", metavar="NAME", help=f"{', '.join(LOWERERS)} (default: {ACCELERATED_BACKEND}).")
@click.option("--threads", type=click.IntRange(1), metavar="N", help="Threads of the records (default: 1).")
@click.option("--isa", metavar="CAP", help=f"ISA cap of the records: {', '.join(ISA_CAPS)}.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def predict(
    model: str | None,
    records: tuple[Path, ...],
    stored: Path | None,
    save: Path | None,
    shape: str | None,
    backend: str | None,
    threads: int | None,
    isa: str | None,
    as_json: bool,
) -> None:
    """Predict how long a network takes, without running it: compile it, and price the kernels that would be executed.

    MODEL is a workload id, an .onnx file, an OpenVINO .xml file, or module:function or file.py:function that returns a torch
    module. Prices are learnt from records of this machine: of operators and blocks (`pytest benchmarks/ -k behaviour`) and, to
    be nearer, of networks drawn at random (`-k drawn`).
    """
    if bool(records) == (stored is not None):
        raise UsageError("give either --records RUN.json or --predictor FILE.")
    if stored is not None and (save is not None or (backend, threads, isa) != (None, None, None)):
        raise UsageError("a stored predictor has its platform: --save, --backend, --threads and --isa go with --records.")
    if model is None and save is None:
        raise UsageError("give a MODEL to predict, or --save FILE to keep the predictor.")
    workload = None if model is None else _workload(model, shape)
    predictor = _learnt(records, backend, threads, isa) if records else _stored(stored)
    if save is not None:
        from archbench.prediction.store import save as write

        write(predictor, save)
        click.echo(f"archbench: wrote {save}", err=True)
    if workload is not None:
        _tell(predictor, workload, as_json)


def _workload(model: str, shape: str | None) -> Workload:
    """The workload of that id, or the user's model."""
    from archbench.measurement.own_model import open_model

    try:
        workload = parse_workload(model)
    except CaseIdError:
        return open_model(model, None if shape is None else parse_shape(shape))
    if shape is not None:
        raise UsageError(f"--input goes with a model of your own; {model} has its shape in its id.")
    return workload


def _learnt(records: tuple[Path, ...], backend: str | None, threads: int | None, isa: str | None) -> Predictor:
    from archbench.prediction.learning import compiled, learn
    from archbench.records.runfile import read_run_file

    def tell(done: int, total: int) -> None:
        if done % _OFTEN == 0 or done == total:
            click.echo(f"archbench: compiled {done} of {total} networks of the records", err=True)

    runs, on = [read_run_file(path) for path in records], backend or ACCELERATED_BACKEND
    return learn(*compiled(runs, on, default_cache_root(), threads=threads or 1, isa=isa, progress=tell))


def _stored(path: Path | None) -> Predictor:
    from archbench.prediction.store import load

    assert path is not None
    return load(path)


def _tell(predictor: Predictor, workload: Workload, as_json: bool) -> None:
    import msgspec

    from archbench.prediction.learning import predict as price

    prediction = price(predictor, workload, default_cache_root())
    if as_json:
        told = {"id": workload.id, "platform": predictor.platform, "guessed": prediction.guessed, "prediction": prediction}
        click.echo(msgspec.json.encode(told).decode())
    else:
        click.echo(_text(predictor, workload, prediction))


def _text(predictor: Predictor, workload: Workload, prediction: Prediction) -> str:
    from archbench.units import format_seconds

    found = prediction.seconds
    low, high = map(format_seconds, found.bounded)
    lines = [
        f"{workload.id} on {predictor.platform.name}",
        "",
        f"{format_seconds(found.estimate)} predicted; {found.confidence:.0%} of networks: {low} to {high}",
        f"where the calibration work takes {format_seconds(predictor.platform.pace)}, as when the records were measured",
        "",
        f"{'kernels':52}{'nodes':>6}{'predicted':>12}{'share':>8}",
    ]
    for family, (nodes, seconds) in prediction.by_family().items():
        lines.append(f"{family:52}{nodes:>6}{format_seconds(seconds):>12}{seconds / found.estimate:>8.0%}")
    call = prediction.call_seconds
    lines.append(f"{'the call itself':58}{format_seconds(call) if call else '0':>12}{call / found.estimate:>8.0%}")
    if prediction.guessed:
        lines += [
            "",
            f"{prediction.guessed:.0%} of it is of kernels that the records do not have, priced like their nearest kin",
        ]
    return "\n".join(lines)
