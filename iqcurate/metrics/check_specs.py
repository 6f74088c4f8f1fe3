"""The specs of the checks: plain properties, with which a data set is looked over.

`ordinary` was measured over the 326 photographs of `iqcurate.metrics.specs`.
"""

from __future__ import annotations

import math
from functools import partial

from iqcurate.spec import Direction, Input, MetricSpec, Range, Response

_FLIP = ("flip", Response.SAME)
_BLUR = ("blur", Response.WORSE)
_LEVEL = Range(0, 255, hard=True)
_SHARE = Range(0, 1, hard=True)

_check = partial(
    MetricSpec,
    version=1,
    direction=Direction.NONE,
    input=Input.RGB,
    operator="iqcurate.metrics.checks:make",
    groups=("checks",),
    responses=(_FLIP,),
)

BRIGHTNESS = _check(
    name="brightness",
    title="Mean of grey",
    range=_LEVEL,
    ordinary=(68.57, 122.3, 193.7),
)

BRIGHTNESS_P5 = _check(
    name="brightness_p5",
    title="Grey that 5% of the pixels do not exceed",
    range=_LEVEL,
    ordinary=(2.0, 28.0, 92.5),
)

BRIGHTNESS_P95 = _check(
    name="brightness_p95",
    title="Grey that 95% of the pixels do not exceed",
    range=_LEVEL,
    ordinary=(146.5, 212.0, 255.0),
)

CLIPPED_DARK = _check(
    name="clipped_dark",
    title="Share of black pixels",
    range=_SHARE,
    ordinary=(0.0, 5.353e-05, 0.0124),
)

CLIPPED_LIGHT = _check(
    name="clipped_light",
    title="Share of white pixels",
    range=_SHARE,
    ordinary=(0.0, 0.0001467, 0.1809),
)

CONTRAST = _check(
    name="contrast",
    title="RMS contrast: standard deviation of grey",
    range=Range(0, 127.5, hard=True),
    ordinary=(32.92, 56.22, 82.17),
    citation="Peli, Contrast in complex images, JOSA A 7(10), 1990",
)

ENTROPY = _check(
    name="entropy",
    title="Entropy of the histogram of grey, in bits",
    range=Range(0, 8, hard=True),
    ordinary=(5.558, 7.319, 7.808),
    citation="Shannon, A mathematical theory of communication, Bell System Tech. J. 27, 1948",
)

COLOURFULNESS = _check(
    name="colourfulness",
    title="Colourfulness; below 0.5 there is no colour",
    range=Range(0, math.inf, hard=True),
    ordinary=(8.918, 33.65, 81.28),
    citation="Hasler and Suesstrunk, Measuring colourfulness in natural images, SPIE 5007, 2003",
)

BLUR_EFFECT = _check(
    name="blur_effect",
    title="Blur: how little a further blur takes away",
    direction=Direction.LOWER,
    range=_SHARE,
    ordinary=(0.1768, 0.2554, 0.3887),
    min_size=(10, 10),
    citation="Crete et al., The blur effect: perception and estimation, SPIE 6492, 2007",
    responses=(_FLIP, _BLUR),
)

NOISE = _check(
    name="noise",
    title="Noise: standard deviation in grey, estimated; fine texture counts as noise",
    range=Range(0, math.inf, hard=True),
    ordinary=(0.3425, 1.074, 4.748),
    min_size=(3, 3),
    citation=(
        "Immerkaer, Fast noise variance estimation, CVIU 64(2), 1996; median as in Donoho and"
        " Johnstone, Ideal spatial adaptation by wavelet shrinkage, Biometrika 81(3), 1994"
    ),
)

PHASH = _check(
    name="phash",
    title="Perceptual hash, 64 bits: near duplicates differ in few",
    dtype="binary",
    citation="Zauner, Implementation and benchmarking of perceptual image hash functions, 2010",
    responses=(),
)

JPEG_QUALITY = MetricSpec(
    name="jpeg_quality",
    version=1,
    title="Quality of the JPEG encoder (IJG), from the table of its steps",
    direction=Direction.HIGHER,
    input=Input.HEADER,
    function="iqcurate.metrics.header:jpeg_quality",
    dtype="int64",
    range=Range(1, 100, hard=True),
    ordinary=(72.0, 96.0, 96.0),
    formats=("JPEG", "MPO"),
    groups=("checks",),
    citation="ITU-T T.81, table K.1, scaled as the Independent JPEG Group's encoder does",
)
