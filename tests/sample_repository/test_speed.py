"""How fast is our classifier, and is it worth shipping with OpenVINO?"""

import pytest
from nets import classifier


@pytest.mark.parametrize("backend", ["openvino-cpu-f32", "onnxruntime"])
def test_classifier(archbench, backend):
    record = archbench.compare(classifier, backend, shape=(1, 3, 64, 64))

    assert record.parity.holds
    # With --benchmark-disable parity is all that is looked at.
    assert record.speedup is None or record.speedup.estimate > 0
