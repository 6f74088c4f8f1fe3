"""What each file held when it came, noted beside it.

For most files no whole hash is published. The first content that came is remembered, so that
another one under the same name is noticed. The notes travel with the folder.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from iqcurate.errors import WeightsError

if TYPE_CHECKING:
    from pathlib import Path

FILE = "pins.json"
_FORMAT = "iqcurate-weights-pins"


@dataclass(frozen=True, slots=True)
class Pin:
    """What a file held when it came.

    Parameters
    ----------
    sha256
        Of the whole file.
    bytes
        Its size.
    source
        Where it came from: an address, or ``added``.
    """

    sha256: str
    bytes: int
    source: str


def read_pins(folder: Path) -> dict[str, Pin]:
    """Return the pins of a folder by file name.

    Raises
    ------
    WeightsError
        Where they cannot be read.
    """
    path = folder / FILE
    try:
        found = json.loads(path.read_bytes())
        if (found["format"], found["version"]) != (_FORMAT, 1):
            raise ValueError(f"format {found['format']!r}, version {found['version']!r}")
        return {str(name): Pin(**pin) for name, pin in found["files"].items()}
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise WeightsError(
            f"{path}: cannot be read ({error}); it notes what each file of weights held when it "
            "came. Put back a good copy, or remove it to trust what is there now"
        ) from error


def pins_text(pins: dict[str, Pin]) -> bytes:
    """Return what a file of pins holds."""
    files = {name: asdict(pins[name]) for name in sorted(pins)}
    whole = {"format": _FORMAT, "version": 1, "files": files}
    return (json.dumps(whole, indent=2, ensure_ascii=False) + "\n").encode()
