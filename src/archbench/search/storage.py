"""Where a study is kept: a journal file by default, or a database that many machines share. Every trial is there as it ends."""

from __future__ import annotations

import logging
import warnings
from pathlib import Path
from urllib.parse import urlsplit

import optuna
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend, JournalRedisBackend
from optuna.study import StudyDirection
from sqlalchemy.pool import NullPool

from archbench.errors import UsageError, last_line, one_line
from archbench.search.plan import SearchPlan


def journal_url(folder: Path) -> str:
    """The storage that a search has where none is named."""
    return str(folder / "journal.log")


def open_study(storage: str, name: str, plan: SearchPlan) -> optuna.Study:
    """The study of that name, made if there is none: accuracy to be high, each cost low.

    Args:
        storage: path of a journal file, or a URL: `redis://...`, or any that SQLAlchemy knows, such as `postgresql+psycopg://...`.
        name: of the study.
        plan: what is searched.

    Raises:
        UsageError: the storage cannot be read or written, or holds another study of that name.
    """
    optuna.logging.set_verbosity(logging.ERROR)
    directions = [StudyDirection.MAXIMIZE, *(StudyDirection.MINIMIZE for _ in plan.objectives)]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            study = optuna.create_study(storage=_open(storage), study_name=name, directions=directions, load_if_exists=True)
            known = len(study.directions)
    except Exception as error:  # every database has errors of its own
        raise UsageError(f"cannot use the storage {_without_password(storage)}: {_reason(error)}") from error
    if known != len(directions):
        raise UsageError(f"{_without_password(storage)} holds a study of {known - 1} objective beside accuracy under {name!r}.")
    return study


def _open(storage: str) -> BaseStorage:
    scheme = urlsplit(storage).scheme
    if scheme in ("redis", "rediss"):
        return JournalStorage(JournalRedisBackend(storage))
    if "://" in storage:
        # Workers look at the study every few seconds: a connection kept open would only hold a place at the server.
        return RDBStorage(storage, engine_kwargs={"poolclass": NullPool})
    Path(storage).parent.mkdir(parents=True, exist_ok=True)
    return JournalStorage(JournalFileBackend(storage))


def _reason(error: Exception) -> str:
    """What the database said, without what the library between appends to it."""
    said = getattr(error, "orig", None)
    return last_line(error) if said is None else one_line(said)


def _without_password(storage: str) -> str:
    password = urlsplit(storage).password if "://" in storage else None
    return storage.replace(f":{password}@", ":***@") if password else storage
