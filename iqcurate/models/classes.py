"""What the outputs of a classifier stand for, and which label means which output."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from typing import TYPE_CHECKING

from iqcurate.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

IMAGENET = "imagenet"
_WNID = re.compile(r"(n\d{8})\s+(\S.*)")
_EXAMPLES = 3


@dataclass(frozen=True)
class Classes:
    """Names of the outputs of a classifier.

    Parameters
    ----------
    names
        For each output the ways to write it: its name, or a WordNet id, the whole name and the
        first of its synonyms.
    """

    names: tuple[tuple[str, ...], ...]

    def __len__(self) -> int:
        return len(self.names)

    def find(self, label: str | None) -> int | None:
        """Output that a label means; None where there is none, or more than one."""
        if label is None:
            return None
        exact, loose = self._lookup
        found = exact[label] if label in exact else loose.get(_loosened(label))
        return None if found is None or found < 0 else found

    def style_of(self, label: str) -> int:
        """Which of the ways to write a class a label uses."""
        index = self.find(label)
        forms = () if index is None else self.names[index]
        same = [i for i, form in enumerate(forms) if _loosened(form) == _loosened(label)]
        return same[0] if same else len(forms) - 1

    def in_words(self, label: str) -> str:
        """Name of the class that a label means, without its id; the label where it means none."""
        index = self.find(label)
        return label if index is None else self.names[index][-1]

    def shown(self, index: int, style: int) -> str:
        """Name of an output, written in one of the ways."""
        forms = self.names[index]
        return forms[min(style, len(forms) - 1)]

    @cached_property
    def _lookup(self) -> tuple[Mapping[str, int], Mapping[str, int]]:
        """Texts, as they are and loosened, to outputs; -1 where a text means several.

        What one class is called wins over a synonym of another.
        """
        names = _index(self.names)
        synonyms = _index([_synonyms(forms) for forms in self.names])
        exact = {**synonyms, **names}
        return exact, {**_loose(synonyms), **_loose(names)}


def common_style(classes: Classes, labels: Iterable[str | None], title: str) -> int:
    """How the first label that is a class writes it; reads no further than that label.

    Raises
    ------
    ModelError
        Where there are labels, and none of them is a class.
    """
    seen: dict[str, None] = {}
    for label in labels:
        if label is None:
            continue
        if classes.find(label) is not None:
            return classes.style_of(label)
        if len(seen) < _EXAMPLES:
            seen[label] = None
    if not seen:
        return 0
    names = (" = ".join(map(repr, forms[:2])) for forms in classes.names[:_EXAMPLES])
    raise ModelError(
        f"no label is a class of {title}. Labels are such as {', '.join(map(repr, seen))}; its "
        f"classes such as {', '.join(names)}. --classes FILE says what its outputs are (line i = "
        "output i), --label-from or --labels where labels come from, --label-from none predicts "
        "without labels"
    )


def imagenet_classes() -> Classes:
    """The 1000 classes of ILSVRC 2012 in the order of their WordNet ids."""
    text = files("iqcurate.models").joinpath("imagenet.txt").read_text(encoding="utf-8")
    return Classes(tuple(map(_forms, text.splitlines())))


def read_classes(path: Path) -> Classes:
    """Read a file whose line i names output i.

    A line may begin with a WordNet id (``n01440764 tench, Tinca tinca``); then labels match by
    the id, the name, or one of its synonyms.

    Raises
    ------
    ModelError
        Where the file cannot be read, or a line before the last is empty.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f"{path}: cannot be read as a list of classes: {error}") from error
    while lines and not lines[-1].strip():
        lines.pop()
    for number, line in enumerate(lines, 1):
        if not line.strip():
            raise ModelError(f"{path}, line {number}: is empty; line i names output i")
    return Classes(tuple(map(_forms, lines)))


def plain_classes(names: Sequence[str]) -> Classes:
    """Classes that are written in one way only."""
    return Classes(tuple((name,) for name in names))


def _index(texts: Sequence[Sequence[str]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for index, several in enumerate(texts):
        for text in several:
            found[text] = index if found.get(text, index) == index else -1
    return found


def _loose(exact: Mapping[str, int]) -> dict[str, int]:
    found: dict[str, int] = {}
    for text, index in exact.items():
        key = _loosened(text)
        found[key] = index if found.get(key, index) == index else -1
    return found


def _forms(line: str) -> tuple[str, ...]:
    match = _WNID.fullmatch(line.strip())
    if match is None:
        return (line.strip(),)
    return match[1], match[2], match[2].split(",")[0].strip()


def _synonyms(forms: Sequence[str]) -> list[str]:
    return [part.strip() for part in forms[1].split(",")] if len(forms) > 1 else []


def _loosened(text: str) -> str:
    return text.replace("_", " ").casefold().strip()
