"""A share of a run: several machines, or several nights of one, measure it piece by piece."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from archbench.errors import ShardError
from archbench.workloads.layer import LayerWorkload
from archbench.workloads.workload import Workload

_FORM = re.compile(r"(?P<index>\d{1,6})/(?P<count>\d{1,6})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Shard:
    """The share `index` of `count`, from 1: all of them together are the whole, and nothing is in two.

    What is in it depends on nothing but the name of a thing, so that every process and machine splits alike and a thing that is
    added to a profile moves no other one.

    Raises:
        ShardError: `1 <= index <= count` does not hold.
    """

    index: int
    count: int

    def __post_init__(self) -> None:
        if not 1 <= self.index <= self.count:
            raise ShardError(f"`1 <= INDEX <= COUNT` must hold of a shard INDEX/COUNT, but got {self}.")

    def __str__(self) -> str:
        return f"{self.index}/{self.count}"

    def holds(self, name: str) -> bool:
        """Whether what has that name is in this shard."""
        return int.from_bytes(hashlib.sha256(name.encode()).digest()) % self.count == self.index - 1

    def has(self, workload: Workload) -> bool:
        """Whether the cases of `workload` are in this shard: all of them are, so that backends stay paired."""
        return self.holds(_common(workload).id)


def _common(workload: Workload) -> Workload:
    """What stands for all workloads whose difference is a result, which is worth nothing across machines.

    These are the networks of few copies and of many of an operator, and those of the operator that it was put behind.
    """
    return (workload.context or workload).kind if isinstance(workload, LayerWorkload) else workload


def parse_shard(text: str) -> Shard:
    """The shard that `text`, as 3/8, names.

    Raises:
        ShardError: it names none.
    """
    match = _FORM.fullmatch(text)
    if match is None:
        raise ShardError(f"a shard is INDEX/COUNT, for instance 3/8, but got {text!r}.")
    return Shard(int(match["index"]), int(match["count"]))
