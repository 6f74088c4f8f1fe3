"""Pictures, networks and files for the tests of models."""

from __future__ import annotations

import numpy as np
from PIL import Image as Pillow

from iqcurate.types import Header, Image


def picture(width: int = 90, height: int = 60, seed: int = 0) -> Image:
    """Smooth colours that differ by seed."""
    rng = np.random.default_rng(seed)
    small = Pillow.fromarray(rng.integers(0, 256, (5, 7, 3), dtype=np.uint8))
    pixels = np.asarray(small.resize((width, height), Pillow.Resampling.BICUBIC))
    return Image(Header(width, height, "RGB", "PNG", 24), pixels.copy())


def means_onnx(path, size=(16, 16), layout="nchw", batch=None, dtype="FLOAT", classes=3) -> None:
    """An ONNX file: mean of each channel, then a fixed linear layer; second output: the means."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    kind = getattr(TensorProto, dtype)
    channels_first = [batch or "n", 3, *(size or ("h", "w"))]
    shape = channels_first if layout == "nchw" else [channels_first[i] for i in (0, 2, 3, 1)]
    axes = np.array([2, 3] if layout == "nchw" else [1, 2], np.int64)
    weight = np.random.default_rng(1).normal(size=(3, classes)).astype(np.float32)
    nodes = [
        helper.make_node("Cast", ["image"], ["float"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["float", "axes"], ["means"], keepdims=0),
        helper.make_node("MatMul", ["means", "weight"], ["logits"]),
    ]
    graph = helper.make_graph(
        nodes,
        "means",
        [helper.make_tensor_value_info("image", kind, shape)],
        [
            helper.make_tensor_value_info("logits", TensorProto.FLOAT, [batch or "n", classes]),
            helper.make_tensor_value_info("means", TensorProto.FLOAT, [batch or "n", 3]),
        ],
        [numpy_helper.from_array(axes, "axes"), numpy_helper.from_array(weight, "weight")],
    )
    opset = [helper.make_opsetid("", 18)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=9), path)
