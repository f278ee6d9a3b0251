"""The command as a user types it, carried out in this process: to start Python and import scipy anew takes a second."""

import contextlib
import io
import subprocess

from archbench.cli.main import main


def archbench(*arguments, cwd="."):
    """What the command answers in folder `cwd`. What it does not turn into one line is raised, as a user would see it."""
    out, err = io.StringIO(), io.StringIO()
    code = 0
    with contextlib.chdir(cwd), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main([str(argument) for argument in arguments])
        except SystemExit as stopped:
            code = stopped.code or 0
    return subprocess.CompletedProcess(arguments, code, out.getvalue(), err.getvalue())
