"""Weights are loaded without a network, quietly, and without running what a file may hide."""

from __future__ import annotations

import importlib
import pickle
import sys

import numpy as np
import pytest
from conftest import needs
from deep.made import pictures, tensors

from iqcurate.errors import MetricError, ModelError, UnknownMetricError, WeightsError
from iqcurate.metrics.deep import build, offline
from iqcurate.metrics.deep.networks import Cnniqa
from iqcurate.metrics.deep.operator import make
from iqcurate.metrics.deep.specs import DEEP, pyiqa_spec
from iqcurate.models.weights import fit, read_state
from iqcurate.operators import Setup
from iqcurate.testing import image_of
from iqcurate.weights import Located
from iqcurate.weights.records import needed_by

PICTURE = pictures(((224, 224),))[0]


class Evil:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


def score(operator, metric, pixels=PICTURE):
    return operator.run([operator.prepare(image_of(pixels))])[0][metric]


@pytest.mark.parametrize(
    "metric", ["musiq", "maniqa", "hyperiqa", "clipiqa", "cnniqa", "dbcnn", "pyiqa:wadiqam_nr"]
)
def test_a_file_that_would_run_a_program_is_refused(metric, tmp_path):
    needs("pyiqa")
    import torch

    harmed = tmp_path / "harmed"
    for number, content in enumerate((Evil(harmed), {"params": Evil(harmed)})):
        path = tmp_path / f"{number}.pth"
        torch.save(content, path)
        with pytest.raises(ModelError):
            make(Setup(weights={metric: path}), metric)
    bare = tmp_path / "bare.pth"
    bare.write_bytes(pickle.dumps(Evil(harmed)))
    with pytest.raises(ModelError):
        make(Setup(weights={metric: bare}), metric)
    assert not harmed.exists()


def test_a_torchscript_program_is_refused_unless_its_published_hash_was_checked(tmp_path):
    needs("pyiqa")
    import torch

    class Program(torch.nn.Module):
        def forward(self, x):
            return x

    path = tmp_path / "RN50.pt"
    with pytest.warns(FutureWarning):
        torch.jit.save(torch.jit.script(Program()), path)
    with pytest.raises(ModelError, match=r"clipiqa cannot be built .*RN50\.pt"):
        make(Setup(weights={"clipiqa": path}), "clipiqa")
    with pytest.raises(WeightsError, match="is not the file it should be"):
        make(Setup(weights_folder=tmp_path), "clipiqa")


def test_the_published_torchscript_of_clip_is_read_once_its_hash_was_checked(
    setup_of, checkpoint, tmp_path
):
    needs("pyiqa")
    import torch

    class Part(torch.nn.Module):
        def forward(self):
            return 0

    def part_of(state):
        part, parts = Part(), {}
        for name, value in state.items():
            head, _, rest = name.partition(".")
            if rest:
                parts.setdefault(head, {})[rest] = value
            else:
                part.register_buffer(head, value)
        for head, inside in parts.items():
            part.add_module(head, part_of(inside))
        return part

    path = tmp_path / "RN50.pt"
    with pytest.warns(FutureWarning):
        torch.jit.save(torch.jit.script(part_of(torch.load(checkpoint("clipiqa")))), path)
    net = build.build("clipiqa", {"RN50.pt": Located(path, "", verified=True)})
    other = build.build("clipiqa", {"RN50.pt": Located(checkpoint("clipiqa"), "", verified=False)})
    for a, b in zip(net.clip_model[0].parameters(), other.clip_model[0].parameters(), strict=True):
        assert torch.equal(a, b)
    with pytest.raises(ModelError):
        build.build("clipiqa", {"RN50.pt": Located(path, "", verified=False)})


def test_all_forms_of_a_checkpoint_give_the_same_score(setup_of, checkpoint, tmp_path):
    needs("pyiqa")
    import torch

    state = torch.load(checkpoint("cnniqa"))["params"]
    expected = score(make(setup_of("cnniqa"), "cnniqa"), "cnniqa")
    for number, form in enumerate(
        (state, {"params": {f"module.{k}": v for k, v in state.items()}, "iter": 3})
    ):
        path = tmp_path / f"{number}.pth"
        torch.save(form, path)
        assert score(make(Setup(weights={"cnniqa": path}), "cnniqa"), "cnniqa") == expected


def test_a_checkpoint_of_another_network_is_refused(checkpoint):
    setup = Setup(weights={"cnniqa": checkpoint("clipiqa")})
    with pytest.raises(ModelError, match="checkpoint is of another model"):
        make(setup, "cnniqa")


def test_loading_is_quiet_and_leaves_no_trace(setup_of, capfd):
    import timm
    import torch

    setups = {metric: setup_of(metric) for metric in ("cnniqa", "clipiqa")}
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    before = torch.get_num_threads(), torch.hub.get_dir(), timm.create_model, torch.jit.load
    for metric, setup in setups.items():
        make(setup, metric)
    with offline.lent({}):
        pass
    after = torch.get_num_threads(), torch.hub.get_dir(), timm.create_model, torch.jit.load
    assert after == before
    assert torch.equal(torch.rand(3), expected), "the user's random numbers go on as they would"
    assert capfd.readouterr() == ("", "")


def test_without_weights_the_command_that_fetches_them_is_named(tmp_path):
    with pytest.raises(WeightsError, match=r"iqcurate weights fetch musiq.*109 MB; licence"):
        make(Setup(weights_folder=tmp_path), "musiq")


def test_without_pyiqa_its_licence_and_how_to_install_it_are_named(monkeypatch, checkpoint):
    path = checkpoint("cnniqa")
    monkeypatch.setitem(__import__("sys").modules, "pyiqa", None)
    with pytest.raises(MetricError, match=r"PolyForm Noncommercial.*'iqcurate\[deep\]'"):
        make(Setup(weights={"cnniqa": path}), "cnniqa")


def test_packages_that_do_not_go_together_are_told(monkeypatch, checkpoint):
    path = checkpoint("cnniqa")

    def fail(name, *_):
        raise RuntimeError("operator torchvision::nms does not exist\nand more")

    monkeypatch.delitem(sys.modules, "pyiqa")
    monkeypatch.setattr(importlib._bootstrap, "_find_spec", fail)
    with pytest.raises(MetricError, match=r"nms does not exist\); pip install --upgrade"):
        make(Setup(weights={"cnniqa": path}), "cnniqa")


def test_many_cores_have_as_many_images_in_work(setup_of):
    few, many = (
        make(Setup(weights=setup_of("cnniqa").weights, threads=n), "cnniqa") for n in (2, 9)
    )
    assert (few.batch, many.batch) == (4, 9)


class TestAnyModelOfPyiqa:
    def test_it_scores_many_images_at_once_as_pyiqa_does_each_alone(self, tmp_path):
        """WaDIQaM notes in itself how many patches the image has that it is at."""
        needs("pyiqa")
        import torch
        from pyiqa.archs.wadiqam_arch import WaDIQaM

        torch.manual_seed(0)
        net = WaDIQaM("NR", pretrained=False)
        path = tmp_path / "mine.pth"
        torch.save({"params": net.state_dict()}, path)
        metric = "pyiqa:wadiqam_nr"
        operator = make(Setup(weights={metric: path}, threads=4), metric)
        images = pictures(((224, 224), (110, 90), (300, 225), (64, 100)) * 2)
        with torch.inference_mode():
            expected = [float(net.eval()(given)) for given in tensors(images)]
        arrays = [operator.prepare(image_of(pixels)) for pixels in images]
        found = [record[metric] for record in operator.run(arrays)]
        assert found == pytest.approx(expected, abs=1e-6)

    def test_it_is_refused_where_parameters_would_stay_random(self, tmp_path):
        needs("pyiqa")
        import torch

        torch.save({"params": {}}, tmp_path / "x.pth")
        with pytest.raises(ModelError, match="scores would be random"):
            make(Setup(weights={"pyiqa:metaiqa": tmp_path / "x.pth"}), "pyiqa:metaiqa")

    def test_its_spec_is_made_from_the_name(self):
        assert pyiqa_spec("topiq_nr").weights == needed_by("topiq_nr")
        assert pyiqa_spec("musiq").weights == DEEP["musiq"].weights
        assert pyiqa_spec("topiq_nr").precisions == ("fp32", "bf16")
        assert pyiqa_spec("piqe").precisions == ("fp32",)
        with pytest.raises(UnknownMetricError, match="did you mean topiq_nr"):
            pyiqa_spec("topiq")
        with pytest.raises(UnknownMetricError, match="is not run: its last layer is a program"):
            pyiqa_spec("arniqa-tid")


def test_a_published_classifier_of_live_orders_live_images(data, tmp_path):
    """The one real checkpoint at hand, which expects patches normalised by their surroundings."""
    needs("pyiqa")
    import pandas as pd
    import torch
    from PIL import Image
    from scipy.ndimage import uniform_filter
    from scipy.stats import spearmanr

    net = build.BUILDERS["cnniqa"]("cnniqa")
    net.conv1 = torch.nn.Conv2d(1, 50, 7)  # of grey images
    fit(net, read_state(data / "models/nriqa/CNNIQA-LIVE.pth"), "CNNIQA-LIVE")
    network = Cnniqa(net.eval())

    def patch_score(patch):
        mean = uniform_filter(patch, 3, mode="reflect")
        deviation = np.sqrt(np.abs(uniform_filter(patch**2, 3, mode="reflect") - mean**2))
        normal = torch.from_numpy((patch - mean) / (deviation + 1)).float()
        return float(network.join(network.forward(normal[None, None])))

    def image_score(name):
        grey = np.asarray(Image.open(data / "live_subset" / name).convert("L")) / 255
        height, width = (side // 32 * 32 for side in grey.shape)
        corners = [(y, x) for y in range(0, height, 64) for x in range(0, width, 64)]
        return np.mean([patch_score(grey[y : y + 32, x : x + 32]) for y, x in corners])

    labels = pd.read_csv(data / "live_subset/labels.csv").query("dmos > 0")
    with torch.inference_mode():
        scores = [image_score(name) for name in labels["file"]]
    assert spearmanr(scores, labels["dmos"]).statistic > 0.95
