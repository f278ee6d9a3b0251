"""The table of accuracies: a line each, and reasons once."""

from archbench.records.accuracy import AccuracyRecord, Quantization
from archbench.report.accuracy import accuracy_table
from tests.experiments.test_accuracy import lost


def absent(network):
    return AccuracyRecord(
        network=network, dataset="digits", images=600, backend="openvino-cpu-bf16", precision="bf16", reason="no bfloat16 here"
    )


def test_a_line_shows_accuracy_drop_and_proof():
    (_, line) = accuracy_table([lost(6)]).splitlines()

    assert " ".join(line.split()) == (
        "standard-relu openvino-cpu-int8 99.0% [97.8, 99.5] +1.0 [+0.1, +1.9] 0.031 99.0% 1.0e-01 5 u8"
    )


def test_how_it_was_quantized_is_told_where_it_is_unusual():
    shown = accuracy_table(
        [lost(0, quantization=Quantization(max_drop=0.01)), lost(0, quantization=Quantization(per_channel=False))]
    )

    assert "openvino-cpu-int8, controlled 1 " in shown
    assert "openvino-cpu-int8, by tensor " in shown


def test_a_reason_is_told_once():
    shown = accuracy_table([absent(f"network-{index}") for index in range(5)])

    assert shown.splitlines()[1:] == ["not measured: openvino-cpu-bf16 (5 networks): no bfloat16 here"]
    assert "(network-0, network-1)" in accuracy_table([absent("network-0"), absent("network-1")])
