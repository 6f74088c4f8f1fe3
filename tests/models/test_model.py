"""Models as operators of the engine."""

from __future__ import annotations

import sys
from contextlib import closing
from functools import partial

import numpy as np
import pytest
from engine.operators import png, ref
from models.made import picture

from iqcurate.engine import Engine
from iqcurate.errors import ModelError, UsageError
from iqcurate.executors.alone import Alone, Part
from iqcurate.models.loading import load_model
from iqcurate.models.model import (
    FEATURES,
    PREDICTED,
    Model,
    ModelOperator,
    Outputs,
    make_operators,
    softmax,
    try_out,
)
from iqcurate.models.request import Request
from iqcurate.models.running import one_by_one, padded
from iqcurate.tasks import Task


def model_of(function, outputs=Outputs.PROBABILITIES) -> Model:
    return Model("made", {}, lambda image: image.rgb, function, outputs)


GOOD = np.array([[0.2, 0.8], [1.0, 0.0]])


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (GOOD[:1], r"\(1, 2\) for 2 images"),
        (GOOD[:, 0], r"\(2,\) for 2 images"),
        (GOOD * np.nan, "not finite"),
        (GOOD * 2, "sum to 1 .*1?2"),
        (GOOD - 0.5, "no probabilities"),
        (GOOD[:, :1], "one output"),
        (np.array([["a", "b"]] * 2), "must be numbers"),
    ],
)
def test_outputs_that_are_no_probabilities_are_refused_before_the_run(rows, says):
    assert try_out(model_of(lambda _: GOOD)) == 2
    with pytest.raises(ModelError, match=says):
        try_out(model_of(lambda _: rows))


def test_what_the_function_raises_is_said():
    def fails(_):
        raise ValueError("no such thing")

    with pytest.raises(ModelError, match="of 400x300 and 256x256 pixels: ValueError: no such"):
        try_out(model_of(fails))


def test_probabilities_that_are_called_logits_are_noticed():
    with pytest.raises(ModelError, match="--outputs probabilities"):
        try_out(model_of(lambda _: GOOD, Outputs.LOGITS))
    assert try_out(model_of(lambda _: GOOD * 7 - 3, Outputs.LOGITS)) == 2


def test_logits_become_probabilities_and_features_stay():
    logits = np.array([[1000.0, 1001.0], [-5.0, 5.0]], np.float32)
    found = ModelOperator(model_of(lambda _: logits, Outputs.LOGITS), PREDICTED, 2).run([0, 1])
    assert found[0][PREDICTED] == pytest.approx([1 / (1 + np.e), np.e / (1 + np.e)])
    np.testing.assert_allclose(softmax(logits).sum(axis=1), 1)
    found = ModelOperator(model_of(lambda _: logits, Outputs.FEATURES), FEATURES, 2).run([0, 1])
    assert found[0][FEATURES].tolist() == [1000.0, 1001.0]


def test_an_image_that_may_kill_the_process_is_predicted_in_another():
    request = Request("python:models.own_model:shades", outputs=None)
    load = partial(make_operators, load_model, request, PREDICTED, 2)
    engine = Engine(load())
    task = Task(ref("a.png", png(9, 7)), frozenset({PREDICTED}))
    expected = engine.score_now(task).values[PREDICTED]
    stage = Alone(Part(frozenset(), list), [Part(frozenset({PREDICTED}), load)])
    with closing(stage):
        (ticket,) = stage(engine, task, engine.read(task))
    np.testing.assert_array_equal(ticket.row.values[PREDICTED], expected)
    assert not ticket.arrays


def test_another_number_of_outputs_during_a_run_is_an_error():
    operator = ModelOperator(model_of(lambda _: GOOD), PREDICTED, 3)
    with pytest.raises(ModelError, match="2 outputs where there were 3"):
        operator.run([0, 1])


def test_batches_have_one_size_and_keep_their_order():
    sizes = []

    def batch(full):
        sizes.append(len(full))
        return full.sum(axis=1, keepdims=True)

    arrays = [np.array([i, i]) for i in range(7)]
    assert padded(batch, 3)(arrays)[:, 0].tolist() == [0, 2, 4, 6, 8, 10, 12]
    assert sizes == [3, 3, 3]


def test_images_run_alone_on_threads_that_each_begin_once():
    begun = []
    run = one_by_one(lambda one: one * 2, 3, lambda: begun.append(1))
    assert len(begun) == 3
    assert run([np.array([i]) for i in range(10)]).tolist() == [[2 * i] for i in range(10)]


MINE = """
import numpy as np
def predict(images):
    assert all(i.dtype == np.uint8 and i.ndim == 3 and i.shape[2] == 3 for i in images)
    bright = np.array([i.mean() / 255 for i in images])
    return np.stack([bright, 1 - bright], axis=1)
number = 3
"""


def test_a_function_of_the_users_own(tmp_path, monkeypatch):
    (tmp_path / "mine_own.py").write_text(MINE)
    monkeypatch.chdir(tmp_path)
    before = list(sys.path)
    model = load_model(Request("python:mine_own:predict"))
    assert sys.path == before
    assert try_out(model) == 2
    image = picture()
    record = ModelOperator(model, PREDICTED, 2).run([model.prepare(image)])[0]
    assert record[PREDICTED][0] == pytest.approx(image.rgb.mean() / 255)
    with pytest.raises(ModelError, match="no function number"):
        load_model(Request("python:mine_own:number"))
    with pytest.raises(ModelError, match="ModuleNotFoundError"):
        load_model(Request("python:not_there_at_all:predict"))
    (tmp_path / "mine_broken.py").write_text("1 / 0")
    with pytest.raises(ModelError, match="ZeroDivisionError"):
        load_model(Request("python:mine_broken:predict"))


def test_its_source_is_part_of_its_identity(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine_one.py").write_text(MINE)
    (tmp_path / "mine_two.py").write_text(MINE + "\n# other")
    one, two = (load_model(Request(f"python:mine_{n}:predict")) for n in ("one", "two"))
    assert one.identity["sha256"] != two.identity["sha256"]
    assert one.fingerprint != two.fingerprint


def test_hog_tells_shapes_apart_and_not_sizes():
    model = load_model(Request("hog", features=True))
    assert try_out(model) == 1764
    small, large, other = (
        model.run([model.prepare(picture(w, h, s))])[0]
        for w, h, s in ((90, 60, 1), (360, 240, 1), (90, 60, 2))
    )
    assert np.corrcoef(small, large)[0, 1] > 0.95
    assert np.corrcoef(small, other)[0, 1] < 0.7


@pytest.mark.parametrize(
    ("request_", "says"),
    [
        (Request("resnet18"), "there are torchvision:NAME"),
        (Request("hog"), "there are torchvision:NAME"),
        (Request("python:x:y", features=True), "hog"),
        (Request("python:x"), "python:MODULE:FUNCTION"),
        (Request("timm:"), "--model timm:"),
        (Request("python:x:y", pretrained=True), "--pretrained is for"),
        (Request("hog", features=True, input="size=3"), "no --input"),
    ],
)
def test_a_model_that_cannot_be_meant(request_, says):
    with pytest.raises(UsageError, match=says):
        load_model(request_)


def test_a_missing_extra_says_what_to_install(monkeypatch):
    for name in ("torch", "torchvision", "timm", "onnxruntime", "efficientnet_lite_pytorch"):
        monkeypatch.setitem(sys.modules, name, None)
    for text in ("torchvision:resnet18", "timm:resnet18", "efficientnet-lite0"):
        with pytest.raises(ModelError, match=r"pip install 'iqcurate\[models\]'"):
            load_model(Request(text))
    with pytest.raises(ModelError, match=r"pip install 'iqcurate\[models\]'"):
        load_model(Request("onnx:x.onnx", features=True))
