"""Ids back into workloads and cases.

Workload id: `pattern-dDEPTH-wWIDTH-kKERNEL[-gGROUPS][-rRATIO]-ROWSxCOLUMNS-bBATCH`, `network-ROWSxCOLUMNS-bBATCH`, where one
that was drawn at random is `drawnNUMBER`; of copies of an operator or block
`layer-iIN-oOUT-kKERNEL-sSTRIDE[-ACTIVATION]-ROWSxCOLUMNS-bBATCH-nCOPIES`; of a published keyword-spotting network
`kws-seed-bBATCH` or `kwsNUMBER-bBATCH`, of any other `kws-UNIT-...-UNIT-bBATCH` with six units `ROWSxCOLUMNSmFILTERS`; of a
model of the user's own `MODEL@SHAPE`.
Case id: `workload:backend:tTHREADS[:isa]`.
A parsed id is accepted only if it is canonical: formatting it again gives the same string.
"""

from __future__ import annotations

import functools
import re

from archbench.errors import CaseIdError
from archbench.workloads.case import Case
from archbench.workloads.drawn import DrawnWorkload
from archbench.workloads.kws import KwsWorkload, parse_units
from archbench.workloads.layer import LayerWorkload
from archbench.workloads.model import ModelWorkload, parse_shape
from archbench.workloads.network import NetworkWorkload
from archbench.workloads.pattern import PatternWorkload
from archbench.workloads.workload import Workload

_PATTERN = re.compile(
    r"(?P<pattern>[a-z]+(?:-[a-z]+)*)-d(?P<depth>\d+)-w(?P<width>\d+)-k(?P<kernel>\d+)"
    r"(?:-g(?P<groups>\d+))?(?:-r(?P<ratio>\d+))?-(?P<rows>\d+)x(?P<columns>\d+)-b(?P<batch>\d+)",
    re.ASCII,
)
_NETWORK = re.compile(r"(?P<network>[a-z][a-z0-9]*(?:-[a-z0-9]+)*)-(?P<rows>\d+)x(?P<columns>\d+)-b(?P<batch>\d+)", re.ASCII)
_DRAWN = re.compile(r"drawn(?P<number>\d+)-(?P<rows>\d+)x(?P<columns>\d+)-b(?P<batch>\d+)", re.ASCII)
_LAYER = re.compile(
    r"(?P<layer>[a-z][a-z0-9]*(?:-[a-z0-9]+)*)-i(?P<in_channels>\d+)-o(?P<out_channels>\d+)-k(?P<kernel>\d+)-s(?P<stride>\d+)"
    r"(?:-(?P<activation>[a-z][a-z0-9]*))?-(?P<rows>\d+)x(?P<columns>\d+)-b(?P<batch>\d+)-n(?P<copies>\d+)",
    re.ASCII,
)
_KWS = re.compile(r"(?P<name>kws-seed|kws\d+)-b(?P<batch>\d+)", re.ASCII)
_KWS_FOUND = re.compile(r"kws-(?P<units>\d+x\d+m\d+(?:-\d+x\d+m\d+)*)-b(?P<batch>\d+)", re.ASCII)
_MODEL = re.compile(r"(?P<name>.+)@(?P<shape>\d+(?:x\d+)*)", re.ASCII)
_REST = r":(?P<backend>[^:]+):t(?P<threads>\d+)(?::(?P<isa>[^:]+))?"
_CASE = re.compile(r"(?P<workload>[^:]+)" + _REST, re.ASCII)
_FUNCTION_CASE = re.compile(r"(?P<workload>[^:]+:[^:]+@[^:]+)" + _REST, re.ASCII)


def parse_workload(text: str) -> Workload:
    """The workload that `text` names.

    Raises:
        CaseIdError: `text` is not a canonical workload id.
        UnknownNameError: its pattern or network is unknown.
        WorkloadError: its pattern, or a keyword-spotting network, cannot have that shape.
        ModelError: it names no model.
    """
    workload = _read_workload(text)
    if workload.id != text:
        raise CaseIdError(f"{text!r} is not canonical; write {workload.id!r}.")
    return workload


def _read_workload(text: str) -> Workload:
    """As `parse_workload`, but of a text that need not be canonical."""
    if (match := _PATTERN.fullmatch(text)) is not None:
        return _pattern_workload(match)
    if (match := _LAYER.fullmatch(text)) is not None:
        return _layer_workload(match)
    if (match := _DRAWN.fullmatch(text)) is not None:
        return DrawnWorkload(number=int(match["number"]), batch=int(match["batch"]))
    if (match := _NETWORK.fullmatch(text)) is not None:
        return NetworkWorkload(network=match["network"], batch=int(match["batch"]))
    if (match := _KWS.fullmatch(text)) is not None:
        return KwsWorkload.named(match["name"], int(match["batch"]))
    if (match := _KWS_FOUND.fullmatch(text)) is not None:
        return KwsWorkload(units=parse_units(match["units"]), batch=int(match["batch"]))
    if (match := _MODEL.fullmatch(text)) is not None:
        return ModelWorkload(name=match["name"], shape=parse_shape(match["shape"]))
    raise CaseIdError(
        f"{text!r} is not a workload id. The form is pattern-dDEPTH-wWIDTH-kKERNEL[-gGROUPS][-rRATIO]-ROWSxCOLUMNS-bBATCH,"
        " network-ROWSxCOLUMNS-bBATCH, layer-iIN-oOUT-kKERNEL-sSTRIDE[-ACTIVATION]-ROWSxCOLUMNS-bBATCH-nCOPIES,"
        " kwsNUMBER-bBATCH or MODEL@SHAPE, for instance standard-d10-w64-k3-28x28-b1, resnet50-224x224-b1,"
        " conv-i64-o64-k3-s1-relu-28x28-b1-n4, kws1-b1 or net.onnx@1x3x224x224; `archbench cases` lists ids."
    )


def _pattern_workload(match: re.Match[str]) -> Workload:
    groups, ratio = match["groups"], match["ratio"]
    return PatternWorkload(
        pattern=match["pattern"],
        depth=int(match["depth"]),
        width=int(match["width"]),
        resolution=(int(match["rows"]), int(match["columns"])),
        batch=int(match["batch"]),
        kernel=int(match["kernel"]),
        groups=None if groups is None else int(groups),
        ratio=None if ratio is None else int(ratio),
    )


def _layer_workload(match: re.Match[str]) -> LayerWorkload:
    sizes = {name: int(match[name]) for name in ("in_channels", "out_channels", "kernel", "stride", "batch", "copies")}
    resolution = (int(match["rows"]), int(match["columns"]))
    return LayerWorkload(layer=match["layer"], activation=match["activation"], resolution=resolution, **sizes)


@functools.lru_cache(maxsize=2**16)
def parse_case(text: str) -> Case:
    """The case that `text` names.

    Raises:
        CaseIdError: `text` is not a canonical case id.
        UnknownNameError, WorkloadError: as `parse_workload`, and for an unknown backend or ISA cap.
    """
    match = _CASE.fullmatch(text) or _FUNCTION_CASE.fullmatch(text)
    if match is None:
        raise CaseIdError(
            f"{text!r} is not a case id. The form is WORKLOAD:BACKEND:tTHREADS[:ISA]; `archbench cases` lists ids."
        )
    case = Case(
        workload=_read_workload(match["workload"]),
        backend=match["backend"],
        threads=int(match["threads"]),
        isa=match["isa"],
    )
    if case.id != text:
        raise CaseIdError(f"{text!r} is not canonical; write {case.id!r}.")
    return case


def parse_workload_or_case(text: str) -> Workload | Case:
    """The case that `text` names if it has the form of one, else the workload.

    Raises:
        CaseIdError, UnknownNameError, WorkloadError, ModelError: as `parse_workload` and `parse_case`.
    """
    is_case = _CASE.fullmatch(text) or _FUNCTION_CASE.fullmatch(text)
    return parse_case(text) if is_case else parse_workload(text)
