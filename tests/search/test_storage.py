"""Where a study is kept: a journal, SQLite, a real Redis and a real PostgreSQL; and what cannot be used."""

import pytest

from archbench.errors import UsageError
from archbench.search.plan import SearchPlan
from archbench.search.storage import open_study
from tests.search.test_study import make

PLAN = SearchPlan(trials=3, rounds=1)


@pytest.mark.parametrize("kind", ["journal", "sqlite", "redis_url", "postgresql_url"])
def test_trials_are_there_for_the_next_process(kind, tmp_path, request):
    urls = {"journal": str(tmp_path / "deep" / "journal.log"), "sqlite": f"sqlite:///{tmp_path}/study.db"}
    url = urls[kind] if kind in urls else request.getfixturevalue(kind)
    made = make(open_study(url, "study", PLAN), PLAN, 2)

    study = open_study(url, "study", PLAN)

    assert len(made) == 2
    assert len(study.trials) == 2
    assert len(make(study, PLAN)) == 1


@pytest.mark.parametrize(
    ("storage", "message"),
    [
        ("redis://127.0.0.1:1/0", r"cannot use the storage redis://127\.0\.0\.1:1/0: .*refused"),
        (
            "postgresql+psycopg://user:secret@127.0.0.1:1/db",
            r"cannot use the storage postgresql\+psycopg://user:\*\*\*@127.*refused",
        ),
        ("nonsense://here", "cannot use the storage nonsense://here: "),
        ("sqlite:////nowhere/study.db", "cannot use the storage sqlite:////nowhere/study.db: unable to open"),
    ],
)
def test_a_storage_that_cannot_be_used_is_one_line(storage, message):
    with pytest.raises(UsageError, match=message) as caught:
        open_study(storage, "study", PLAN)
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_broken_journal_is_one_line(tmp_path):
    (tmp_path / "journal.log").write_text("not a journal\nat all\n")

    with pytest.raises(UsageError, match=r"cannot use the storage .*journal\.log: "):
        open_study(str(tmp_path / "journal.log"), "study", PLAN)


def test_a_folder_is_no_journal(tmp_path):
    with pytest.raises(UsageError, match=r"cannot use the storage .*: "):
        open_study(str(tmp_path), "study", PLAN)


def test_a_study_of_more_objectives_is_another(tmp_path):
    url = str(tmp_path / "journal.log")
    open_study(url, "study", PLAN)

    with pytest.raises(UsageError, match="holds a study of 1 objective beside accuracy"):
        open_study(url, "study", SearchPlan(objectives=("operations", "latency:torch")))
