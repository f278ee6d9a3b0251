"""The claim on accuracy, on drops with a known truth."""

import pytest

from archbench.experiments.accuracy import int8_destroys_accuracy
from archbench.experiments.claim import Outcome
from archbench.records.accuracy import AccuracyRecord, Quantization, Score
from archbench.stats.proportion import mcnemar_p, paired_difference, share

IMAGES = 600


def lost(images, network="standard-relu", backend="openvino-cpu-int8", quantization=Quantization()):  # noqa: B008
    """A network that lost that many images and won none."""
    return AccuracyRecord(
        network=network,
        dataset="digits",
        images=IMAGES,
        backend=backend,
        precision="int8",
        quantization=quantization,
        score=Score(
            correct=IMAGES - images,
            accuracy=share(IMAGES - images, IMAGES),
            drop=paired_difference(images, 0, IMAGES),
            p_value=mcnemar_p(images, 0),
            agreement=1 - images / IMAGES,
            output_error=0.1,
            convolutions="5 u8",
        ),
    )


@pytest.mark.parametrize(
    ("drops", "outcome"),
    [
        ((0, 1, 3), Outcome.DOES_NOT_HOLD),
        ((0, 60), Outcome.HOLDS),
        ((0, 30), Outcome.INCONCLUSIVE),
        ((30, 60), Outcome.HOLDS),
        ((), Outcome.NOT_MEASURED),
    ],
)
def test_the_verdict_follows_the_intervals(drops, outcome):
    assert int8_destroys_accuracy([lost(images) for images in drops]).outcome is outcome


def test_the_evidence_names_the_worst():
    finding = int8_destroys_accuracy([lost(1), lost(60, network="grouped-relu", backend="onnxruntime-int8")])

    assert finding.evidence == (
        "of 2, 1 surely lose 5 points or more and 1 surely less; "
        "most is lost by grouped-relu on onnxruntime-int8: +10.0 [+7.5, +12.4]"
    )


@pytest.mark.parametrize("quantization", [None, Quantization(max_drop=0.01)])
def test_other_precisions_and_controlled_networks_do_not_count(quantization):
    assert int8_destroys_accuracy([lost(300, quantization=quantization)]).outcome is Outcome.NOT_MEASURED


def test_weights_quantized_by_tensor_count():
    assert int8_destroys_accuracy([lost(300, quantization=Quantization(per_channel=False))]).outcome is Outcome.HOLDS
