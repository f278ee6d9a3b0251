"""The `archbench` command. Bad input ends in one line on standard error and exit code 2."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from archbench import __version__
from archbench.cli.ab import ab
from archbench.cli.accuracy import accuracy
from archbench.cli.backends import backends
from archbench.cli.baseline import baseline
from archbench.cli.behaviour import advise, findings, steps
from archbench.cli.calibrate import calibrate
from archbench.cli.cases import cases
from archbench.cli.compare import compare
from archbench.cli.cost import cost
from archbench.cli.distribute import distribute, node
from archbench.cli.doctor import doctor
from archbench.cli.fuzz import fuzz
from archbench.cli.gate import gate
from archbench.cli.history import bisect, history
from archbench.cli.instruments import instruments
from archbench.cli.layers import layers
from archbench.cli.merge import merge
from archbench.cli.peaks import peaks
from archbench.cli.power import power
from archbench.cli.predict import predict
from archbench.cli.report import report
from archbench.cli.roofline import roofline
from archbench.cli.search import search
from archbench.errors import ArchbenchError

_USAGE = 2
_INTERRUPTED = 130


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="archbench")
def command() -> None:
    """How the form of a convolutional network becomes speed on this machine.

    Measuring is done by pytest: `pytest benchmarks/`. These commands list cases, price them, judge what was measured, and
    compare two environments.
    """


for _subcommand in (
    ab,
    accuracy,
    advise,
    backends,
    baseline,
    bisect,
    calibrate,
    cases,
    compare,
    cost,
    distribute,
    doctor,
    findings,
    fuzz,
    gate,
    history,
    instruments,
    layers,
    merge,
    node,
    peaks,
    power,
    predict,
    report,
    roofline,
    search,
    steps,
):
    command.add_command(_subcommand)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command and exit."""
    try:
        status = command.main(args=arguments, prog_name="archbench", standalone_mode=False)
    except click.ClickException as error:
        _fail(error.format_message())
    except ArchbenchError as error:
        _fail(str(error))
    except click.Abort:
        sys.exit(_INTERRUPTED)
    except BrokenPipeError:
        # The reader (`head`) has gone; nothing may be flushed to it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    sys.exit(status if isinstance(status, int) else 0)


def _fail(message: str) -> None:
    click.echo(f"archbench: {' '.join(message.split())}", err=True)
    sys.exit(_USAGE)
