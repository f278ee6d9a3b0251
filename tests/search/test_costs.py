"""What a network costs by each objective."""

import pytest

from archbench.contracts import backend_named, instrument_named
from archbench.errors import RecordFileError
from archbench.machine.fingerprint import read_fingerprint
from archbench.prediction.predictor import Family, Platform, Predictor
from archbench.prediction.store import save
from archbench.search.costs import Costs
from archbench.search.lane import Lane
from archbench.search.plan import SearchPlan
from archbench.workloads.kws import KwsWorkload, operations, parse_units

TINY = KwsWorkload(units=parse_units("-".join(["3x3m10"] * 6)))
DEARER = KwsWorkload(units=parse_units("-".join(["5x5m40"] * 6)))
CALLGRIND = instrument_named("callgrind")
OPENVINO = "openvino-cpu-f32"


@pytest.fixture
def costs(tmp_path, cache_root):
    """Costs of a plan's objectives; closed at the end."""
    opened = []

    def of(*objectives, **asked):
        with Lane(tmp_path / "lane") as lane, Costs(SearchPlan(objectives=objectives, **asked), lane, cache_root) as found:
            opened.append(found)
            return [found.of(workload) for workload in (TINY, DEARER)]

    return of


def predictor(call_seconds):
    """Every kernel takes a microsecond, and a call what is given."""
    prices = (1e-6, 0.0, 0.0, 0.0, 0.0, 0.0)
    version = backend_named(OPENVINO).version()
    platform = Platform(backend=OPENVINO, version=version, threads=1, isa=None, fingerprint=read_fingerprint().key, pace=1e-4)
    families = {"Convolution brgconv_avx512": Family(prices=prices, units=1)}
    return Predictor(platform=platform, call_seconds=call_seconds, families=families, method="sums alone", tried={})


def test_operations_are_counted_from_the_form(costs):
    assert costs("operations") == [(float(operations(TINY)),), (float(operations(DEARER)),)]


@pytest.mark.slow
def test_costs_come_in_the_order_of_the_objectives(costs):
    (first, latency), (second, more) = costs("operations", f"latency:{OPENVINO}")

    assert (first, second) == (operations(TINY), operations(DEARER))
    assert 0 < latency < more < 1


@pytest.mark.slow
@pytest.mark.skipif(CALLGRIND.absence() is not None, reason=str(CALLGRIND.absence()))
def test_instructions_are_simulated(costs):
    (tiny,), (dearer,) = costs(f"instructions:{OPENVINO}")

    assert tiny == int(tiny)
    assert 2 * tiny < dearer
    # A vector of eight multiplies and adds in two instructions: of thrice as many as there are operations nothing is left.
    assert dearer < 3 * operations(DEARER)


@pytest.mark.slow
def test_a_prediction_is_the_predictors(costs, tmp_path):
    save(predictor(2e-3), tmp_path / "prices.json")

    ((tiny,), _) = costs("predicted", predictor=str(tmp_path / "prices.json"))

    # Six convolutions and what stands between them, a microsecond each.
    assert 2e-3 + 6e-6 <= tiny < 2e-3 + 60e-6


def test_a_predictor_that_is_none_is_one_line(costs, tmp_path):
    (tmp_path / "prices.json").write_text("{}")

    with pytest.raises(RecordFileError, match=r"prices\.json is no predictor of this archbench"):
        costs("predicted", predictor=str(tmp_path / "prices.json"))
