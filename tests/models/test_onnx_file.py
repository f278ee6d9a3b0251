"""ONNX files of the user's: what is read, and that each fault is one clear sentence."""

import subprocess
import sys

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper

from archbench.errors import ModelError
from archbench.measurement.own_model import open_model
from archbench.models.onnx_file import onnx_files, onnx_input_shape, read_onnx
from archbench.models.onnx_reference import run_reference
from tests.onnx_models import conv, declared, dynamic, graph_of, save, tensor, whole, with_weights_beside


def empty(path):
    path.write_bytes(b"")


def text(path):
    path.write_text("this is no model\n" * 40)


def cut_off(path):
    content = whole(path).read_bytes()
    path.write_bytes(content[: len(content) // 2])


def unknown_operator(path):
    save(graph_of([helper.make_node("Frobnicate", ["image"], ["score"])]), path)


def missing_weights(path):
    save(graph_of([conv(weights="nowhere")]), path)


def cycle(path):
    nodes = [conv(source="later", target="score"), helper.make_node("Relu", ["score"], ["later"])]
    save(graph_of(nodes), path)


def two_inputs(path):
    inputs = [declared(name, TensorProto.FLOAT, 1, 3, 8, 8) for name in ("left", "right")]
    save(graph_of([helper.make_node("Add", ["left", "right"], ["image"]), conv()], inputs=inputs), path)


def two_outputs(path):
    outputs = [declared(name, TensorProto.FLOAT, 1, 4, 6, 6) for name in ("score", "other")]
    save(graph_of([conv(), helper.make_node("Relu", ["score"], ["other"])], outputs=outputs), path)


def integers(path):
    cast = helper.make_node("Cast", ["pixels"], ["image"], to=TensorProto.FLOAT)
    save(graph_of([cast, conv()], inputs=[declared("pixels", TensorProto.UINT8, 1, 3, 8, 8)]), path)


def weights_gone(path):
    with_weights_beside(path)
    path.with_name("weights.bin").unlink()


def weights_elsewhere(path):
    with_weights_beside(path, location="../weights.bin")
    path.with_name("weights.bin").rename(path.parent.parent / "weights.bin")


def weights_by_a_link_elsewhere(path):
    with_weights_beside(path)
    outside = path.parent.parent / "weights.bin"
    path.with_name("weights.bin").rename(outside)
    path.with_name("weights.bin").symlink_to(outside)


def from_the_future(path):
    save(graph_of([conv()]), path, opset=900)


def no_nodes(path):
    save(graph_of([]), path)


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (empty, "holds no ONNX model: its graph has no nodes"),
        (text, "is not an ONNX file, or was cut off"),
        (cut_off, "is not an ONNX file, or was cut off"),
        (no_nodes, "holds no ONNX model: its graph has no nodes"),
        (unknown_operator, "is not a valid ONNX model: .*Frobnicate"),
        (missing_weights, "is not a valid ONNX model: .*nowhere"),
        (cycle, "is not a valid ONNX model: .*topologically sorted"),
        (from_the_future, "needs operator set 900, but the installed onnx knows those up to"),
        (two_inputs, r"a model has one input, but this one has 2 \('left', 'right'\)"),
        (two_outputs, r"a model has one output, but this one has 2 \('score', 'other'\)"),
        (integers, "input 'pixels' must be float32, but is uint8"),
        (dynamic, r"dimension 0 \('batch'\) of input 'image' is not fixed; .*--input 1x3x8x8"),
        (lambda path: dynamic(path, -1), "dimension 0 of input 'image' is not fixed; .*--input 1x3x8x8"),
        (weights_gone, "keeps weights in 'weights.bin', which is not there"),
        (weights_elsewhere, "keeps weights in '../weights.bin', but they may only lie beside the model"),
        (weights_by_a_link_elsewhere, "keeps weights in 'weights.bin', but they may only lie beside the model"),
    ],
)
def test_a_broken_model_is_refused_with_its_fault(write, message, tmp_path):
    path = tmp_path / "models" / "net.onnx"
    path.parent.mkdir()
    write(path)

    with pytest.raises(ModelError, match=message) as caught:
        open_model(path)
    assert "\n" not in str(caught.value)
    assert "net.onnx" in str(caught.value)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((1, 3, 8), "input 'image' has 4 dimensions, but 3 were given"),
        ((1, 4, 8, 8), "dimension 1 of input 'image' is 3, but 4 was given"),
    ],
)
def test_a_shape_that_the_file_does_not_have_is_refused(shape, message, tmp_path):
    with pytest.raises(ModelError, match=message):
        open_model(dynamic(tmp_path / "net.onnx"), shape)


def test_the_shape_that_the_file_fixes_is_taken(tmp_path):
    assert open_model(whole(tmp_path / "net.onnx")).shape == (1, 3, 8, 8)


@pytest.mark.parametrize("exported_as", ["batch", -1])
def test_a_free_dimension_becomes_what_is_asked_for(exported_as, tmp_path):
    model = read_onnx(dynamic(tmp_path / "net.onnx", exported_as), (5, 3, 8, 8))

    assert [dimension.dim_value for dimension in model.graph.input[0].type.tensor_type.shape.dim] == [5, 3, 8, 8]
    assert [dimension.dim_value for dimension in model.graph.output[0].type.tensor_type.shape.dim] == [5, 4, 6, 6]


def test_weights_beside_the_model_are_read_and_count_as_part_of_it(tmp_path):
    path = with_weights_beside(tmp_path / "net.onnx")

    assert onnx_files(path) == [path, tmp_path / "weights.bin"]
    (weights,) = read_onnx(path, onnx_input_shape(path)).graph.initializer
    assert onnx.numpy_helper.to_array(weights).shape == (4, 3, 3, 3)


def test_weights_that_an_old_file_lists_as_inputs_are_no_inputs(tmp_path):
    inputs = [declared("image", TensorProto.FLOAT, 1, 3, 8, 8), declared("w", TensorProto.FLOAT, 4, 3, 3, 3)]
    graph = graph_of([conv()], inputs=inputs)
    path = tmp_path / "net.onnx"
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 8)], ir_version=3)
    path.write_bytes(model.SerializeToString())

    assert [declared.name for declared in read_onnx(path, onnx_input_shape(path)).graph.input] == ["image"]


@pytest.mark.parametrize("opset", [9, 12, 18])
def test_the_reference_normalises_with_the_models_own_statistics(opset, tmp_path):
    """ONNX's reference implementation takes those of the batch for operator sets 9 to 13."""
    nodes = [
        conv(target="raw"),
        helper.make_node("BatchNormalization", ["raw", *"sbmv"], ["score"], epsilon=1e-3, momentum=0.8),
    ]
    weights = [tensor("w", 4, 3, 3, 3), tensor("s", 4), tensor("b", 4), tensor("m", 4)]
    weights.append(onnx.numpy_helper.from_array(np.array([0.5, 1.0, 2.0, 3.0], dtype=np.float32), "v"))
    path = save(graph_of(nodes, weights=weights), tmp_path / "net.onnx", opset=opset)
    images = np.random.default_rng(0).standard_normal((1, 3, 8, 8), dtype=np.float32)

    exact = run_reference(read_onnx(path, images.shape), images.astype(np.float64))
    engine = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"]).run(None, {"image": images})[0]

    assert exact.dtype == np.float64
    assert np.max(np.abs(engine - exact)) < 1e-5 * np.max(np.abs(exact))
    assert not np.array_equal(exact, exact.astype(np.float32))
    assert run_reference(read_onnx(path, images.shape), images).dtype == np.float32


@pytest.mark.parametrize("write", [empty, cut_off, unknown_operator, two_inputs, dynamic, weights_elsewhere])
def test_the_command_says_it_in_one_line_and_ends_with_exit_code_2(write, tmp_path):
    path = tmp_path / "models" / "net.onnx"
    path.parent.mkdir()
    write(path)

    command = [sys.executable, "-m", "archbench", "compare", str(path)]
    finished = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)

    assert finished.returncode == 2
    assert finished.stderr.startswith("archbench: ")
    assert finished.stderr.count("\n") == 1
    assert finished.stdout == ""
