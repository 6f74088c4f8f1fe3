"""The specs of the built-in metrics.

`ordinary` was measured over 326 photographs: 320 of ImageNet, one a class, and 6 of up to
20 megapixels. Over these, Gaussian blur of sigma 2 worsened LAPV, LAPM and WAVS on every
photograph, NIQE on 306 of the 316 where it is defined and BRISQUE on 319: the others already
score far worse than is ordinary.
"""

from __future__ import annotations

import math

from iqcurate.spec import Direction, Input, MetricSpec, Range, Response

_CLASSICAL = "iqcurate.metrics.classical:make"
_BLUR = ("blur", Response.WORSE)
_FLIP = ("flip", Response.SAME)

LAPV = MetricSpec(
    name="lapv",
    version=1,
    title="Variance of the Laplacian: sharpness",
    direction=Direction.HIGHER,
    input=Input.GREY,
    operator=_CLASSICAL,
    range=Range(0, math.inf, hard=True),
    ordinary=(124.0, 898.3, 3549.0),
    min_size=(3, 3),
    citation=(
        "Pech-Pacheco et al., Diatom autofocusing in brightfield microscopy: a comparative study,"
        " ICPR 2000; kernel of Pertuz et al., Pattern Recognition 46(5), 2013"
    ),
    groups=("classical",),
    responses=(_BLUR, _FLIP),
)

LAPM = MetricSpec(
    name="lapm",
    version=1,
    title="Modified Laplacian: sharpness",
    direction=Direction.HIGHER,
    input=Input.GREY,
    operator=_CLASSICAL,
    range=Range(0, 1020, hard=True),
    ordinary=(6.285, 18.89, 44.42),
    min_size=(3, 3),
    citation="Nayar and Nakagawa, Shape from focus, IEEE TPAMI 16(8), 1994",
    groups=("classical",),
    responses=(_BLUR, _FLIP),
)

WAVS = MetricSpec(
    name="wavs",
    version=1,
    title="Sum of wavelet details: sharpness",
    direction=Direction.HIGHER,
    input=Input.GREY,
    operator=_CLASSICAL,
    range=Range(0, math.inf, hard=True),
    ordinary=(2.006, 6.032, 14.51),
    min_size=(12, 12),
    citation=(
        "Yang and Nelson, Wavelet-based autofocusing and unsupervised segmentation of microscopic"
        " images, IROS 2003"
    ),
    groups=("classical",),
    responses=(_BLUR,),
)

BRISQUE = MetricSpec(
    name="brisque",
    version=1,
    title="BRISQUE: distance from natural statistics, trained on opinions",
    direction=Direction.LOWER,
    input=Input.GREY,
    operator=_CLASSICAL,
    range=Range(-30, 150),
    ordinary=(-6.394, 13.96, 48.98),
    min_size=(13, 13),
    licence="Apache-2.0; model parameters LIVE (see NOTICE)",
    citation=(
        "Mittal, Moorthy and Bovik, No-reference image quality assessment in the spatial domain,"
        " IEEE TIP 21(12), 2012"
    ),
    groups=("classical",),
    responses=(_BLUR,),
)

NIQE = MetricSpec(
    name="niqe",
    version=1,
    title="NIQE: distance from the statistics of pristine photographs",
    direction=Direction.LOWER,
    input=Input.GREY,
    operator=_CLASSICAL,
    range=Range(0, math.inf, hard=True),
    ordinary=(2.549, 4.36, 8.732),
    min_size=(96, 96),
    licence="Apache-2.0; model parameters LIVE (see NOTICE)",
    citation=(
        "Mittal, Soundararajan and Bovik, Making a 'completely blind' image quality analyzer,"
        " IEEE SPL 20(3), 2013"
    ),
    groups=("classical",),
    responses=(_BLUR,),
)

MEGAPIXELS = MetricSpec(
    name="megapixels",
    version=1,
    title="Millions of pixels",
    direction=Direction.NONE,
    input=Input.HEADER,
    function="iqcurate.metrics.header:megapixels",
    range=Range(0, math.inf, hard=True),
    groups=("header", "checks"),
)

ASPECT_RATIO = MetricSpec(
    name="aspect_ratio",
    version=1,
    title="Width over height",
    direction=Direction.NONE,
    input=Input.HEADER,
    function="iqcurate.metrics.header:aspect_ratio",
    range=Range(0, math.inf, hard=True),
    groups=("header", "checks"),
)

BITS_PER_PIXEL = MetricSpec(
    name="bits_per_pixel",
    version=1,
    title="Bits of a stored pixel, all channels together",
    direction=Direction.NONE,
    input=Input.HEADER,
    function="iqcurate.metrics.header:bits_per_pixel",
    dtype="int64",
    range=Range(1, math.inf, hard=True),
    groups=("header",),
)
