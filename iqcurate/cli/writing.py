"""Writing manifests, with progress."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from iqcurate.manifest.output import Output
    from iqcurate.manifest.rows import Manifest


def write_manifest(place: Output, manifest: Manifest) -> None:
    """Write a manifest to a place, and say so."""
    from iqcurate.api.options import Progress
    from iqcurate.cli.progress import shown_progress

    step = f"rows written to {place.path}"
    with shown_progress() as tell:
        count = place.write(manifest, lambda n, of: tell(Progress(n, total=of, step=step)))
    what = "images" if place.lists_kept else "rows"
    typer.echo(f"{count} {what} written to {place.path}", err=True)
