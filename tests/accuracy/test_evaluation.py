"""A trained network on every backend: what is kept, what is proven, and a network that 8 bits destroy."""

import copy

import numpy as np
import pytest
import torch
from torch import nn

from archbench.accuracy import evaluation, training
from archbench.accuracy.block import Block
from archbench.accuracy.evaluation import JUDGED, Run, evaluate, score
from archbench.backends.onnxruntime_int8 import ONNXRUNTIME_INT8
from archbench.cache import ArtifactCache
from archbench.contracts import Form
from archbench.datasets.dataset import Dataset, Part
from archbench.datasets.digits import load_digits
from archbench.errors import BackendError, CacheError
from archbench.experiments.accuracy import DESTROYED, int8_destroys_accuracy
from archbench.experiments.claim import Outcome

STANDARD = Block(pattern="standard")
INT8 = ("openvino-cpu-int8", "onnxruntime-int8")


@pytest.fixture(scope="module")
def digits():
    """A part of the digits, so that quantizing is quick."""
    whole = load_digits()

    def few(part, count):
        return Part(images=part.images[:count], labels=part.labels[:count])

    return Dataset(
        name="digits",
        classes=10,
        train=whole.train,
        calibration=few(whole.calibration, 60),
        test=few(whole.test, 200),
    )


@pytest.fixture(scope="module")
def quick():
    """Trained for forty steps."""
    real = training.train
    return lambda block, dataset: real(block, dataset, steps=40)


@pytest.fixture(scope="module")
def evaluated(digits, quick, tmp_path_factory):
    cache = ArtifactCache(tmp_path_factory.mktemp("cache"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "train", quick)
        return cache, list(evaluate(STANDARD, digits, cache))


def by_title(records):
    return {record.title: record for record in records}


def test_every_backend_has_a_record(evaluated):
    _, records = evaluated

    assert [record.title for record in records] == [*JUDGED, "onnxruntime-int8, by tensor"]
    assert all((record.score is None) != (record.reason is None) for record in records)
    assert {record.images for record in records} == {200}


def test_float32_agrees_with_the_reference(evaluated):
    _, records = evaluated
    found = by_title(records)

    for name in ("torch", "openvino-cpu-f32"):
        assert found[name].score.output_error < 1e-5
        assert found[name].score.agreement == 1.0
        assert found[name].quantization is None
    assert found["torch"].score.drop is None
    assert found["openvino-cpu-f32"].score.drop.estimate == 0.0
    assert found["openvino-cpu-f32"].score.p_value == 1.0


@pytest.mark.parametrize("title", [*INT8, "onnxruntime-int8, by tensor"])
def test_8_bits_are_proven_and_cost_little(evaluated, title):
    _, records = evaluated
    found = by_title(records)[title].score

    assert found.convolutions == "5 u8"
    assert 1e-3 < found.output_error < 0.2
    assert abs(found.drop.estimate) < 0.05


def test_what_is_finished_is_not_done_again(evaluated, digits, monkeypatch):
    cache, records = evaluated
    monkeypatch.setattr(evaluation, "_outputs", None)
    monkeypatch.setattr(training, "train", None)

    assert list(evaluate(STANDARD, digits, cache)) == records


def test_an_absent_backend_is_listed_with_the_reason(evaluated, digits, monkeypatch):
    cache, _ = evaluated
    monkeypatch.setattr(type(ONNXRUNTIME_INT8), "absence", lambda self: "it is elsewhere")

    found = by_title(evaluate(STANDARD, digits, cache))

    assert found["onnxruntime-int8"].reason == "it is elsewhere"
    assert found["onnxruntime-int8"].score is None
    assert found["openvino-cpu-int8"].score is not None


def test_a_backend_that_fails_costs_itself_alone(evaluated, digits, monkeypatch, tmp_path):
    cache, _ = evaluated

    def refuse(*_):
        raise BackendError("no 8 bits\ngranted")

    monkeypatch.setattr(type(ONNXRUNTIME_INT8), "version", lambda self: "another")
    monkeypatch.setattr(type(ONNXRUNTIME_INT8), "load", refuse)

    found = by_title(evaluate(STANDARD, digits, cache))

    assert found["onnxruntime-int8"].reason == "no 8 bits granted"
    assert found["openvino-cpu-int8"].score is not None


def test_a_cache_that_cannot_be_written_is_no_backends_fault(digits, quick, tmp_path, monkeypatch):
    monkeypatch.setattr(training, "train", quick)
    (tmp_path / "cache").write_text("a file")

    with pytest.raises(CacheError, match="cannot write the cache"):
        list(evaluate(STANDARD, digits, ArtifactCache(tmp_path / "cache")))


def hostile(module):
    """The same function, but the first channel between stem and first unit is 10,000 times as large as the others."""
    made = copy.deepcopy(module)
    norm, following = [layer for layer in made.modules() if isinstance(layer, nn.BatchNorm2d | nn.Conv2d)][1:3]
    for tensor in (norm.weight, norm.bias):
        tensor[0] *= 1e4
    following.weight[:, 0] /= 1e4
    return made


@pytest.fixture(scope="module")
def destroyed(digits, quick, tmp_path_factory):
    cache = ArtifactCache(tmp_path_factory.mktemp("cache"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "train", lambda block, dataset: hostile(quick(block, dataset)))
        return by_title(evaluate(STANDARD, digits, cache, max_drop=0.02))


def test_a_planted_destruction_is_found(destroyed):
    for title in INT8:
        assert destroyed[title].score.drop.low > DESTROYED
        assert destroyed[title].score.p_value < 1e-6
    assert destroyed["openvino-cpu-f32"].score.drop.estimate == 0
    assert int8_destroys_accuracy(destroyed.values()).outcome is Outcome.HOLDS


def test_control_puts_back_what_destroys(destroyed):
    found = destroyed["openvino-cpu-int8, controlled 2"].score

    assert found.drop.estimate < destroyed["openvino-cpu-int8"].score.drop.estimate
    assert found.drop.low < DESTROYED
    assert "f32" in found.convolutions and "u8" in found.convolutions


def test_a_score_counts_image_by_image():
    labels = np.array([0, 1, 0, 1])
    native = Run(outputs=np.array([[2, 1], [1, 2], [2, 1], [2, 1]], dtype=np.float32), convolutions="")
    other = Run(outputs=np.array([[1, 2], [1, 2], [1, 2], [1, 2]], dtype=np.float32), convolutions="1 u8")
    reference = native.outputs.astype(np.float64)

    found = score(other, native, reference, labels)

    assert found.correct == 2
    assert found.drop.estimate == 0.25
    assert found.p_value == 1.0
    assert found.agreement == 0.25
    assert found.output_error == pytest.approx(np.sqrt(3 * 2 / 20))
    assert score(native, native, reference, labels).drop is None


def test_quantizers_see_the_calibration_part_alone(digits, quick, tmp_path, monkeypatch):
    seen = []
    real = evaluation.network_in

    def watched(form, trained, calibration, *rest):
        seen.append(calibration)
        return real(form, trained, calibration, *rest)

    monkeypatch.setattr(training, "train", quick)
    monkeypatch.setattr(evaluation, "network_in", watched)
    monkeypatch.setattr(evaluation, "JUDGED", ("torch",))

    list(evaluate(STANDARD, digits, ArtifactCache(tmp_path)))

    assert all(part is digits.calibration for part in seen)


def test_forms_that_need_no_file_have_none(digits, quick, tmp_path, monkeypatch):
    from archbench.accuracy.artifacts import network_in, trained_on
    from archbench.records.accuracy import Quantization

    monkeypatch.setattr(training, "train", quick)
    trained = trained_on(digits, STANDARD, ArtifactCache(tmp_path))

    network = network_in(Form.WEIGHTS, trained, digits.calibration, ArtifactCache(tmp_path), Quantization())

    assert network.files == {}
    assert isinstance(network.module, torch.nn.Module)
