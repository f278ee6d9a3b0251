"""Ray as the engine of a distributed run: one measuring slot a node, nodes labelled by their fingerprint."""

from __future__ import annotations

import dataclasses
import socket
import sys
from collections.abc import Mapping
from typing import Any

from archbench.cache import default_cache_root
from archbench.errors import UsageError, WorkerError, one_line
from archbench.machine.fingerprint import read_fingerprint
from archbench.measurement.distribution import Done, Work
from archbench.measurement.session import PairedSession
from archbench.measurement.settings import SessionSettings
from archbench.records.record import CaseRecord

_SLOT = "archbench_slot"
_FINGERPRINT = "fingerprint:"

#: Any share of the label will do: it says where, and the slot how many.
_SHARE = 0.001

_POLL_S = 5.0
_ANSWER_S = 5.0


def node_resources() -> Mapping[str, int]:
    """The custom resources that this machine offers as a node."""
    return {_SLOT: 1, f"{_FINGERPRINT}{read_fingerprint().key}": 1}


class RayCluster:
    """The nodes of one fingerprint in a Ray cluster. Close it, or use it as a context manager."""

    def __init__(self, address: str, fingerprint: str | None, settings: SessionSettings) -> None:
        """Connect to the cluster at `address`; `fingerprint` may be None where all nodes have the same.

        Raises:
            UsageError: Ray is not installed, there is no cluster, or not one of that fingerprint.
        """
        _require_listener(address)
        try:
            import ray
        except ImportError as error:
            raise UsageError("ray is not installed; install archbench[ray].") from error
        self._ray = ray
        self._settings = settings
        self._under_way: dict[Any, Work] = {}
        try:
            ray.init(address=address, log_to_driver=False, logging_level="error")
        except (ConnectionError, ValueError, RuntimeError) as error:
            raise UsageError(f"no Ray cluster answers at {address}: {one_line(error)}.") from error
        try:
            self.fingerprint = _only(self._fingerprints(), fingerprint)
        except UsageError:
            self.close()
            raise
        place = {_SLOT: 1, f"{_FINGERPRINT}{self.fingerprint}": _SHARE}
        self._measure = ray.remote(num_cpus=0, max_retries=0, resources=place, scheduling_strategy="SPREAD")(_measure)

    def __enter__(self) -> RayCluster:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Leave the cluster; what is under way there ends."""
        self._ray.shutdown()

    def submit(self, work: Work) -> None:
        self._under_way[self._measure.remote(work, self._settings, self.fingerprint)] = work

    def next_done(self) -> Done:
        while True:
            ready, _ = self._ray.wait(list(self._under_way), timeout=_POLL_S)
            if ready:
                return self._take(ready[0])
            if self.fingerprint not in self._fingerprints():
                raise WorkerError(
                    f"no node of {self.fingerprint} is left; start one, then go on with `archbench distribute --resume`."
                )

    def _take(self, reference: Any) -> Done:
        work = self._under_way.pop(reference)
        try:
            node, records = self._ray.get(reference)
        except self._ray.exceptions.RayTaskError as error:
            raise WorkerError(f"a node could not measure: {one_line(error.cause or error)}") from error
        except self._ray.exceptions.RayError:
            return Done(work=work)
        return Done(work=work, node=node, records=records)

    def _fingerprints(self) -> set[str]:
        nodes = [node["Resources"] for node in self._ray.nodes() if node["Alive"]]
        names = (name for resources in nodes if _SLOT in resources for name in resources)
        return {name.removeprefix(_FINGERPRINT) for name in names if name.startswith(_FINGERPRINT)}


def _require_listener(address: str) -> None:
    """Make sure that somebody answers at HOST:PORT: Ray itself would try for minutes.

    Raises:
        UsageError: nobody does.
    """
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal():
        raise UsageError(f"--address takes HOST:PORT of the head of a Ray cluster, but got {address!r}.")
    try:
        socket.create_connection((host, int(port)), _ANSWER_S).close()
    except (OSError, OverflowError) as error:
        raise UsageError(f"no Ray cluster answers at {address}: {one_line(error)}.") from error


def _only(found: set[str], wanted: str | None) -> str:
    listed = ", ".join(sorted(found)) or "none"
    if wanted is not None and wanted not in found:
        raise UsageError(f"the cluster has no measuring node of {wanted}; those it has are of: {listed}.")
    if wanted is None and len(found) != 1:
        raise UsageError(f"name one machine with --machine; the cluster's measuring nodes are of: {listed}.")
    return wanted or next(iter(found))


def _measure(work: Work, settings: SessionSettings, fingerprint: str) -> tuple[str, list[CaseRecord]]:
    """Done on the node, with its own interpreter and cache."""
    import ray

    here = read_fingerprint().key
    if here != fingerprint:
        raise WorkerError(f"a node labelled {fingerprint} is a {here}; start it with the labels that `archbench node` prints.")
    plans = [dataclasses.replace(plan, python=sys.executable) for plan in work.plans]
    with PairedSession(dataclasses.replace(settings, cache=default_cache_root())) as session:
        return ray.get_runtime_context().get_node_id()[:8], session.measure(plans)
