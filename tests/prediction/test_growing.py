"""What scikit-learn grew answers alike as arrays of ours."""

import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesRegressor, GradientBoostingRegressor

from archbench.prediction.features import FEATURES
from archbench.prediction.growing import from_average, from_boosting


@pytest.mark.parametrize(
    ("model", "exported"),
    [
        (ExtraTreesRegressor(n_estimators=7, random_state=1), from_average),
        (GradientBoostingRegressor(n_estimators=9, subsample=0.5, random_state=1), from_boosting),
    ],
)
def test_exported_trees_answer_as_the_library_does(model, exported):
    generator = np.random.default_rng(1)
    features = generator.standard_normal((80, len(FEATURES))).astype(np.float32)
    target = np.sin(features[:, 0]) + features[:, 1] ** 2 + 5
    model.fit(features, target, sample_weight=generator.uniform(0.5, 2, size=80))

    assert exported(model).predict(features) == pytest.approx(model.predict(features), rel=1e-12)
