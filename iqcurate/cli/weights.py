"""`iqcurate weights`: the files of trained parameters that deep metrics need."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from iqcurate.api.weights import WeightsFile
    from iqcurate.spec import Weights

_WIDE = 150
LIST = """Examples:

  iqcurate weights list                       all files: size, what is there, licence

  iqcurate weights list musiq maniqa --json
"""
FETCH = """Examples:

  iqcurate weights fetch musiq hyperiqa

  iqcurate weights fetch musiq --weights-dir /media/stick/weights

  iqcurate weights fetch musiq --mirror https://files.example.org/weights/
"""
VERIFY = """Examples:

  iqcurate weights verify                     every file that is there

  iqcurate weights verify musiq               exit code 1 also where it is missing
"""
ADD = """Examples:

  iqcurate weights add musiq /media/stick/musiq_koniq_ckpt-e95806b9.pth

  iqcurate weights add maniqa /shared/ckpt_koniq10k.pt --link
"""

Folder = Annotated[
    Path | None,
    typer.Option(
        "--weights-dir",
        metavar="DIR",
        help="Folder of the files.",
        show_default="IQCURATE_WEIGHTS, else the user's cache",
    ),
]
Names = Annotated[
    list[str] | None,
    typer.Argument(metavar="NAME", help="Metrics or files.", show_default="all"),
]
Repin = Annotated[
    bool, typer.Option("--repin", help="Accept another content than came first; pin the new one.")
]
Json = Annotated[bool, typer.Option("--json", help="Print as JSON.")]

app = typer.Typer(
    help="The files of trained parameters that deep metrics need: list, fetch, verify, add.",
    no_args_is_help=True,
)


def list_(names: Names = None, weights_dir: Folder = None, json_out: Json = False) -> None:
    """List the files there are: size, what is in the folder, how it is checked, licence."""
    from iqcurate.api.weights import list_weights
    from iqcurate.cli.output import console, print_json

    files = list_weights(names or None, weights_dir)
    if json_out:
        return print_json([_record(file) for file in files])
    out = console()
    out.print(_table(files, wide=out.width >= _WIDE))
    return _say_folder(weights_dir)


def _table(files: list[WeightsFile], wide: bool) -> Any:
    """One line a file; a narrow terminal gets fewer columns."""
    from iqcurate.cli.output import table

    more = ["trained on", "file"] if wide else []
    columns = ["name", "size", "here", "sha256", "licence", *more]
    made = table(columns, left=[c for c in columns if c != "size"])
    for file in files:
        record = file.record
        here = "yes" if file.state == "present" else file.note
        hashed = "published" if record.sha256 else record.sha256_prefix or "unknown"
        rest = [record.trained_on, record.file] if wide else []
        made.add_row(record.name, _size(record), here, hashed, record.licence, *rest)
    return made


def fetch(
    names: Annotated[list[str], typer.Argument(metavar="NAME", help="Metrics or files.")],
    weights_dir: Folder = None,
    mirror: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="A web folder that holds files of the same names.",
            show_default="IQCURATE_WEIGHTS_MIRROR, else each file's publisher",
        ),
    ] = None,
    repin: Repin = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="No progress.")] = False,
) -> None:
    """Download files that are not in the folder yet; an interrupted download goes on."""
    from iqcurate.api.weights import fetch_weights, find_weights
    from iqcurate.cli.output import console
    from iqcurate.cli.progress import shown_progress
    from iqcurate.cli.stop import Interrupted
    from iqcurate.weights.words import size_text

    say = console(stderr=True)
    wanted = find_weights(names)
    for record in wanted:
        say.print(
            f"{record.name}: {record.file}, {size_text(record.bytes)}; licence: {record.licence}"
        )
    try:
        for record in wanted:
            with shown_progress(quiet, in_bytes=True) as tell:
                found = fetch_weights(
                    [record.file], weights_dir, mirror=mirror, repin=repin, progress=tell
                )
            say.print(f"{record.name}: {found[0].state} ({found[0].note}): {found[0].path}")
    except Interrupted:
        sys.stderr.write("\nwhat came is kept; the same command goes on from there")
        raise


def verify(names: Names = None, weights_dir: Folder = None, json_out: Json = False) -> None:
    """Read the files and say of each: ok, unverified, changed or missing."""
    from iqcurate.api.weights import verify_weights
    from iqcurate.cli.output import console, print_json, table

    files = verify_weights(names or None, weights_dir)
    if json_out:
        print_json([_record(file) for file in files])
    else:
        columns = ["name", "state", "why", "file"]
        made = table(columns, left=columns)
        for file in files:
            made.add_row(file.record.name, file.state, file.note, file.path.name)
        if files:
            console().print(made)
        _say_folder(weights_dir, found=bool(files))
    if any(file.state in ("changed", "missing") for file in files):
        raise typer.Exit(1)


def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A metric or file.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file you have, of any name.")],
    weights_dir: Folder = None,
    link: Annotated[bool, typer.Option("--link", help="Link to the file; do not copy.")] = False,
    repin: Repin = False,
) -> None:
    """Take a file that you have into the folder, checked."""
    from iqcurate.api.weights import add_weights
    from iqcurate.cli.output import console
    from iqcurate.cli.progress import shown_progress

    with shown_progress(in_bytes=True) as tell:
        added = add_weights(name, file, weights_dir, link=link, repin=repin, progress=tell)
    record = added.record
    say = console(stderr=True)
    say.print(f"{record.name}: {added.state} ({added.note}): {added.path}")
    say.print(f"licence: {record.licence}")


for function, command, examples in (
    (list_, "list", LIST),
    (fetch, "fetch", FETCH),
    (verify, "verify", VERIFY),
    (add, "add", ADD),
):
    app.command(command, help=f"{function.__doc__}\n\n{examples}")(function)


def _size(record: Weights) -> str:
    from iqcurate.weights.words import size_text

    return "unknown" if record.bytes is None else size_text(record.bytes)


def _say_folder(given: Path | None, found: bool = True) -> None:
    from iqcurate.cli.output import console
    from iqcurate.weights.folder import weights_folder

    folder = weights_folder(given)
    empty = "" if folder.is_dir() and found else " (no files are there)"
    console(stderr=True).print(f"folder: {folder}{empty}")


def _record(file: WeightsFile) -> dict[str, Any]:
    from dataclasses import asdict

    from iqcurate.api.weights import metrics_of

    return {
        **asdict(file.record),
        "metrics": metrics_of(file.record),
        "state": str(file.state),
        "note": file.note,
        "path": str(file.path),
        "sha256_here": file.sha256,
    }
