"""What `curate` gives."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import pyarrow as pa

from iqcurate.manifest.output import plan_output

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    import pandas as pd

    from iqcurate.analysis.effect import Effect
    from iqcurate.manifest.rows import Manifest

    PathLike = str | os.PathLike[str]


@dataclass(frozen=True)
class CurateResult:
    """What is kept, why, and what that does to the data.

    Parameters
    ----------
    manifest
        The rows, made when they are asked for.
    effect
        What is kept of each class and split.
    metrics
        One row a metric that judged: ``metric``, ``cutoff``, ``direction``, ``verdict``,
        ``low``, ``pass``, ``abstain`` (images); null where ranks decided.
    counts
        Images: ``images``, ``kept``, ``rejected`` (by votes or rank), ``unreadable``,
        ``undecided``, ``brought_back``.
    warnings
        Sentences for whoever relies on it.
    """

    manifest: Manifest = field(repr=False)
    effect: Effect
    metrics: pd.DataFrame
    counts: Mapping[str, int]
    warnings: tuple[str, ...]

    @cached_property
    def table(self) -> pa.Table:
        """The manifest as an Arrow table; ten million rows take some 3 GB."""
        return pa.Table.from_batches(self.manifest.batches(), self.manifest.schema)

    @cached_property
    def frame(self) -> pd.DataFrame:
        """The manifest in pandas."""
        frame: pd.DataFrame = self.table.to_pandas()
        return frame

    def save(
        self,
        path: PathLike,
        *,
        link: str = "symlink",
        null: bool = False,
        root: PathLike | None = None,
        force: bool = False,
    ) -> int:
        """Write the manifest, or what it keeps; see `iqcurate.manifest.output.plan_output`.

        Parameters
        ----------
        path
            ``.csv``, ``.jsonl``, ``.parquet``, ``.xlsx``: the manifest; ``.txt``: paths of what
            is kept; a name that ends in ``/``: a folder with only the images that are kept.
        link
            What that folder holds: ``symlink``, ``hardlink`` or ``copy``.
        null
            Paths of a list end with NUL instead of a newline.
        root
            Folder that ids are paths in, for images that moved.
        force
            Replace what is there.

        Returns
        -------
        Number of rows, or of images kept.

        Raises
        ------
        UsageError
            Where it is there already, cannot be written, or an id cannot be a path.
        SourceError
            Where an image for a filtered copy is not there.
        """
        output = plan_output(path, link=link, null=null, root=root, force=force)
        return output.write(self.manifest)
