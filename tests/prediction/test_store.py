"""A predictor on disk: the same to the last bit, and refused where it is not whole."""

import dataclasses
import json

import pytest

from archbench.errors import RecordFileError, UsageError
from archbench.prediction.store import load, save
from archbench.prediction.training import train
from tests.prediction.planted import PLATFORM, conv, design, join


@pytest.fixture(scope="module")
def predictor():
    return train(PLATFORM, design(lambda kernels: sum(1e-5 * kernel.window[0] for kernel in kernels), noise=0.1)[:80])


@pytest.fixture
def path(tmp_path, predictor):
    save(predictor, tmp_path / "predictor.json")
    return tmp_path / "predictor.json"


def test_predictions_survive_exactly(path, predictor):
    kernels = [conv(size, 2 * size, 14) for size in range(1, 90)] + [join(32, 14)]

    assert load(path) == predictor
    assert load(path).predict(kernels) == predictor.predict(kernels)
    assert any(family.correction.trees for family in predictor.families.values())


def test_a_file_is_plain_json_with_a_schema_version(path):
    assert json.loads(path.read_text())["predictor_schema_version"] == 3


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "is no whole predictor"),
        ("[]", "is no whole predictor"),
        ("{}", "is no predictor of this archbench"),
        ('{"predictor_schema_version": 2}', "is no predictor of this archbench"),
        ('{"predictor_schema_version": 3}', "is no whole predictor"),
    ],
)
def test_what_is_no_predictor_is_one_line(tmp_path, text, complaint):
    (tmp_path / "odd.json").write_text(text)

    with pytest.raises(RecordFileError, match=complaint) as caught:
        load(tmp_path / "odd.json")

    assert "\n" not in str(caught.value)


def test_a_missing_file_is_one_line(tmp_path):
    with pytest.raises(RecordFileError, match="No such file"):
        load(tmp_path / "none.json")


def test_a_file_that_cannot_be_written_is_one_line(tmp_path, predictor):
    with pytest.raises(RecordFileError, match="cannot write"):
        save(predictor, tmp_path / "none" / "predictor.json")


def test_a_tree_that_would_never_end_is_refused(path):
    stored = json.loads(path.read_text())
    family = next(entry for entry in stored["predictor"]["families"].values() if entry["correction"]["trees"])
    tree = next(entry for entry in family["correction"]["trees"] if len(entry["feature"]) > 1)
    tree["left"][0] = 0
    path.write_text(json.dumps(stored))

    with pytest.raises(RecordFileError, match="its prices or trees"):
        load(path)


def test_another_machines_predictor_is_refused(tmp_path, predictor):
    foreign = dataclasses.replace(predictor, platform=dataclasses.replace(PLATFORM, fingerprint="elsewhere"))
    save(foreign, tmp_path / "foreign.json")

    with pytest.raises(UsageError, match="was trained on elsewhere, but this machine is"):
        load(tmp_path / "foreign.json")
