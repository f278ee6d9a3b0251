"""Files that a command is asked to write."""

from __future__ import annotations

from pathlib import Path

from archbench.errors import UsageError


def require_writable(path: Path) -> None:
    """Refuse, before anything is done, a file that cannot be written; one that is there stays as it is.

    Raises:
        UsageError: it cannot.
    """
    try:
        existed = path.exists()
        with path.open("ab"):
            pass
        if not existed:
            path.unlink()
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}.") from error
