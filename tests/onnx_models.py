"""Small ONNX files as somebody else might hand them over, whole and broken."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

RNG = np.random.default_rng(7)


def tensor(name, *shape):
    return numpy_helper.from_array(RNG.standard_normal(shape).astype(np.float32), name)


def declared(name, kind, *shape):
    return helper.make_tensor_value_info(name, kind, shape)


def graph_of(nodes, inputs=None, outputs=None, weights=None):
    return helper.make_graph(
        nodes,
        "net",
        inputs or [declared("image", TensorProto.FLOAT, 1, 3, 8, 8)],
        outputs or [declared("score", TensorProto.FLOAT, 1, 4, 6, 6)],
        weights if weights is not None else [tensor("w", 4, 3, 3, 3)],
    )


def conv(source="image", weights="w", target="score"):
    return helper.make_node("Conv", [source, weights], [target], kernel_shape=[3, 3])


def save(graph, path, opset=18, domains=()):
    opsets = [helper.make_opsetid("", opset), *(helper.make_opsetid(domain, 1) for domain in domains)]
    path.write_bytes(helper.make_model(graph, opset_imports=opsets, ir_version=9).SerializeToString())
    return path


def whole(path):
    """One convolution."""
    return save(graph_of([conv()]), path)


def dynamic(path, exported_as="batch"):
    """Its first dimension is a name, or -1 as some exporters write."""
    graph = graph_of([conv()], inputs=[declared("image", TensorProto.FLOAT, exported_as, 3, 8, 8)])
    return save(graph, path)


def with_weights_beside(path, location="weights.bin"):
    """Its weights lie in a file of their own."""
    model = onnx.load(whole(path))
    onnx.external_data_helper.convert_model_to_external_data(model, location="weights.bin", size_threshold=0)
    onnx.save(model, path)
    for entry in (entry for weights in model.graph.initializer for entry in weights.external_data):
        if entry.key == "location":
            entry.value = location
    path.write_bytes(model.SerializeToString())
    return path
