"""Layer times of real networks in real workers."""

import pytest

from archbench.errors import BackendError, UnknownNameError
from archbench.measurement.layers import layers_of
from archbench.report.layers import join
from archbench.workloads.case import Case
from archbench.workloads.pattern import PatternWorkload

WORKLOAD = PatternWorkload(pattern="bottleneck", depth=2, width=32, resolution=(14, 14))


@pytest.fixture(scope="module")
def times(cache_root):
    return {
        backend: layers_of(Case(workload=WORKLOAD, backend=backend), "retained", cache_root)
        for backend in ("torch", "openvino-cpu-f32")
    }


def test_torch_has_every_layer_and_openvino_every_convolution(times):
    kinds = [layer.kind for layer in times["torch"].layers]
    nodes = [layer for layer in times["openvino-cpu-f32"].layers if layer.kind == "Convolution"]

    assert kinds == ["Conv2d", "BatchNorm2d", "ReLU"] * 6
    assert len(nodes) == 6
    assert all(layer.seconds > 0 for entry in times.values() for layer in entry.layers)
    assert all(entry.seconds > 0 for entry in times.values())


def test_each_convolution_is_joined_with_what_was_fused_into_it(times):
    rows = [row for row in join(times["torch"], times["openvino-cpu-f32"]) if row.native and row.accelerated]

    assert [row.does for row in rows] == [("Conv2d", "BatchNorm2d", "ReLU")] * 6
    assert [row.name for row in rows] == [str(3 * index) for index in range(6)]
    assert all("f32" in row.kernel for row in rows)


def test_a_backend_without_a_layer_clock_is_one_line(cache_root):
    with pytest.raises(UnknownNameError, match="unknown backend with layer times 'openvino-gpu-f16'"):
        layers_of(Case(workload=WORKLOAD, backend="openvino-gpu-f16"), "retained", cache_root)


def test_what_fails_in_the_worker_is_one_line(tmp_path):
    (tmp_path / "cache").write_text("not a folder")

    with pytest.raises(BackendError, match=r"torch: cannot write the cache at .*: Not a directory") as caught:
        layers_of(Case(workload=WORKLOAD, backend="torch"), "retained", tmp_path / "cache")

    assert "\n" not in str(caught.value)
