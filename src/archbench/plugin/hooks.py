"""The pytest11 entry point: every pytest and pytest-benchmark hook that archbench answers."""

from __future__ import annotations

import platform
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from archbench.errors import ArchbenchError, UsageError
from archbench.gate.baselines import find_baseline
from archbench.gate.verdict import NO_BASELINE_STATUS, GateReport, Outcome
from archbench.machine.fingerprint import read_fingerprint
from archbench.plugin.fixtures import CLOCK, HARNESS, OPTIONS, archbench, archbench_run, model_factory, openvino_compile
from archbench.plugin.options import Options, add_options
from archbench.plugin.replay import ReplayClock
from archbench.records.runfile import KEY
from archbench.registry import HOT_PATHS
from archbench.workloads.case import Case
from archbench.workloads.experiment import experiment_named
from archbench.workloads.shard import Shard

if TYPE_CHECKING:
    from archbench.plugin.harness import Harness

__all__ = ["archbench", "archbench_run", "model_factory", "openvino_compile"]

REPORT = pytest.StashKey[GateReport | None]()

#: What was asked for, of which a shard is a share.
ASKED = pytest.StashKey[Sequence[pytest.Item]]()

#: Node ids of deselected tests that measure what they alone know.
DESELECTED = pytest.StashKey[tuple[str, ...]]()

_PARAMETER = "archbench_case"
_HOT_PATH = "archbench_hot_path"
_MARKERS = (
    "archbench_experiment(name): archbench_case runs over the cases of that experiment, read by its instrument as well",
    "archbench_on_request: runs only if -k or a path on the command line names its file",
)
_USAGE = 2


def pytest_addoption(parser: pytest.Parser) -> None:
    add_options(parser)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    try:
        options = Options.from_config(config)
    except ArchbenchError as error:
        pytest.exit(f"archbench: {error}", returncode=_USAGE)
    config.stash[OPTIONS] = options
    config.stash[CLOCK] = ReplayClock()
    for marker in _MARKERS:
        config.addinivalue_line("markers", marker)
    _point_storage_at_baselines(config, options)


def _point_storage_at_baselines(config: pytest.Config, options: Options) -> None:
    """Let a bare --benchmark-compare find the accepted baseline, and --benchmark-save put runs beside it."""
    if config.getoption("benchmark_storage") != "file://./.benchmarks":
        return
    found = find_baseline(config.rootpath / options.baselines, read_fingerprint().key, options.label())
    if found is not None:
        config.option.benchmark_storage = f"file://{found.parent}"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if _HOT_PATH in metafunc.fixturenames:
        metafunc.parametrize(_HOT_PATH, HOT_PATHS)
    if _PARAMETER not in metafunc.fixturenames:
        return
    wanted = _is_requested(metafunc.config, metafunc.definition)
    cases = metafunc.config.stash[OPTIONS].cases(_experiment_of(metafunc.definition)) if wanted else []
    metafunc.parametrize(_PARAMETER, cases, ids=[case.id for case in cases])


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What waits to be asked for is left out; tests that judge the run come after those that measure."""
    asked = [item for item in items if _is_requested(config, item)]
    waited = {case.id for item in asked if _waits(item) and (case := _case_of(item)) is not None}
    asked = [item for item in asked if not _is_meant_elsewhere(config, item, waited)]
    kept = set(asked)
    unasked = [item for item in items if item not in kept]
    if unasked:
        config.hook.pytest_deselected(items=unasked)
        items[:] = asked
    items.sort(key=lambda item: "archbench_run" in _fixtures_of(item))
    config.stash[ASKED] = tuple(items)
    shard = config.stash[OPTIONS].shard
    if shard is not None:
        config.hook.pytest_deselected(items=[item for item in items if not _is_in(shard, item)])
        items[:] = [item for item in items if _is_in(shard, item)]


def pytest_deselected(items: Sequence[pytest.Item]) -> None:
    """Remember tests left out on request; what another shard measures is not."""
    for item in items:
        if ASKED not in item.config.stash and "archbench" in _fixtures_of(item) and _case_of(item) is None:
            item.config.stash[DESELECTED] = (*item.config.stash.get(DESELECTED, ()), item.nodeid)


def _is_in(shard: Shard, item: pytest.Item) -> bool:
    """Whether a shard has this test: what judges the run waits for all of them, what measures nothing is in each."""
    fixtures = _fixtures_of(item)
    if "archbench_run" in fixtures:
        return False
    if (case := _case_of(item)) is not None:
        return shard.has(case.workload)
    if (hot_path := _parameters_of(item).get(_HOT_PATH)) is not None:
        return shard.holds(hot_path)
    # A model of one's own is known when its test runs; the test's parameters may be its backends, which stay paired.
    return "benchmark" not in fixtures or shard.holds(item.nodeid.partition("[")[0])


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Give pytest-benchmark the replaying timer, and the workload as its group."""
    if "archbench" in _fixtures_of(item):
        case = _case_of(item)
        group = {} if case is None else {"group": case.workload.id}
        item.add_marker(pytest.mark.benchmark(timer=item.config.stash[CLOCK].now, **group))


def pytest_collection_finish(session: pytest.Session) -> None:
    config = session.config
    if config.getoption("collectonly"):
        return
    shard = config.stash[OPTIONS].shard
    whole = session.items if shard is None else config.stash.get(ASKED, ())
    asked = [item for item in whole if {"archbench", "archbench_run"} & set(_fixtures_of(item))]
    if not asked:
        return
    from archbench.plugin.harness import Harness

    kept = set(session.items)
    used = [item for item in asked if item in kept]

    benchmarks: Any = config.pluginmanager.get_plugin("pytest-benchmark")
    cases = [case for item in used if (case := _case_of(item)) is not None]
    check_only = benchmarks.disabled and config.stash[OPTIONS].counting is None
    try:
        experiments = _experiments_of(asked)
        harness = Harness(
            config.stash[OPTIONS],
            config.rootpath,
            cases,
            _announcer(config),
            check_only=check_only,
            experiments=experiments,
            deselected_tests=config.stash.get(DESELECTED, ()),
            hot_paths=[name for item in used if (name := _parameters_of(item).get(_HOT_PATH)) is not None],
        )
    except ArchbenchError as error:
        pytest.exit(f"archbench: {error}", returncode=_USAGE)
    config.stash[HARNESS] = harness
    if not used:
        _announcer(config)(f"archbench: shard {shard} holds none of the {len(asked)} tests asked for.")
    # pytest-benchmark has no unit but the second.
    benchmarks.disabled = benchmarks.disabled or not harness.timed
    if benchmarks.json is None and not benchmarks.disabled:
        benchmarks.json = harness.journal.folder / "run.json"


def _experiments_of(items: Sequence[pytest.Item]) -> tuple[str, ...]:
    """The experiments of the cases among `items`, each once.

    Raises:
        UsageError: the cases are not all measured alike, with one instrument and as many processes.
    """
    found = dict.fromkeys(_experiment_of(item) for item in items if _case_of(item) is not None)
    named = tuple(name for name in found if name is not None)
    ways = {None if name is None else experiment_named(name).way for name in found}
    if len(ways) > 1:
        raise UsageError(f"cases of {named[0]} are not measured like the others; run them apart.")
    return named


def _experiment_of(node: pytest.Item) -> str | None:
    marker = node.get_closest_marker("archbench_experiment")
    return None if marker is None else str(marker.args[0])


def _is_requested(config: pytest.Config, node: pytest.Item) -> bool:
    """Whether the command line names the file of a node that waits for that; true of every other node."""
    return not _waits(node) or _is_named(config, node)


def _is_meant_elsewhere(config: pytest.Config, item: pytest.Item, waited: Collection[str]) -> bool:
    """Whether -k chose a case by its own name only, which is also the name of an experiment that has it: `kws` is both."""
    case = _case_of(item)
    return case is not None and case.id in waited and not _waits(item) and not _is_named(config, item)


def _waits(node: pytest.Item) -> bool:
    return node.get_closest_marker("archbench_on_request") is not None


def _is_named(config: pytest.Config, node: pytest.Item) -> bool:
    paths = (Path(argument.partition("::")[0]).name for argument in config.args)
    return node.path.name in paths or node.path.stem.removeprefix("test_") in config.getoption("keyword")


def _announcer(config: pytest.Config) -> Callable[[str], None]:
    """A way to print a line while a test runs, past the capture of its output."""
    reporter: Any = config.pluginmanager.get_plugin("terminalreporter")
    capture: Any = config.pluginmanager.get_plugin("capturemanager")

    def say(line: str) -> None:
        if reporter is not None:
            with capture.global_and_fixture_disabled() if capture is not None else nullcontext():
                reporter.ensure_newline()
                reporter.write_line(line)

    return say


def _fixtures_of(item: pytest.Item) -> Sequence[str]:
    names: Sequence[str] = getattr(item, "fixturenames", ())
    return names


def _case_of(item: pytest.Item) -> Case | None:
    case: Case | None = _parameters_of(item).get(_PARAMETER)
    return case


def _parameters_of(item: pytest.Item) -> Mapping[str, Any]:
    parameters: Mapping[str, Any] = getattr(getattr(item, "callspec", None), "params", {})
    return parameters


def pytest_benchmark_generate_machine_info() -> Mapping[str, Any]:
    """The fingerprint in place of a dump that changes with the clock frequency."""
    machine = read_fingerprint()
    return {
        "node": platform.node(),
        "machine": platform.machine(),
        "system": platform.system(),
        "release": platform.release(),
        "python_implementation": platform.python_implementation(),
        "python_version": platform.python_version(),
        "cpu": asdict(machine),
        "fingerprint": machine.key,
    }


def pytest_benchmark_compare_machine_info(
    benchmarksession: Any, machine_info: Mapping[str, Any], compared_benchmark: Mapping[str, Any]
) -> bool:
    """Say so only when the machine itself differs."""
    compared = compared_benchmark.get("machine_info", {}).get("fingerprint")
    if compared != machine_info["fingerprint"]:
        benchmarksession.logger.warning(
            f"the compared run is of another machine ({compared}); only ratios between backends can be compared."
        )
    return True


def pytest_benchmark_update_json(config: pytest.Config, output_json: dict[str, Any]) -> None:
    harness = config.stash.get(HARNESS, None)
    if harness is not None:
        output_json[KEY] = msgspec.to_builtins(harness.section())


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> Iterator[None]:
    """Workers end before pytest-benchmark writes, so that nothing stays behind if writing fails."""
    harness = session.config.stash.get(HARNESS, None)
    if harness is not None:
        harness.close()
        harness.finish()
    if session.config.stash[OPTIONS].gate and not session.config.getoption("collectonly"):
        _gate(session, harness)
    if harness is not None and _is_ours_to_write(session.config, harness):
        try:
            _write_run(session.config, harness)
        except OSError as error:
            _say_unwritten(session, harness, error)
    if harness is not None and session.exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
        session.exitstatus = pytest.ExitCode.OK
    try:
        return (yield)
    except OSError as error:
        if harness is None:
            raise
        _say_unwritten(session, harness, error)
        return None


def _say_unwritten(session: pytest.Session, harness: Harness, error: OSError) -> None:
    _announcer(session.config)(
        f"archbench: the run file cannot be written: {error.strerror}; records are kept in {harness.journal.folder}."
    )
    session.exitstatus = _USAGE


def _is_ours_to_write(config: pytest.Config, harness: Harness) -> bool:
    """pytest-benchmark writes no file without timings: of a counted run, or of a shard that has nothing to time."""
    benchmarks: Any = config.pluginmanager.get_plugin("pytest-benchmark")
    is_bare_shard = harness.timed and config.stash[OPTIONS].shard is not None and not benchmarks.benchmarks
    return bool(harness.instead) or is_bare_shard


def _write_run(config: pytest.Config, harness: Harness) -> None:
    """The run file, in its journal and where --benchmark-json says."""
    from archbench.plugin.barefile import bare_document

    document = bare_document(config, harness.section(), pytest_benchmark_generate_machine_info())
    asked = config.getoption("benchmark_json")
    paths = [harness.journal.folder / "run.json", *([asked] if asked else [])]
    for path in paths:
        path.write_bytes(document)


def _gate(session: pytest.Session, harness: Harness | None) -> None:
    """Judge the run; the exit code is the gate's unless pytest itself was stopped."""
    if session.exitstatus not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED):
        return
    report = harness.gate() if harness is not None else None
    session.config.stash[REPORT] = report
    if harness is None or not any(record.processes or record.counts for record in harness.records.values()):
        session.exitstatus = Outcome.NOTHING_MEASURED.value
    elif report is None:
        session.exitstatus = NO_BASELINE_STATUS
    else:
        closed = report.outcome(strict=session.config.stash[OPTIONS].strict).value
        session.exitstatus = closed or session.exitstatus


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    harness = config.stash.get(HARNESS, None)
    if harness is None or not harness.records:
        return
    from archbench.experiments.claim import finding_lines
    from archbench.report.summary import run_summary

    terminalreporter.section("archbench")
    for line in run_summary(harness.records.values(), harness.phases).splitlines():
        terminalreporter.write_line(line)
    for line in finding_lines(harness.findings):
        terminalreporter.write_line(line)
    terminalreporter.write_line(f"records: {_relative(harness.journal.folder, config.rootpath)}")
    if config.stash[OPTIONS].shard is not None:
        terminalreporter.write_line(f"shard {config.stash[OPTIONS].shard}: join all run files with `archbench merge`")
    if config.stash[OPTIONS].gate:
        _show_gate(terminalreporter, config)


def _show_gate(terminalreporter: Any, config: pytest.Config) -> None:
    report = config.stash.get(REPORT, None)
    terminalreporter.section("gate")
    if report is None:
        terminalreporter.write_line("no baseline to judge by; make one with `archbench baseline accept RUN.json --reason ...`.")
        return
    from archbench.report.table import gate_table

    for line in gate_table(report).splitlines():
        terminalreporter.write_line(line)
    terminalreporter.write_line(f"gate: {report.outcome(strict=config.stash[OPTIONS].strict).text}")


def _relative(path: Path, root: Path) -> Path:
    return path.relative_to(root) if path.is_relative_to(root) else path
