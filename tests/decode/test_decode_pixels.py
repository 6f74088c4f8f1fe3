"""All modes to 8 bits."""

from __future__ import annotations

import io

import numpy as np
import pytest
from made_images import photo, png, saved
from PIL import Image, ImageCms

from iqcurate.decode import DecodeSettings, decode
from iqcurate.decode.pixels import to_pixels
from iqcurate.types import Code, Status

WHITE = (255, 255, 255)
RED = (255, 0, 0)


def pixels(data: bytes, background: tuple[int, int, int] = WHITE) -> np.ndarray:
    result = decode(data, DecodeSettings(background=background))
    assert result.failure is None
    return result.image.pixels


GREY = np.ascontiguousarray(photo()[..., 1])
DEEP = GREY.astype(np.uint16) * 257


@pytest.mark.parametrize(
    ("data", "mode", "bits"),
    [
        (saved(DEEP, "PNG"), "I;16", 16),
        (saved(DEEP, "TIFF"), "I;16", 16),
        (saved(DEEP, "TIFF", compression="tiff_lzw"), "I;16", 16),
        (saved(DEEP.astype(">u2"), "TIFF"), "I;16B", 16),
        (saved(DEEP, "JPEG2000"), "I;16", 16),
        (saved(DEEP.astype(np.int32), "TIFF"), "I", 32),
        (saved(DEEP.astype(np.int32), "PPM"), "I", 16),
        (saved((GREY / 255).astype(np.float32), "TIFF"), "F", 32),
        (saved(GREY.astype(np.float32), "TIFF"), "F", 32),
    ],
    ids=["png", "tiff", "tiff-lzw", "big-endian", "jp2", "int32", "pgm", "float01", "float255"],
)
def test_deep_and_8_bit_versions_of_one_photo_agree(data, mode, bits):
    result = decode(data)
    assert np.array_equal(result.image.pixels, GREY)
    assert (result.header.mode, result.header.bits_per_pixel) == (mode, bits)


def test_deep_colour_agrees_too():
    deep = photo().astype(np.uint16) * 257
    result = decode(png(deep, 2))
    assert np.array_equal(result.image.pixels, photo())
    assert (result.header.mode, result.header.bits_per_pixel) == ("RGB", 48)
    assert np.array_equal(decode(png(deep + 255 - photo(), 2)).image.pixels, photo())  # high byte


def test_16_bit_is_rounded_over_the_full_scale():
    samples = np.array([[0, 128, 129, 256, 385, 386, 32767, 32768, 65406, 65407, 65535]], "u2")
    expected = [[0, 0, 1, 1, 1, 2, 127, 128, 254, 255, 255]]
    assert pixels(png(samples, 0)).tolist() == expected
    assert pixels(saved(samples.astype(np.int32), "TIFF")).tolist() == expected


def test_dark_16_bit_images_stay_dark():
    assert pixels(png(np.array([[0, 257, 514]], "u2"), 0)).tolist() == [[0, 1, 2]]


def test_12_bit_is_taken_over_12_bits(data):
    path = data / "corrupt/pillow/12bit.cropped.tif"
    stored = np.asarray(Image.open(path)).astype(int)
    assert np.array_equal(pixels(path.read_bytes()), (stored * 255 + 2047) // 4095)


@pytest.mark.parametrize(
    "samples",
    [
        np.array([[0, 65536]], np.int32),
        np.array([[-1, 100]], np.int32),
        np.array([[0, 255.5]], np.float32),
        np.array([[-0.01, 1]], np.float32),
        np.array([[0, np.nan]], np.float32),
        np.array([[0, np.inf]], np.float32),
    ],
    ids=["int-high", "int-low", "float-high", "float-low", "nan", "inf"],
)
def test_numbers_without_an_8_bit_meaning_are_unsupported(samples):
    result = decode(saved(samples, "TIFF"))
    assert result.failure.status is Status.UNSUPPORTED
    assert result.failure.code is Code.UNSUPPORTED_FEATURE
    assert result.header.width == 2


def test_float_is_never_stretched():
    dim = np.array([[0.25, 0.5]], np.float32)
    assert pixels(saved(dim, "TIFF")).tolist() == [[64, 128]]
    assert pixels(saved(np.zeros((1, 2), np.float32), "TIFF")).tolist() == [[0, 0]]
    assert pixels(saved(np.array([[0, 1.5]], np.float32), "TIFF")).tolist() == [[0, 2]]


def test_colour_hidden_under_transparency_is_not_seen():
    rgba = np.dstack([photo(), np.where(GREY > 128, 255, 0).astype(np.uint8)])
    expected = np.where((GREY > 128)[..., None], photo(), 255)
    for form in ("PNG", "TIFF"):
        assert np.array_equal(pixels(saved(rgba, form)), expected)
    assert np.array_equal(pixels(saved(rgba, "WEBP", lossless=True)), expected)
    on_red = pixels(saved(rgba, "PNG"), RED)
    assert np.array_equal(on_red, np.where((GREY > 128)[..., None], photo(), np.array(RED)))


def test_half_transparent_is_mixed_and_rounded():
    rgba = np.array([[[10, 20, 30, 128], [0, 255, 0, 1]]], np.uint8)
    alpha = rgba[..., 3:] / 255
    expected = np.round(rgba[..., :3] * alpha + 255 * (1 - alpha))
    assert np.array_equal(pixels(saved(rgba, "PNG")), expected)


def test_grey_with_alpha_is_grey_on_a_grey_background():
    la = png(np.array([[[100, 255], [100, 0]]], np.uint8), 4)
    assert pixels(la).tolist() == [[100, 255]]
    assert pixels(la, RED).tolist() == [[[100, 100, 100], list(RED)]]


@pytest.mark.parametrize("transparency", [2, bytes([255, 255, 0, 255])], ids=["index", "table"])
@pytest.mark.parametrize("form", ["PNG", "GIF"])
def test_palette_with_transparency(form, transparency):
    picture = Image.new("P", (4, 1))
    picture.putpalette([255, 0, 0, 0, 255, 0, 1, 2, 3, 0, 0, 255])
    picture.putdata([0, 1, 2, 3])
    if form == "GIF":
        transparency = 2
    result = pixels(saved(picture, form, transparency=transparency), (9, 9, 9))
    assert result.tolist() == [[[255, 0, 0], [0, 255, 0], [9, 9, 9], [0, 0, 255]]]


@pytest.mark.parametrize(
    ("samples", "colour_type", "hidden", "expected"),
    [
        (np.array([[7, 8]], "u1"), 0, [7], [[9, 8]]),
        (np.array([[700, 257]], "u2"), 0, [700], [[9, 1]]),
        (np.array([[[1, 2, 3], [4, 5, 6]]], "u1"), 2, [1, 2, 3], [[[9] * 3, [4, 5, 6]]]),
        (np.array([[[511, 2, 3], [4, 5, 600]]], "u2"), 2, [511, 2, 3], [[[9] * 3, [0, 0, 2]]]),
    ],
    ids=["grey", "grey-16", "rgb", "rgb-16"],
)
def test_colour_declared_transparent(samples, colour_type, hidden, expected):
    chunk = np.array(hidden, ">u2").tobytes()
    result = pixels(png(samples, colour_type, before={b"tRNS": chunk}), (9, 9, 9))
    assert result.tolist() == expected


def test_one_bit():
    picture = Image.new("1", (2, 1))
    picture.putpixel((1, 0), 1)
    result = decode(saved(picture, "PNG"))
    assert result.image.pixels.tolist() == [[0, 255]]
    assert result.header.bits_per_pixel == 1


@pytest.mark.parametrize("mode", ["RGBa", "La", "PA", "RGBX", "HSV", "YCbCr", "LA", "CMYK"])
def test_rare_modes_equal_the_conversion_by_pillow(mode):
    rgba = Image.fromarray(np.dstack([photo(), np.full_like(GREY, 255)]))
    way = {"La": ("LA", "La"), "RGBa": ("RGBa",), "PA": ("RGB", "P", "PA"), "LA": ("LA",)}
    picture = rgba
    for step in way.get(mode, ("RGB", mode)):
        picture = picture.convert(step)
    expected = np.asarray(picture.convert("RGBA").convert("RGB")) if mode != "La" else GREY
    got = to_pixels(picture, WHITE)
    if mode in ("La", "LA"):
        assert np.array_equal(got, np.asarray(rgba.convert("L")))
    else:
        assert np.array_equal(got, expected)


def test_cmyk_jpeg_is_not_inverted():
    cmyk = Image.fromarray(photo()).convert("CMYK")
    result = pixels(saved(cmyk, "JPEG", quality=100))
    assert np.abs(result.astype(int) - photo()).mean() < 3


def test_cmyk_by_an_image_editor_is_not_inverted(data):
    # YCCK with the inverted samples that Adobe writes; the page it shows is mostly light
    result = decode((data / "corrupt/pillow/pil_sample_cmyk.jpg").read_bytes())
    assert (result.header.mode, result.header.bits_per_pixel) == ("CMYK", 32)
    with Image.open(data / "corrupt/pillow/pil_sample_rgb.jpg") as same:
        assert np.abs(result.image.pixels.astype(int) - np.asarray(same)).mean() < 20


def test_lab_goes_to_srgb():
    srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    stored = ImageCms.profileToProfile(Image.fromarray(photo()), srgb, lab, outputMode="LAB")
    result = pixels(saved(stored, "TIFF"))
    assert np.abs(result.astype(int) - photo()).mean() < 3


def test_colour_profiles_are_left_alone():
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ")).tobytes()
    assert np.array_equal(pixels(saved(photo(), "PNG", icc_profile=profile)), photo())


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG", "TIFF", "AVIF"])
def test_first_frame_of_several(form):
    frames = [Image.new("RGB", (16, 8), colour) for colour in ((250, 0, 0), (0, 0, 250))]
    options = {"lossless": True} if form == "WEBP" else {}
    if form == "AVIF":
        options = {"quality": 100}
    data = saved(frames[0], form, save_all=True, append_images=frames[1:], **options)
    assert getattr(Image.open(io.BytesIO(data)), "n_frames", 1) == 2
    assert np.abs(pixels(data).astype(int) - [250, 0, 0]).max() <= 3


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF", "JPEG2000", "PPM"])
@pytest.mark.parametrize("size", [(1, 1), (1, 300), (300, 1)])
def test_one_pixel_wide(form, size):
    result = decode(saved(Image.new("RGB", size, (200, 200, 200)), form))
    assert result.image.pixels.shape[:2] == size[::-1]
    assert np.abs(result.image.rgb.astype(int) - 200).max() <= 2


@pytest.mark.parametrize(
    "form", ["PNG", "BMP", "TIFF", "PPM", "TGA", "SGI", "PCX", "QOI", "DDS", "ICNS"]
)
def test_lossless_formats_give_the_pixels(form):
    picture = Image.fromarray(photo())
    if form == "ICNS":
        picture = Image.new("RGB", (16, 16), (1, 2, 3))
    result = decode(saved(picture, form))
    assert result.header.format == form
    if form != "ICNS":
        assert np.array_equal(result.image.rgb, photo())


def test_bands_do_not_show(monkeypatch):
    rgba = np.dstack([photo(), GREY])
    whole = [pixels(saved(samples, "PNG")) for samples in (rgba, DEEP, GREY)]
    monkeypatch.setattr("iqcurate.decode.pixels._BAND", 1000)
    cut = [pixels(saved(samples, "PNG")) for samples in (rgba, DEEP, GREY)]
    assert all(np.array_equal(a, b) for a, b in zip(whole, cut, strict=True))


def test_pixels_are_read_only():
    for form in ("PNG", "JPEG"):
        with pytest.raises(ValueError, match="read-only"):
            pixels(saved(photo(), form))[0, 0] = 0
