"""What an audit puts beside the scores: cut-offs, predictions, a manifest, robustness."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from iqcurate.analysis.votes import Policy
from iqcurate.api import judges
from iqcurate.api.cutoff import find_cutoffs
from iqcurate.api.ids import positions
from iqcurate.api.join import join
from iqcurate.api.predictions import read_predictions
from iqcurate.cutoffs import Cutoffs, read_cutoffs
from iqcurate.errors import UsageError
from iqcurate.manifest.read import read_manifest
from iqcurate.robustness import read_robustness

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy.typing as npt

    from iqcurate.api.inputs import Scores
    from iqcurate.api.predictions import PredictionsLike
    from iqcurate.cutoffs import Cutoff
    from iqcurate.robustness import Robustness

    PathLike = str | os.PathLike[str]
    Flags = npt.NDArray[np.int8]

YES, NO, UNKNOWN = 1, 0, -1


@dataclass(frozen=True, slots=True)
class ManifestRows:
    """What a manifest says of N images.

    Parameters
    ----------
    name
        Of the file.
    kept
        int8 (N,): `YES`, `NO`, or `UNKNOWN` where it has no row for the image.
    place
        Row of each image in `reasons`, int64 (N,), -1 for none.
    reasons
        Of the manifest's rows; empty for a plain list.
    """

    name: str
    kept: Flags
    place: npt.NDArray[np.int64]
    reasons: tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Beside:
    """What is beside the scores of N images.

    Parameters
    ----------
    cutoffs
        By metric that has scores.
    judges
        Those that vote.
    policy
        How votes decide.
    wrong
        Whether each image was predicted wrongly, int8 (N,) as in `ManifestRows`; or None.
    manifest
        What a manifest says, or None.
    robustness
        By metric.
    warnings
        What to know of all that.
    """

    cutoffs: Mapping[str, Cutoff]
    judges: Mapping[str, Cutoff]
    policy: Policy
    wrong: Flags | None
    manifest: ManifestRows | None
    robustness: Mapping[str, Robustness]
    warnings: tuple[str, ...]

    @property
    def kept(self) -> Flags | None:
        """What the manifest keeps."""
        return None if self.manifest is None else self.manifest.kept

    def verdict(self, row: int) -> tuple[bool | None, str | None]:
        """Whether the manifest keeps an image, and why."""
        found = self.manifest
        if found is None or found.kept[row] == UNKNOWN:
            return None, None
        at = int(found.place[row])
        return bool(found.kept[row]), found.reasons[at] if at >= 0 and found.reasons else None

    def manifest_data(self) -> dict[str, Any] | None:
        """Counts for the page."""
        if self.manifest is None:
            return None
        counts = {"kept": YES, "rejected": NO, "unknown": UNKNOWN}
        return {
            "name": self.manifest.name,
            **{word: int((self.manifest.kept == code).sum()) for word, code in counts.items()},
        }


def gather(
    scores: Scores,
    predictions: PredictionsLike | None,
    cutoffs: Cutoffs | PathLike | None,
    manifest: PathLike | None,
    robustness: PathLike | None,
    columns: Mapping[str, str] | None,
    vote: str | int,
) -> Beside:
    """Read what is beside the scores, and fit it to them; see `iqcurate.api.audit.audit`."""
    warnings: list[str] = []
    wrong, found = None, Cutoffs({})
    if predictions is not None:
        wrong, notes = _wrong(scores, predictions, columns)
        warnings += notes
        if cutoffs is None and scores.directions:
            found = _find(scores, predictions, columns)
    if cutoffs is not None:
        found = cutoffs if isinstance(cutoffs, Cutoffs) else read_cutoffs(cutoffs)
    policy, chosen = Policy.parse(vote), _judges(found, scores, warnings.append)
    if chosen and policy.least > len(chosen):
        raise UsageError(f"--vote {policy}: there are only {len(chosen)} votes")
    robust = {} if robustness is None else read_robustness(robustness)
    judges.tell_failed(tuple(scores.directions), robust, warnings.append)
    return Beside(
        {name: c for name, c in found.metrics.items() if name in scores.directions},
        chosen,
        policy,
        wrong,
        None if manifest is None else _manifest(scores, manifest, warnings.append),
        robust,
        tuple(warnings),
    )


def _judges(cutoffs: Cutoffs, scores: Scores, tell: Callable[[str], None]) -> dict[str, Cutoff]:
    """Cut-offs that vote when the page is opened; the others can be switched on there."""
    trusted = [c for c in cutoffs.metrics.values() if c.verdict in judges.TRUSTED]
    if not trusted:
        for name, cutoff in cutoffs.metrics.items():
            tell(f"{name} does not vote, its cut-off is {cutoff.verdict}: {cutoff.reason}")
        return {}
    chosen = judges.choose(cutoffs, None, tell)
    judges.check_directions(chosen, scores)
    return chosen


def _wrong(
    scores: Scores, predictions: PredictionsLike, columns: Mapping[str, str] | None
) -> tuple[Flags, tuple[str, ...]]:
    joined = join(scores, read_predictions(predictions, columns))
    wrong = np.full(scores.table.num_rows, UNKNOWN, np.int8)
    wrong[joined.rows] = joined.wrong
    return wrong, joined.notes


def _find(
    scores: Scores, predictions: PredictionsLike, columns: Mapping[str, str] | None
) -> Cutoffs:
    ways = {name: str(way) for name, way in scores.directions.items()}
    return find_cutoffs(
        scores.table, predictions, metrics=list(ways), directions=ways, columns=columns
    ).cutoffs


def _manifest(scores: Scores, path: PathLike, tell: Callable[[str], None]) -> ManifestRows:
    frame = read_manifest(path)
    is_list = "id" not in frame.columns
    theirs = pa.chunked_array([pa.array(frame["uri" if is_list else "id"], pa.string())])
    have_paths = scores.table["uri"].null_count < scores.table.num_rows
    place = positions(scores.table["uri" if is_list and have_paths else "id"], theirs)
    there = place >= 0
    kept = np.full(len(place), NO if is_list else UNKNOWN, np.int8)
    kept[there] = frame["keep"].to_numpy(bool)[place[there]]
    name = os.fspath(path)
    if lost := len(frame) - int(there.sum()):
        tell(f"{name}: {lost} of its {len(frame)} rows are of no image with scores")
    reasons = () if is_list else tuple(frame["reason"])
    return ManifestRows(name, kept, place, reasons)
