"""One photo: its blur is what it says, and only the print tells the printers apart."""

import io

import numpy as np
import pytest
from PIL import Image

from iqcurate.synthetic.bottle import MATERIALS, make_bottle, material_of
from iqcurate.synthetic.camera import Exposure, View, blur, sense
from iqcurate.synthetic.codes import COLUMNS, code_lines, dots
from iqcurate.synthetic.light import make_light
from iqcurate.synthetic.printers import PITCH, PRINTERS, print_code
from iqcurate.synthetic.scene import Item, photograph

CLEAR = Exposure(defocus=0, motion=0, direction=0, noise=0, jpeg=100)
LENS = 0.5**2  # variance
SCALE, SIDE = 20.5, 320


def point(exposure: Exposure, side: int = 64):
    light = np.zeros((1, side, side), np.float32)
    light[0, side // 2, side // 2] = 1
    return blur(light, exposure)[0]


def variance(spread, axis: int) -> float:
    along = np.arange(len(spread)) - len(spread) // 2
    return float(np.sum(spread.sum(1 - axis) * along**2))


@pytest.mark.parametrize("radius", [2.0, 5.0])
def test_defocus_spreads_a_point_over_a_disc(radius):
    spread = point(Exposure(radius, 0, 0, 0, 100))
    assert spread.sum() == pytest.approx(1, abs=1e-4)
    for axis in (0, 1):
        assert variance(spread, axis) == pytest.approx(radius**2 / 4 + LENS, abs=0.25)
    middle = spread[32, 32 - int(radius) + 1 : 32 + int(radius)]
    assert np.ptp(middle) < 0.2 * middle.max()  # flat, unlike a Gaussian


def test_motion_spreads_a_point_over_a_line():
    spread = point(Exposure(0, 12, np.pi / 2, 0, 100))
    assert variance(spread, 0) == pytest.approx(144 / 12 + LENS + 1 / 8, rel=0.05)
    assert variance(spread, 1) == pytest.approx(LENS + 1 / 8, rel=0.6)


def test_noise_grows_with_light():
    exposure = Exposure(0, 0, 0, 0.02, 100)
    dark, white = (
        sense(np.full((3, 128, 128), level, np.float32), exposure, np.random.default_rng(0))
        for level in (0.1, 0.8)
    )
    # green that the sensor measured, not what lies between
    measured = [plane[1, 0::2, 1::2].std() for plane in (dark, white)]
    assert measured[1] == pytest.approx(0.02 * np.sqrt(0.8 * 0.9 + 0.1), rel=0.05)
    assert measured[0] < 0.6 * measured[1]


def test_pixels_see_the_ground_that_maps_to_them():
    view = View(14, 0.2, (0.5, -0.3), (0.004, -0.003))
    x, y = view.ground(101)
    column, row = view.pixels(x.astype(float), y.astype(float), 101)
    np.testing.assert_allclose(column, np.tile(np.arange(101), (101, 1)), atol=1e-3)
    np.testing.assert_allclose(row, np.tile(np.arange(101)[:, None], (1, 101)), atol=1e-3)


def test_codes_have_full_lines_in_letters_that_there_are():
    for seed in range(50):
        lines = code_lines(np.random.default_rng(seed))
        assert [len(line) for line in lines] == [COLUMNS] * 3
        assert np.abs(dots(lines)).max(axis=0) == pytest.approx([COLUMNS * 3 - 1, 13], abs=1)


def test_a_letter_is_printed_upright():
    places = dots(["L"])
    assert {(x, y) for x, y in places - places.min(axis=0)} == {(0, y) for y in range(7)} | {
        (x, 6) for x in range(5)
    }


def test_no_material_goes_with_a_printer():
    materials = [material_of(number).name for number in range(200)]
    for material in MATERIALS:
        one, other = (materials[i::2].count(material.name) for i in (0, 1))
        assert one + other > 8
        assert abs(one - other) <= 6
    assert len(set(materials[:14])) == len(MATERIALS)


def photos(exposure: Exposure) -> list:
    """The same bottle, code, view and light, from both printers; grey, 0 to 1."""
    made = []
    for printer in PRINTERS:
        rng = np.random.default_rng(12)
        bottle, places = make_bottle(MATERIALS[0], rng), dots(["12-09", "17:42", "L045C"])
        item = Item(bottle, print_code(printer, places, rng))
        rng = np.random.default_rng(3)
        light, view = make_light(rng), View(SCALE, 0.0, (0, 0), (0, 0))
        file = photograph(item, view, light, exposure, SIDE, rng)
        made.append(np.asarray(Image.open(io.BytesIO(file)).convert("L"), float) / 255)
    return made


def test_printers_differ_in_the_print_alone():
    one, other = photos(CLEAR)
    off = np.abs(one - other)
    tall, wide = (round((n * PITCH / 2 + 0.6) * SCALE) for n in (26, COLUMNS * 6 - 2))
    code = np.s_[SIDE // 2 - tall : SIDE // 2 + tall, SIDE // 2 - wide : SIDE // 2 + wide]
    assert off[code].max() > 0.2
    off[code] = 0
    assert off.max() < 0.02


@pytest.mark.parametrize("bad", [Exposure(6, 0, 0, 0, 100), Exposure(4, 14, 0.6, 0, 100)])
def test_blur_hides_the_difference_but_not_the_code(bad):
    def seen(exposure):
        one, other = photos(exposure)
        return np.std(one - other), np.std(one)

    (sharp_difference, sharp), (blurred_difference, blurred) = seen(CLEAR), seen(bad)
    assert blurred_difference < 0.25 * sharp_difference
    assert blurred > 0.6 * sharp
