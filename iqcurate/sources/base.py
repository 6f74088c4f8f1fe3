"""What every source gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from iqcurate.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from iqcurate.sources.labels import Labeller
    from iqcurate.types import ImageRef


@dataclass(frozen=True, slots=True)
class Skip:
    """Something listed that gets no row.

    Parameters
    ----------
    path
        Where it is, relative to the root, escaped.
    reason
        Why it was left out, for people; few different ones, so that they can be counted.
    is_error
        It could not be seen whether it holds images: the listing is incomplete, and nothing
        may be marked missing because of it.
    """

    path: str
    reason: str
    is_error: bool = False


class Source(Protocol):
    """Images that a user named, listed as they are asked for.

    Attributes
    ----------
    root
        Absolute path, escaped: what ids are relative to.
    kind
        ``folder``, ``files``, ``list``, ``stdin`` or ``several``.
    """

    root: str
    kind: str

    def __iter__(self) -> Iterator[ImageRef | Skip]:
        """List the images, once; raises `SourceError` where the listing cannot go on."""
        ...

    def complete_prefixes(self) -> tuple[str, ...]:
        """Prefixes of ids that a finished iteration without errors listed completely."""
        ...

    @property
    def unmatched_labels(self) -> int:
        """Rows of the label file that matched no image, after a finished iteration."""
        ...

    @property
    def unmatched_example(self) -> str | None:
        """One of them."""
        ...


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """How to list, beyond what to list.

    Parameters
    ----------
    root
        Folder that relative paths are taken from.
    path_column
        Column of a list that holds the paths; None looks for one of the usual names.
    label_from, split_from, group_from
        ``folder``, ``folder:N``, ``column:NAME``, ``regex:PATTERN`` or ``none``; None for the
        default of the source.
    labels
        Table with columns label, split, group, joined by id or path.
    all_files
        Give files that are no images a row, too.
    """

    root: str | None = None
    path_column: str | None = None
    label_from: str | None = None
    split_from: str | None = None
    group_from: str | None = None
    labels: str | None = None
    all_files: bool = False


class Listing:
    """The `Source` that all kinds of listing come as.

    Parameters
    ----------
    root, kind
        See `Source`.
    entries
        What to iterate, once.
    labeller
        Labels the entries; knows afterwards what it did not use.
    prefixes
        Prefixes of ids that are listed completely.
    """

    def __init__(
        self,
        root: str,
        kind: str,
        entries: Iterable[ImageRef | Skip],
        labeller: Labeller,
        prefixes: tuple[str, ...] = (),
    ) -> None:
        self.root = root
        self.kind = kind
        self._entries: Iterable[ImageRef | Skip] | None = entries
        self._labeller = labeller
        self._prefixes = prefixes

    def __iter__(self) -> Iterator[ImageRef | Skip]:
        if self._entries is None:
            raise UsageError("a source can be listed once: open it again")
        entries, self._entries = self._entries, None
        return iter(entries)

    def complete_prefixes(self) -> tuple[str, ...]:
        """Prefixes of ids that a finished iteration without errors listed completely."""
        return self._prefixes

    @property
    def unmatched_labels(self) -> int:
        """Rows of the label file that matched no image, after a finished iteration."""
        return self._labeller.unmatched

    @property
    def unmatched_example(self) -> str | None:
        """One of them."""
        return self._labeller.unmatched_example
