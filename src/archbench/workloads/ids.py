"""Ids back into workloads and cases.

Workload id: `pattern-dDEPTH-wWIDTH-kKERNEL[-gGROUPS][-rRATIO]-ROWSxCOLUMNS-bBATCH`.
Case id: `workload:backend:tTHREADS[:isa]`.
A parsed id is accepted only if it is canonical: formatting it again gives the same string.
"""

from __future__ import annotations

import re

from archbench.errors import CaseIdError
from archbench.workloads.case import Case
from archbench.workloads.pattern import PatternWorkload

_WORKLOAD = re.compile(
    r"(?P<pattern>[a-z]+(?:-[a-z]+)*)-d(?P<depth>\d+)-w(?P<width>\d+)-k(?P<kernel>\d+)"
    r"(?:-g(?P<groups>\d+))?(?:-r(?P<ratio>\d+))?-(?P<rows>\d+)x(?P<columns>\d+)-b(?P<batch>\d+)",
    re.ASCII,
)
_CASE = re.compile(r"(?P<workload>[^:]+):(?P<backend>[^:]+):t(?P<threads>\d+)(?::(?P<isa>[^:]+))?", re.ASCII)


def parse_workload(text: str) -> PatternWorkload:
    """The workload that `text` names.

    Raises:
        CaseIdError: `text` is not a canonical workload id.
        UnknownNameError: its pattern is unknown.
        WorkloadError: its pattern cannot have that shape.
    """
    match = _WORKLOAD.fullmatch(text)
    if match is None:
        raise CaseIdError(
            f"{text!r} is not a workload id. The form is pattern-dDEPTH-wWIDTH-kKERNEL[-gGROUPS][-rRATIO]-ROWSxCOLUMNS-bBATCH,"
            " for instance standard-d10-w64-k3-28x28-b1; `archbench cases` lists ids."
        )
    number = {name: int(value) for name, value in match.groupdict().items() if name != "pattern" and value is not None}
    workload = PatternWorkload(
        pattern=match["pattern"],
        depth=number["depth"],
        width=number["width"],
        resolution=(number["rows"], number["columns"]),
        batch=number["batch"],
        kernel=number["kernel"],
        groups=number.get("groups"),
        ratio=number.get("ratio"),
    )
    if workload.id != text:
        raise CaseIdError(f"{text!r} is not canonical; write {workload.id!r}.")
    return workload


def parse_case(text: str) -> Case:
    """The case that `text` names.

    Raises:
        CaseIdError: `text` is not a canonical case id.
        UnknownNameError, WorkloadError: as `parse_workload`, and for an unknown backend or ISA cap.
    """
    match = _CASE.fullmatch(text)
    if match is None:
        raise CaseIdError(
            f"{text!r} is not a case id. The form is WORKLOAD:BACKEND:tTHREADS[:ISA]; `archbench cases` lists ids."
        )
    case = Case(
        workload=parse_workload(match["workload"]),
        backend=match["backend"],
        threads=int(match["threads"]),
        isa=match["isa"],
    )
    if case.id != text:
        raise CaseIdError(f"{text!r} is not canonical; write {case.id!r}.")
    return case
