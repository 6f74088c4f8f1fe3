"""Table 1 of Smith, Zuo, Stonehouse, Obara 2024, *Quality guided cut-off point selection*."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def _row(*figures: float) -> dict[str, dict[str, float]]:
    pairs = zip(figures[::2], figures[1::2], strict=True)
    return {
        sweep: {"pcc": one, "srcc": other}
        for sweep, (one, other) in zip(("crop", "rotate", "blur"), pairs, strict=True)
    }


PUBLISHED: Mapping[str, Mapping[str, Mapping[str, float]]] = {
    "lapv": _row(0.337, 0.358, 0.406, 0.486, 0.770, 1.000),
    "lapm": _row(0.322, 0.152, 0.570, 0.486, 0.878, 0.996),
    "wavs": _row(0.345, 0.164, 0.050, 0.086, 0.845, 0.973),
    "brisque": _row(0.599, 0.406, 0.336, 0.200, 0.855, 0.965),
    "niqe": _row(0.774, 0.969, 0.279, 0.200, 0.053, 0.165),
    "musiq": _row(0.954, 0.952, 0.316, 0.143, 0.907, 0.885),
    "maniqa": _row(0.937, 0.927, 0.062, 0.200, 0.695, 0.626),
    "hyperiqa": _row(0.150, 0.333, 0.133, 0.314, 0.169, 0.194),
}
"""Absolute PCC and SRCC by metric and sweep. Crop and rotation: of one sequence of 10 and 6
images; blur: mean over 14 focus sweeps of 10 steps."""
