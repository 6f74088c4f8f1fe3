"""Reading manifests back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from iqcurate.errors import SourceError
from iqcurate.manifest.output import LIST
from iqcurate.manifest.rows import FIRST, LAST, VOTE
from iqcurate.sources.escape import escape
from iqcurate.sources.names import read_names
from iqcurate.tabular import read_table

if TYPE_CHECKING:
    import os

    import pandas as pd

_TEXTS = tuple(n for n, kind in (FIRST | LAST).items() if pa.types.is_string(kind))


def read_manifest(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Read a manifest, whatever its format: CSV, JSON lines, Parquet, or a plain list.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    pandas.DataFrame with the columns of the manifest. A plain list has ``uri`` (the path, escaped
    as in a store) and ``keep``, which is always true.

    Raises
    ------
    SourceError
        Where it cannot be read, or is no manifest.
    """
    path = Path(path)
    table = _read_list(path) if path.suffix.lower() == LIST else _read_rows(path)
    frame: pd.DataFrame = table.to_pandas()
    return frame


def _read_list(path: Path) -> pa.Table:
    try:
        with path.open("rb") as file:
            uris = [escape(name) for _, name in read_names(file, str(path))]
    except OSError as error:
        raise SourceError(f"{path}: cannot be read: {error.strerror}") from error
    return pa.table({"uri": pa.array(uris, pa.string()), "keep": pa.array([True] * len(uris))})


def _read_rows(path: Path) -> pa.Table:
    table = read_table(path, _TEXTS)
    if lacking := [name for name in (*FIRST, *LAST) if name not in table.schema.names]:
        raise SourceError(f"{path}: is no manifest: it has no column {', '.join(lacking)}")
    kinds = FIRST | LAST
    fields = []
    for name in table.schema.names:
        other = pa.string() if name.endswith(VOTE) else pa.float64()
        fields.append(pa.field(name, kinds.get(name, other)))
    try:
        return table.cast(pa.schema(fields))
    except pa.ArrowException as error:
        raise SourceError(f"{path}: is no manifest: {error}") from error
