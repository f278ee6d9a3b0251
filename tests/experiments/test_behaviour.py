"""The behaviour study's findings and advice, on units whose latency is given by a formula."""

import dataclasses

import pytest

from archbench.cost.units import unit_cost
from archbench.experiments.advice import advise, precision_by_layer
from archbench.experiments.behaviour import CLAIMS, PLATFORM_CLAIMS, findings
from archbench.experiments.channel_sweep import channel_sweeps, step_changes
from archbench.experiments.claim import Outcome, judge
from archbench.experiments.fusion import fusions
from archbench.experiments.units import Platform, units_by_platform
from archbench.workloads.behaviour import ACTIVATIONS, BLOCKS, smoke
from archbench.workloads.layer import LayerWorkload
from tests.experiments.layer_records import layer_records

HERE = Platform(backend="openvino-cpu-f32", threads=1, isa="")
NAMES = [claim.name for claim in PLATFORM_CLAIMS]

PLAIN = 20e-6
#: Seconds an operation, were it all that counts.
RATE = 1e-11


def by_operations(kind):
    return PLAIN + RATE * unit_cost(kind).operations


def as_published(kind):
    """A platform on which every finding holds."""
    match kind.layer:
        case "conv" if kind.in_channels == 64:
            return PLAIN * (1 + (kind.out_channels - 1) // 16)
        case "depthwise" if kind.resolution == (28, 28) and kind.activation is None and kind.kernel == 3:
            return PLAIN * (1 + kind.out_channels / 64 + (0.3 if kind.out_channels % 16 else 0))
        case "concat" | "shuffle":
            return 4 * PLAIN
        case "mobilenet-v2-se-block":
            return 3 * by_operations(kind)
        case "shufflenet-v1-block":
            return 20 * by_operations(kind)
    return by_operations(kind) * (1.5 if kind.activation == "swish" else 1)


def as_simple(kind):
    """A platform on which latency is operations, and hardly anything else."""
    return PLAIN / 20 + 10 * RATE * unit_cost(kind).operations


def units(latency, **kwargs):
    kinds = {workload.kind for workload in smoke()}
    return units_by_platform(layer_records({kind: latency(kind) for kind in kinds}, **kwargs).values())


@pytest.fixture(scope="module")
def published():
    return units(as_published)


@pytest.fixture(scope="module")
def simple():
    return units(as_simple)


def outcomes(by_platform):
    return [by_name[HERE].outcome for by_name in findings(by_platform).values()]


def test_the_study_s_own_picture_holds(published):
    assert outcomes(published) == [Outcome.HOLDS] * 8 + [Outcome.NOT_MEASURED]


def test_where_latency_is_operations_the_findings_do_not_hold(simple):
    found = dict(zip(NAMES, outcomes(simple), strict=True))

    refuted = ("behaviour-1", "behaviour-2", "behaviour-5", "behaviour-6", "behaviour-7")
    assert {name for name, outcome in found.items() if outcome is Outcome.DOES_NOT_HOLD} >= {
        name for name in NAMES if name.startswith(refuted)
    }


def test_a_sign_of_steps_that_is_too_weak_to_be_believed_leaves_the_claim_open():
    # Microseconds that a depthwise convolution of 4, 8, ... 68 channels took on an AMD EPYC: to the eye it zig-zags.
    seen = (2.35, 2.32, 2.5, 2.05, 4.3, 4.05, 4.45, 3.5, 6.2, 5.95, 6.5, 4.92, 8.0, 7.5, 8.28, 6.3, 10.75)
    by_channels = dict(zip(range(4, 69, 4), seen, strict=True))
    faint = units(
        lambda kind: (
            1e-6 * by_channels[kind.out_channels]
            if (kind.layer, kind.resolution, kind.kernel, kind.activation) == ("depthwise", (28, 28), 3, None)
            else as_simple(kind)
        )
    )
    sweep = next(sweep for sweep in channel_sweeps(faint[HERE]) if sweep.kind.layer == "depthwise")

    assert not sweep.steps.is_stepped
    assert findings(faint)["behaviour-2-depthwise-latency-zigzags"][HERE].outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize(("gain", "outcome"), [(1.6, Outcome.HOLDS), (3.0, Outcome.DOES_NOT_HOLD)])
def test_8_bits_are_held_against_the_same_runtime(gain, outcome):
    lowered = units(lambda kind: as_simple(kind) / gain, backend="openvino-cpu-int8")
    here = Platform(backend="openvino-cpu-int8", threads=1, isa="")

    found = findings({**units(as_simple), **lowered})["behaviour-9-int8-gains-less-than-twofold"]

    assert found[here].outcome is outcome
    assert found[HERE].outcome is Outcome.NOT_MEASURED


def test_a_claim_over_a_run_names_every_platform():
    kinds = {workload.kind for workload in smoke() if workload.layer == "conv"}
    records = {
        **layer_records({kind: as_published(kind) for kind in kinds}),
        **layer_records({kind: as_simple(kind) for kind in kinds}, backend="torch"),
    }

    found = judge(CLAIMS[0], records)

    assert found.outcome is Outcome.DOES_NOT_HOLD
    assert "holds: openvino-cpu-f32" in found.evidence
    assert "does not: torch" in found.evidence


def test_a_run_without_units_measures_nothing():
    assert {judge(claim, {}).outcome for claim in CLAIMS} == {Outcome.NOT_MEASURED}


def test_sweeps_are_found_with_their_steps(published):
    found = {sweep.kind.layer: sweep for sweep in channel_sweeps(published[HERE])}

    assert (found["conv"].steps.width, found["conv"].steps.edges) == (16, (16, 32, 48))
    assert found["conv"].name == "conv k3 of 64 channels at 14x14"
    assert found["depthwise"].name == "depthwise k3 at 28x28"


def test_advice_names_what_the_latencies_were_made_to_say(published):
    advice = advise(published)[HERE]

    assert advice.avoided == ("swish",)
    assert [entry.choice for entry in advice.activations] == [name for name in ACTIVATIONS if name != "relu"]
    whole, left = advice.pruning_space
    assert whole == pytest.approx(30.0**14)
    assert whole / left == pytest.approx(16.0**14)
    place = next(place for place in advice.places if place.pixels == "14x14")
    assert {name for name, _ in place.blocks} == set(BLOCKS)
    assert place.blocks[-1][0] == "shufflenet-v1-block" or "shufflenet-v1-block" in place.dominated
    blocks, worth = advice.block_space
    assert blocks == 8 * 8
    assert worth < blocks


def test_the_published_pruning_space_comes_out_at_width_8():
    kinds = [LayerWorkload(layer="conv", in_channels=64, out_channels=count) for count in range(2, 66, 2)]
    eight = units_by_platform(layer_records({kind: PLAIN * (1 + (kind.out_channels - 1) // 8) for kind in kinds}).values())

    whole, left = advise(eight)[HERE].pruning_space

    assert 1e12 < whole / left < 1e13


def test_without_sweeps_there_is_no_space_to_speak_of():
    alone = units_by_platform(
        layer_records({LayerWorkload(layer="linear", in_channels=8, out_channels=8, resolution=(1, 1)): PLAIN}).values()
    )
    advice = advise(alone)[HERE]

    assert (advice.pruning_space, advice.block_space, advice.channels) == (None, None, ())


def test_platforms_are_ranked_by_layer_on_the_sizes_they_share(simple):
    faster = units(lambda kind: by_operations(kind) / 2, backend="openvino-cpu-bf16")
    few = {HERE: simple[HERE], **{platform: dict(list(found.items())[:40]) for platform, found in faster.items()}}

    ranked = precision_by_layer(few)

    assert ranked["conv"] == ("openvino-cpu-bf16", "openvino-cpu-f32")


def test_an_unresolved_unit_is_left_out(simple):
    hidden = {kind: dataclasses.replace(measured, seconds=None) for kind, measured in simple[HERE].items()}

    assert set(outcomes({HERE: hidden})) == {Outcome.NOT_MEASURED}
    assert list(channel_sweeps(hidden)) == []


def test_steps_that_moved_are_told(published):
    kinds = [workload.kind for workload in smoke() if workload.layer == "conv" and workload.in_channels == 64]
    eight = units_by_platform(layer_records({kind: PLAIN * (1 + (kind.out_channels - 1) // 8) for kind in kinds}).values())

    (change,) = step_changes(published, eight)

    assert change.startswith("conv k3 of 64 channels at 14x14 on openvino-cpu-f32: staircase of 16 channels")
    assert change.endswith("counts worth using no longer: none; newly: 8, 24, 40, 56")
    assert step_changes(published, published) == []
    assert step_changes({}, published) == []


def test_an_activation_is_fused_or_adds_a_node():
    plain = LayerWorkload(layer="conv", in_channels=8, out_channels=8)
    activated = {name: dataclasses.replace(plain, activation=name) for name in ("relu", "swish")}
    records = layer_records({plain: PLAIN, activated["relu"]: PLAIN, activated["swish"]: 2 * PLAIN})
    for case_id, entry in records.items():
        if "swish" in case_id:
            copies = int(case_id.partition("-n")[2].partition(":")[0])
            graph = (*entry.executed_graph, *(f"Eltwise jit {index}" for index in range(copies)))
            records[case_id] = dataclasses.replace(entry, executed_graph=graph)

        elif "relu" in case_id:
            graph = tuple(line.replace("Convolution", "Convolution+Relu") for line in entry.executed_graph)
            records[case_id] = dataclasses.replace(entry, executed_graph=graph)

    relu, swish = fusions(units_by_platform(records.values())[HERE])

    assert (relu.layer, relu.nodes, relu.sizes) == ("conv relu", (), 1)
    assert (swish.layer, swish.nodes) == ("conv swish", ("Eltwise",))
    assert relu.ratio.estimate == pytest.approx(1, rel=0.05)
    assert swish.ratio.estimate == pytest.approx(2, rel=0.05)
