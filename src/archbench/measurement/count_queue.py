"""Which case a lane of the counting session reads next. Each lane is a CPU with one simulated process at work."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable

from archbench.contracts import Form, backend_named
from archbench.workloads.case import Case

#: What cases counted by forks of one process have in common: form, ISA cap and threads.
Kind = tuple[Form, str | None, int]

#: A process takes as long to start as a case or two to be counted.
_WORTH_HELP = 2


def kind_of(case: Case) -> Kind:
    """What a process must be for the case to be counted in a fork of it."""
    return (backend_named(case.backend).form, case.isa, case.threads)


class Waiting:
    """Cases that wait to be counted. Lanes take them from threads of their own."""

    def __init__(self, cases: Iterable[Case]) -> None:
        self._lock = threading.Lock()
        self._cases: dict[Kind, deque[Case]] = {}
        self._begun: set[Kind] = set()
        for case in cases:
            self._cases.setdefault(kind_of(case), deque()).append(case)

    def take(self, kind: Kind | None) -> Case | None:
        """The next case of that kind; else one of a kind nobody has begun, or that has most left; None if there is none.

        A lane that must start another process helps with no kind of which so few are left that it would come late.
        """
        with self._lock:
            if kind is None or not self._cases[kind]:
                open_kinds = [other for other, left in self._cases.items() if len(left) >= self._worth(other)]
                if not open_kinds:
                    return None
                kind = max(open_kinds, key=lambda other: (other not in self._begun, len(self._cases[other])))
            self._begun.add(kind)
            return self._cases[kind].popleft()

    def _worth(self, kind: Kind) -> int:
        return _WORTH_HELP if kind in self._begun else 1
