"""Signs that a cut-off may tell something else than quality, which its verdict cannot see.

The tests behind a verdict ask whether wrong images score worse, over all and within classes. Where
a part of the data set scores better and was also easier, for another reason such as more training
images, both say yes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from iqcurate.analysis.cutoffs.sample import ranked
from iqcurate.analysis.cutoffs.separation import separation, within_classes
from iqcurate.analysis.cutoffs.verdict import ALPHA, LEAST

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from iqcurate.analysis.cutoffs.sample import Sample
    from iqcurate.cutoffs import Cutoff

MOST = 0.5
_SHOWN = 4


@dataclass(frozen=True, slots=True)
class Parts:
    """What images come from.

    Parameters
    ----------
    kind
        ``split`` or ``group``.
    names
        Of the parts, texts or Arrow's.
    codes
        int32 (N,): part of each image, -1 where it is in none.
    """

    kind: str
    names: Sequence[object]
    codes: npt.NDArray[np.int32]

    def only(self, chosen: npt.NDArray[np.bool_]) -> Parts:
        """The same of some images."""
        return replace(self, codes=self.codes[chosen])


def of_effects(cutoffs: Mapping[str, Cutoff]) -> list[str]:
    """Sentences on cut-offs that reject most right images, and on predictions mostly wrong."""
    said = []
    harsh = {n: s for n, c in cutoffs.items() if (s := c.effect.get("rejected_right") or 0) > MOST}
    if harsh:
        shares = ", ".join(f"{name} {share:.0%}" for name, share in harsh.items())
        said.append(
            f"most images that are predicted rightly would be rejected ({shares}): what sets them "
            "apart is perhaps not quality; see what errors go with besides it (iqcurate audit "
            "--predictions), or choose the share yourself (--method quantile:0.2)"
        )
    errors = [c.effect.get("error_before") or 0 for c in cutoffs.values()]
    if max(errors, default=0) > MOST:
        said.append(
            f"{max(errors):.0%} of the predictions are wrong: the cut-offs show what this "
            "classifier can do at all, rather than which images are bad; use one that is right "
            "more often than not, or one that was trained on as much of each part"
        )
    return said


def of_parts(samples: Mapping[str, tuple[Sample, Parts]]) -> list[str]:
    """Sentences on metrics whose verdict comes from parts of the data set.

    Parameters
    ----------
    samples
        By metric: what its cut-off was found on, and the parts that these images are from.
    """
    between = [name for name, (sample, parts) in samples.items() if _only_between(sample, parts)]
    alone: dict[tuple[str, str], list[str]] = {}
    for name, (sample, parts) in samples.items():
        if name not in between and (part := _rests_on(sample, parts)) is not None:
            alone.setdefault((parts.kind, str(parts.names[part])), []).append(name)
    said = []
    if between:
        parts = samples[between[0]][1]
        shown = ", ".join(map(str, parts.names[:_SHOWN])) + (
            ", ..." if len(parts.names) > _SHOWN else ""
        )
        said.append(
            f"{', '.join(between)}: within each {parts.kind} ({shown}) it is not shown that wrong "
            f"images score worse, so the cut-off may only tell one {parts.kind} from another; "
            f"predict each {parts.kind} by a model trained on the others (predict --group-from), "
            "or find the cut-off on one alone"
        )
    said += [
        f"{', '.join(names)}: wrong images score worse in the {kind} {part!r} alone; do not use "
        f"the cut-off on others, or find it without that {kind}"
        for (kind, part), names in alone.items()
    ]
    return said


def _only_between(sample: Sample, parts: Parts) -> bool:
    """Whether wrong images are not shown to score worse than right ones of the same part."""
    if parts.kind != "split" or len(np.unique(parts.codes[parts.codes >= 0])) < 2:
        return False
    within = within_classes(ranked(replace(sample, classes=parts.codes)))
    return within is not None and within.n_wrong >= LEAST and within.p >= ALPHA


def _rests_on(sample: Sample, parts: Parts) -> int | None:
    """Part without which wrong images surely differ less from right ones, and not visibly."""
    wrong = np.bincount(parts.codes[(parts.codes >= 0) & sample.wrong], minlength=1)
    most = int(wrong.argmax())
    inside = parts.codes == most
    if min(*_kinds(sample, inside), *_kinds(sample, ~inside)) < LEAST:
        return None
    part, rest = (separation(ranked(sample.only(those))) for those in (inside, ~inside))
    return most if rest.p >= ALPHA and rest.interval()[2] < part.auc else None


def _kinds(sample: Sample, chosen: npt.NDArray[np.bool_]) -> tuple[int, int]:
    wrong = int(np.count_nonzero(sample.wrong & chosen))
    return wrong, int(np.count_nonzero(chosen)) - wrong
