"""What a network is given, against the transforms of the libraries it comes from."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import needs
from models.made import picture
from PIL import Image as Pillow

from iqcurate.errors import UsageError
from iqcurate.models.inputs import InputSpec, parse_input

SIZES = [(640, 480), (333, 500), (100, 700), (40, 30), (224, 224)]


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_torchvision_prepares_the_same(width, height):
    needs("torchvision")
    from torchvision.models import get_model_weights

    from iqcurate.models.torch_nets import _torchvision_input

    image = picture(width, height)
    for name in ("resnet18", "efficientnet_b1", "vit_h_14"):
        weights = get_model_weights(name).DEFAULT
        ours = parse_input(None, _torchvision_input(weights)).prepare(image)
        theirs = weights.transforms()(Pillow.fromarray(image.rgb)).numpy()
        np.testing.assert_allclose(ours, theirs, atol=1e-5)


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_timm_prepares_the_same(width, height):
    needs("timm")
    import timm
    from timm.data import create_transform, resolve_data_config

    from iqcurate.models.torch_nets import _timm_input

    image = picture(width, height)
    for name in ("test_resnet", "test_vit", "test_efficientnet"):
        config = resolve_data_config({}, model=timm.create_model(name))
        ours = parse_input(None, _timm_input(config, name)).prepare(image)
        theirs = create_transform(**config)(Pillow.fromarray(image.rgb)).numpy()
        np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_what_the_user_says_wins():
    spec = parse_input(
        "imagenet, size=32x48,resize=squash,layout=nhwc,channels=bgr,white=255,mean=127,sd=1:2:4",
        {"size": (8, 8), "interpolation": "bicubic"},
    )
    assert spec == InputSpec(
        (32, 48), 0, "bicubic", (127.0,) * 3, (1.0, 2.0, 4.0), 255.0, "nhwc", "bgr"
    )
    image = picture(48, 32)
    array = spec.prepare(image)
    assert array.shape == (32, 48, 3)
    for channel, sd in enumerate((1, 2, 4)):
        back = array[:, :, 2 - channel] * sd + 127
        np.testing.assert_allclose(back, image.rgb[:, :, channel], atol=1e-3)


def test_another_size_keeps_the_part_that_is_cropped():
    known = {"size": (224, 224), "resize": 256, "mean": (0.5,) * 3, "sd": (0.5,) * 3}
    assert parse_input("size=448", known).resize == 512
    assert parse_input("size=448,resize=448", known).resize == 448
    assert parse_input("resize=100", known).resize == 224, "never smaller than the crop"


def test_a_crop_that_is_not_square_is_covered():
    array = parse_input("size=20x60,resize=30,mean=0,sd=1", {}).prepare(picture(50, 200))
    assert array.shape == (3, 20, 60)


@pytest.mark.parametrize(
    "text",
    ["size=0", "size=1x2x3", "size=a", "mean=1:2", "sd=0", "sd=1:-1:1", "layout=hwc", "colour=red",
     "size", "white=0", "interpolation=best"],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused_with_the_grammar(text):
    with pytest.raises(UsageError, match=r"layout=nchw\|nhwc"):
        parse_input(text, {"size": (8, 8), "mean": (0.0,) * 3, "sd": (1.0,) * 3})


def test_what_nobody_says_is_asked_for():
    with pytest.raises(UsageError, match="size and mean and sd"):
        parse_input(None, {})
    with pytest.raises(UsageError, match="does not say the mean"):
        parse_input("size=3,sd=1", {})


def test_a_grey_image_has_three_equal_channels():
    from iqcurate.types import Header, Image

    pixels = np.arange(64, dtype=np.uint8).reshape(8, 8)
    image = Image(Header(8, 8, "L", "PNG", 8), pixels)
    array = InputSpec((8, 8)).prepare(image)
    np.testing.assert_allclose(array, np.broadcast_to(pixels / 255, (3, 8, 8)), atol=1e-6)
