"""Why ids of two tables may not match: a guess that names what would make them match."""

from __future__ import annotations

import posixpath
import unicodedata
from collections import Counter
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Change = Callable[[str], str]

_CHANGES: tuple[tuple[str, Change], ...] = (
    ("if \\ were / in both", lambda text: text.replace("\\", "/")),
    ("if paths were written plainly, without ./ or //", posixpath.normpath),
    ("if %-escapes were undone in both", unquote),
    ("if accents were written alike (Unicode NFC)", lambda t: unicodedata.normalize("NFC", t)),
    ("if upper and lower case were the same", str.lower),
    ("without the file extension", lambda text: posixpath.splitext(text)[0]),
)


def guess(theirs: Sequence[str], ours: Sequence[str], their_name: str, our_name: str) -> str:
    """Say how many ids of `theirs` would match one of `ours`, and how; empty if none would."""
    found = [*_by_change(theirs, ours), *_by_prefix(theirs, ours, their_name, our_name)]
    best = max(found, key=lambda f: f[0], default=(0, ""))
    if not best[0]:
        best = _by_name(theirs, ours)
    if not best[0]:
        return ""
    return f"{best[0]} of {len(theirs)} would match {best[1]}"


def _by_change(theirs: Sequence[str], ours: Sequence[str]) -> list[tuple[int, str]]:
    found = []
    for words, change in _CHANGES:
        have = set(map(change, ours))
        found.append((sum(change(text) in have for text in theirs), words))
    return found


def _by_prefix(
    theirs: Sequence[str], ours: Sequence[str], their_name: str, our_name: str
) -> list[tuple[int, str]]:
    """One side has folders before what the other side has: absolute paths, another root."""
    found = []
    for longer, shorter, name in ((theirs, ours, their_name), (ours, theirs, our_name)):
        have = set(shorter)
        prefixes = Counter(p for text in longer for p in _prefixes(text) if text[len(p) :] in have)
        for prefix, n in prefixes.most_common(1):
            what = "an absolute path; " if prefix.startswith("/") else ""
            found.append((n, f"without {prefix!r} at the beginning of the ids of {name} ({what}"
                             "the other table begins below it)"))  # fmt: skip
    return found


def _prefixes(text: str) -> list[str]:
    return [text[: i + 1] for i, char in enumerate(text[:-1]) if char == "/"]


def _by_name(theirs: Sequence[str], ours: Sequence[str]) -> tuple[int, str]:
    """Only the name of the file, where it is the only one of that name on both sides."""

    def names(ids: Sequence[str]) -> set[str]:
        counts = Counter(map(_stem, ids))
        return {name for name, n in counts.items() if n == 1}

    return len(names(theirs) & names(ours)), (
        "by the name of the file alone, without folder, extension and case"
    )


def _stem(text: str) -> str:
    return posixpath.splitext(posixpath.basename(text.replace("\\", "/")))[0].lower()
