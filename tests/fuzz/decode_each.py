"""Decodes the files of a folder one by one, as a process of its own that may crash or hang.

Usage: decode_each.py FOLDER MAX_PIXELS OUT. Writes a line of JSON before each file, and one
after it, to OUT; whatever comes out of standard output or error is not ours.
"""

from __future__ import annotations

import hashlib
import json
import resource
import sys
import time
from pathlib import Path

from iqcurate.decode import DecodeSettings, decode

ADDRESS_SPACE = 8 << 30
"""Keeps a file that asks for everything from taking the machine with it."""


def main(folder: str, max_pixels: str, out: str) -> None:
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    settings = DecodeSettings(max_pixels=int(max_pixels))
    with Path(out).open("w", buffering=1) as log:
        for path in sorted(Path(folder).iterdir()):
            print(json.dumps({"begun": path.name}), file=log)
            print(json.dumps({"name": path.name, **_facts(path.read_bytes(), settings)}), file=log)


def _facts(data: bytes, settings: DecodeSettings) -> dict[str, object]:
    began = time.monotonic()
    result = decode(data, settings)
    pixels = result.image.pixels if result.image else None
    return {
        "seconds": time.monotonic() - began,
        "error": result.failure.error if result.failure else None,
        "status": result.failure.status if result.failure else "ok",
        "pixels": digest(pixels) if pixels is not None else None,
    }


def digest(pixels) -> str:
    return f"{pixels.shape} {hashlib.sha256(pixels).hexdigest()}"


if __name__ == "__main__":
    main(*sys.argv[1:])
