"""An ONNX model by ONNX's own reference implementation, in float64 or float32 arithmetic."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto
from onnx.reference import ReferenceEvaluator
from onnx.reference.op_run import OpRun

from archbench.errors import ModelError, one_line
from archbench.models.onnx_file import real_inputs, tensors_of

_Float = TypeVar("_Float", bound=np.floating[Any])


class BatchNormalization(OpRun):  # type: ignore[misc]  # the library knows an operator by its class
    """In inference. The library's own takes the statistics of the batch for models of operator sets 9 to 13."""

    def _run(self, images, scale, bias, mean, variance, epsilon=1e-5, **_):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN003, ANN202
        scale, bias, mean, variance = (value.reshape(-1, *(1,) * (images.ndim - 2)) for value in (scale, bias, mean, variance))
        return (scale * (images - mean) / np.sqrt(variance + epsilon) + bias,)


def run_reference(model: onnx.ModelProto, images: NDArray[_Float]) -> NDArray[_Float]:
    """The output of `model` in the arithmetic of `images`: for float64 every float32 in the model is widened.

    Raises:
        ModelError: an operator has no reference implementation.
    """
    run = onnx.ModelProto()
    run.CopyFrom(model)
    if images.dtype == np.float64:
        _widen(run.graph)
    try:
        evaluator = ReferenceEvaluator(run, new_ops=[BatchNormalization])
        (output,) = evaluator.run(None, {real_inputs(run.graph)[0].name: images})
    except Exception as error:  # each operator's own
        raise ModelError(f"the ONNX reference implementation cannot run the model: {one_line(error)}") from error
    return np.asarray(output, dtype=images.dtype)


def _widen(graph: onnx.GraphProto) -> None:
    """Every float32 constant, and every cast to float32, becomes float64."""
    for tensor in (tensor for tensor in tensors_of(graph) if tensor.data_type == TensorProto.FLOAT):
        wide = onnx.numpy_helper.to_array(tensor).astype(np.float64)
        tensor.CopyFrom(onnx.numpy_helper.from_array(wide, tensor.name))
    for node in (node for node in graph.node if node.op_type == "Cast"):
        for attribute in node.attribute:
            if attribute.name == "to" and attribute.i == TensorProto.FLOAT:
                attribute.i = TensorProto.DOUBLE
