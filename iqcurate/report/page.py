"""From data to one HTML file that needs nothing else."""

from __future__ import annotations

import base64
import hashlib
import html
import json
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

STYLES = ("vendor/uPlot-1.6.32.min.css", "page.css")
SCRIPTS = (
    "vendor/uPlot-1.6.32.iife.min.js",
    "data.js",
    "words.js",
    "votes.js",
    "theme.js",
    "charts.js",
    "pictures.js",
    "metrics.js",
    "tables.js",
    "categories.js",
    "matrices.js",
    "against.js",
    "problems.js",
    "save.js",
    "main.js",
)
"""One after the other in one script, so that each may use what those before it define."""
_IN_SCRIPT = str.maketrans({c: f"\\u{ord(c):04x}" for c in ("<", ">", "&", "\u2028", "\u2029")})


def page(data: Mapping[str, Any]) -> str:
    """Write the page.

    Parameters
    ----------
    data
        What it shows; see `iqcurate.report.document` and `iqcurate.api.audit`. Names in it may be
        any text: they are data to the page, never markup.
    """
    style, script = (_joined(names) for names in (STYLES, SCRIPTS))
    parts = {
        "title": html.escape(data["about"]["title"]),
        "policy": html.escape(_policy(style, script)),
        "style": style,
        "data": as_script(data),
        "script": script,
    }
    made = _file("page.html")
    for name, text in parts.items():
        before, _, after = made.partition(f"<!--{name}-->")
        made = before + text + after
    return made


def as_script(data: Mapping[str, Any]) -> str:
    """JSON that cannot end the script element it stands in."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.translate(_IN_SCRIPT).encode("utf-8", "backslashreplace").decode()


def _policy(style: str, script: str) -> str:
    """Content security policy: only this script and style run, and nothing is fetched."""
    return (
        "default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'; "
        f"style-src '{_digest(style)}'; script-src '{_digest(script)}'"
    )


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _joined(names: tuple[str, ...]) -> str:
    return "\n".join(_file(name) for name in names)


@cache
def _file(name: str) -> str:
    return (
        resources.files("iqcurate.report").joinpath("assets", *name.split("/")).read_text("utf-8")
    )
