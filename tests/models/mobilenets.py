"""The small MobileNets of the test data as functions of images."""

from __future__ import annotations

import os
from functools import cache, partial
from pathlib import Path

import numpy as np
from PIL import Image


@cache
def interpreter(name):
    from ai_edge_litert.interpreter import Interpreter

    folder = Path(os.environ["IQCURATE_TEST_DATA"]) / "models" / "imagenet_tflite"
    made = Interpreter(str(folder / f"{name}.tflite"), num_threads=1)
    made.allocate_tensors()
    return made


def answer(name, images):
    """Probabilities of the 1000 classes (output 0, the background, is left out)."""
    net = interpreter(name)
    (given,), (out,) = net.get_input_details(), net.get_output_details()
    height, width = given["shape"][1:3]
    rows = []
    for image in images:
        resized = Image.fromarray(image).resize((width, height), Image.Resampling.BILINEAR)
        net.set_tensor(given["index"], np.asarray(resized)[None])
        net.invoke()
        rows.append(net.get_tensor(out["index"])[0, 1:].astype(float) + 1e-6)
    return np.stack([row / row.sum() for row in rows])


v1_025 = partial(answer, "mobilenet_v1_0.25_128_quant")
v1_075 = partial(answer, "mobilenet_v1_0.75_192_quant")
v2 = partial(answer, "mobilenet_v2_1.0_224_quant")
