"""A predictor as a JSON file: plain numbers with a schema version, which nothing has to trust in order to read.

Pickles and joblib files run code when they are read; ONNX would want a runtime, and holds the trees but not the prices, the
residuals and the platform. Numbers are written so that they are read back to the last bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec

from archbench.errors import RecordFileError, UsageError, one_line
from archbench.machine.fingerprint import read_fingerprint
from archbench.prediction.features import FEATURES, WORK
from archbench.prediction.forest import LEAF, Tree
from archbench.prediction.predictor import Predictor

#: Changes whenever a reader of the old form would misread the new one; so does the meaning of FEATURES or WORK.
SCHEMA_VERSION = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stored:
    predictor: Predictor
    features: tuple[str, ...] = FEATURES
    work: tuple[str, ...] = WORK
    predictor_schema_version: int = SCHEMA_VERSION


def save(predictor: Predictor, path: Path) -> None:
    """Write it.

    Raises:
        RecordFileError: the file cannot be written.
    """
    try:
        path.write_bytes(msgspec.json.encode(_Stored(predictor=predictor)))
    except OSError as error:
        raise RecordFileError(f"cannot write {path}: {error.strerror}.") from error


def load(path: Path) -> Predictor:
    """Read what `save` wrote on this machine.

    Raises:
        RecordFileError: unreadable, no predictor, or of another form.
        UsageError: it was trained on another machine.
    """
    try:
        raw = path.read_bytes()
        version = msgspec.json.decode(raw, type=dict[str, msgspec.Raw]).get("predictor_schema_version")
        if version is None or msgspec.json.decode(version) != SCHEMA_VERSION:
            raise RecordFileError(f"{path} is no predictor of this archbench; make one with `archbench predict --save`.")
        stored = msgspec.json.decode(raw, type=_Stored)
    except OSError as error:
        raise RecordFileError(f"cannot read {path}: {error.strerror}.") from error
    except msgspec.DecodeError as error:
        raise RecordFileError(f"{path} is no whole predictor: {one_line(error)}.") from error
    _check(stored, path)
    return stored.predictor


def _check(stored: _Stored, path: Path) -> None:
    here, there = read_fingerprint().key, stored.predictor.platform.fingerprint
    if there != here:
        raise UsageError(f"{path} was trained on {there}, but this machine is {here}; train one with records of this machine.")
    families = stored.predictor.families.values()
    trees = [tree for family in families for tree in family.correction.trees]
    prices = [*(family.prices for family in families), stored.predictor.inside.work]
    known = (stored.features, stored.work) == (FEATURES, WORK)
    if not (known and families and all(len(each) == len(WORK) for each in prices) and all(map(_is_tree, trees))):
        raise RecordFileError(f"{path} is no whole predictor: its prices or trees are not of this archbench's form.")


def _is_tree(tree: Tree) -> bool:
    """Whether evaluating it ends: children come after their parent and exist."""
    size = len(tree.feature)
    sides = (tree.threshold, tree.left, tree.right, tree.value)
    if not size or any(len(side) != size for side in sides):
        return False
    return all(
        feature == LEAF or (0 <= feature < len(FEATURES) and node < left < size and node < right < size)
        for node, (feature, left, right) in enumerate(zip(tree.feature, tree.left, tree.right, strict=True))
    )
