"""Calling the compiled kernels."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from iqcurate.errors import UsageError
from iqcurate.kernels.library import load_library

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import numpy.typing as npt

METRICS = ("lapv", "lapm", "wavs", "brisque", "niqe")

_STARTS = 8192
_DOUBLES = (
    "window", "analysis", "synthesis", "shape", "ratio", "to_beta", "to_mean",
    "support_vectors", "sv_coef", "feature_min", "feature_max", "mu", "cov",
)  # fmt: skip


class _Model(ctypes.Structure):
    """``struct iq_model`` of kernels.h."""

    _fields_ = (
        *((name, ctypes.c_void_p) for name in _DOUBLES[:7]),
        ("start", ctypes.c_void_p),
        *((name, ctypes.c_void_p) for name in _DOUBLES[7:]),
        ("rho", ctypes.c_double),
        ("gamma", ctypes.c_double),
        ("supports", ctypes.c_int64),
    )


class _Scores(ctypes.Structure):
    """``struct iq_scores`` of kernels.h."""

    _fields_ = (
        *((name, ctypes.c_double) for name in METRICS),
        ("whole_patches", ctypes.c_int64),
        ("features", ctypes.c_double * 36),
    )


@dataclass(frozen=True, slots=True)
class Scores:
    """What the kernels give for one image.

    Parameters
    ----------
    lapv, lapm, wavs, brisque, niqe
        The scores; NaN where not wanted, and where undefined: BRISQUE if an image is too flat
        for a fit, NIQE with fewer than two whole patches.
    whole_patches
        How many patches of NIQE have finite features.
    """

    lapv: float
    lapm: float
    wavs: float
    brisque: float
    niqe: float
    whole_patches: int


class Kernel:
    """The compiled metrics with their tables; may be called from many threads at once.

    Parameters
    ----------
    tables
        float64 arrays: ``window`` (7,), the weights of the Gaussian window along one direction;
        ``analysis`` and ``synthesis`` (12,), the high-pass filters of db6; ``shape``, ``ratio``,
        ``to_beta``, ``to_mean`` (9801,), the grid of shapes, its rising E|x|^2 / E x^2 and the
        factors of `iqcurate.metrics.nss.aggd_scales`; and the trained parameters
        ``support_vectors`` (N, 36), ``sv_coef`` (N,), ``feature_min`` and ``feature_max`` (36,),
        ``rho`` and ``gamma`` (), ``mu`` (36,), ``cov`` (36, 36).
    build
        See `iqcurate.kernels.library.load_library`.
    """

    def __init__(
        self, tables: Mapping[str, npt.NDArray[np.float64]], build: str | None = None
    ) -> None:
        self._score = load_library(build).iq_score
        self._score.argtypes = [ctypes.c_void_p] * 2 + [ctypes.c_int64] * 4 + [ctypes.c_void_p]
        self._arrays = {name: np.ascontiguousarray(tables[name], np.float64) for name in _DOUBLES}
        self._arrays["window"] = self._arrays["window"][3:].copy()
        self._starts = _starts(self._arrays["ratio"])
        self._model = _Model(
            start=self._starts.ctypes.data,
            rho=float(tables["rho"]),
            gamma=float(tables["gamma"]),
            supports=len(self._arrays["sv_coef"]),
            **{name: array.ctypes.data for name, array in self._arrays.items()},
        )

    def __call__(self, pixels: npt.NDArray[np.uint8], wanted: Iterable[str]) -> Scores:
        """Compute the wanted metrics of one image.

        Parameters
        ----------
        pixels
            uint8 (H, W) grey or (H, W, 3) RGB, at least as large as each wanted metric needs
            (3x3 for ``lapv`` and ``lapm``, 12x12, 13x13 and 96x96 for the others).
        wanted
            Names out of `METRICS`.

        Raises
        ------
        UsageError
            If `pixels` is no such array.
        MemoryError
            If there is not enough memory.
        """
        scores = self._run(pixels, wanted)
        values = {name: getattr(scores, name) for name in METRICS}
        return Scores(**values, whole_patches=scores.whole_patches)

    def brisque_features(self, pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
        """Compute the 36 features of BRISQUE of an image of at least 13x13.

        The same as `iqcurate.metrics.brisque.brisque_features` but for rounding, and NaN where
        that raises ``flat``; `pixels` as in a call.
        """
        return np.array(self._run(pixels, ["brisque"]).features)

    def _run(self, pixels: npt.NDArray[np.uint8], wanted: Iterable[str]) -> _Scores:
        pixels, scores = checked(pixels), _Scores()
        height, width, channels = (*pixels.shape, 1)[:3]
        flags = sum(1 << METRICS.index(name) for name in set(wanted))
        address, result = pixels.ctypes.data, ctypes.addressof(scores)
        model = ctypes.addressof(self._model)
        if self._score(model, address, height, width, channels, flags, result):
            raise MemoryError(f"no memory to score an image of {width}x{height}")
        return scores


def checked(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return pixels in C order.

    Raises
    ------
    UsageError
        If they are not uint8, (H, W) or (H, W, 3).
    """
    plain = pixels.ndim == 2 or (pixels.ndim == 3 and pixels.shape[2] == 3)
    if pixels.dtype != np.uint8 or not pixels.size or not plain:
        raise UsageError(
            f"the kernels take uint8 (H, W) or (H, W, 3), got {pixels.dtype} {pixels.shape}"
        )
    return np.ascontiguousarray(pixels)


def _starts(ratio: npt.NDArray[np.float64]) -> npt.NDArray[np.int32]:
    steps = np.arange(_STARTS + 1) / _STARTS
    last = np.searchsorted(ratio, steps, side="right") - 1
    return np.clip(last, 0, len(ratio) - 2).astype(np.int32)
