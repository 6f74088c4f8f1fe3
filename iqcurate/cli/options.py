"""Options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

SELECT, RESUME, LIMITS = "What is listed", "Running again", "Limits"
DEEP, BESIDE = "Deep metrics", "Beside the scores"
MODEL, OUTPUT = "The model", "Output"
DEVICE_HELP = "auto (a GPU where there is one), cpu, cuda, cuda:N or mps."

Sources = Annotated[
    list[str],
    typer.Argument(
        metavar="SOURCE...",
        help="A folder, images, a list of paths (txt, csv, tsv, jsonl, parquet), or - for "
        "names on standard input.",
        show_default=False,
    ),
]
Directions = Annotated[
    list[str] | None,
    typer.Option(
        "--direction",
        metavar="NAME=WAY",
        help="higher or lower: which scores of a column are better, where it is not known.",
        show_default=False,
    ),
]
Predictions = Annotated[
    Path | None,
    typer.Option(
        "-p",
        "--predictions",
        metavar="FILE",
        help="Table with an id or path, a label and the predicted label.",
        show_default=False,
        rich_help_panel=BESIDE,
    ),
]
Columns = Annotated[
    list[str] | None,
    typer.Option(
        "--columns",
        metavar="OURS=THEIRS",
        help="Columns of the predictions: id, label, predicted, correct, confidence, p_true, "
        "group.",
        show_default=False,
        rich_help_panel=BESIDE,
    ),
]
Workers = Annotated[int | None, typer.Option(min=1, help="Threads.", show_default="one a core")]
Limit = Annotated[
    int | None, typer.Option(min=1, help="Only the first N images.", show_default=False)
]
Append = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Add another source to the store; its ids begin with NAME/.",
        show_default=False,
    ),
]
Root = Annotated[
    str | None,
    typer.Option(
        metavar="DIR",
        show_default=False,
        rich_help_panel=SELECT,
        help="Folder that relative paths are taken from; also says where a source that "
        "moved is now.",
    ),
]
PathColumn = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Column of a list that holds the paths.",
        show_default=False,
        rich_help_panel=SELECT,
    ),
]
LabelFrom = Annotated[
    str | None,
    typer.Option(
        metavar="HOW",
        rich_help_panel=SELECT,
        help="folder, folder:N (N-th from the root), column:NAME, regex:PATTERN (of the id) "
        "or none.",
        show_default="folder; the column 'label' of a list",
    ),
]
SplitFrom = Annotated[
    str | None,
    typer.Option(
        metavar="HOW",
        help="The same, for train/val/test.",
        rich_help_panel=SELECT,
        show_default="none; the column 'split' of a list",
    ),
]
GroupFrom = Annotated[
    str | None,
    typer.Option(
        metavar="HOW",
        rich_help_panel=SELECT,
        help="The same, for what belongs together (a patient, a product, a sequence).",
        show_default="none; the column 'group' of a list",
    ),
]
Labels = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        rich_help_panel=SELECT,
        show_default=False,
        help="Table with columns label, split, group, joined by id or path; 'none' ends it.",
    ),
]
AllFiles = Annotated[
    bool | None,
    typer.Option(
        "--all-files/--images-only",
        help="Rows also for files that are no images.",
        rich_help_panel=SELECT,
        show_default="images only",
    ),
]
RetryFailed = Annotated[
    bool,
    typer.Option(
        "--retry-failed",
        rich_help_panel=RESUME,
        help="Try again what failed for a reason that may have passed.",
    ),
]
HashContents = Annotated[
    bool,
    typer.Option(
        "--hash", rich_help_panel=RESUME, help="Compare contents, not only size and time."
    ),
]
Yes = Annotated[
    bool,
    typer.Option(
        "--yes",
        rich_help_panel=RESUME,
        help="Mark images missing even if more than half; believe that a source moved.",
    ),
]
MaxPixels = Annotated[
    int | None,
    typer.Option(
        min=1,
        rich_help_panel=LIMITS,
        show_default="200000000",
        help="Images with more pixels are not decoded.",
    ),
]
MaxBytes = Annotated[
    int | None,
    typer.Option(
        min=1,
        rich_help_panel=LIMITS,
        show_default="1073741824",
        help="Files with more bytes are not decoded.",
    ),
]
Timeout = Annotated[
    float | None,
    typer.Option(
        min=1,
        metavar="SECONDS",
        rich_help_panel=LIMITS,
        show_default="60",
        help="An image that cannot be read within this time is given up.",
    ),
]
MaxFailures = Annotated[
    int | None,
    typer.Option(
        min=0,
        rich_help_panel=LIMITS,
        show_default="no limit",
        help="Exit with 3 if more images of this run failed.",
    ),
]
Device = Annotated[
    str | None,
    typer.Option(rich_help_panel=DEEP, show_default="auto", help=DEVICE_HELP),
]
Precision = Annotated[
    str | None,
    typer.Option(
        rich_help_panel=DEEP,
        show_default="fp32",
        help="fp32, or bf16: faster on many GPUs, scores differ a little.",
    ),
]
MaxSide = Annotated[
    str | None,
    typer.Option(
        metavar="N|none",
        rich_help_panel=DEEP,
        show_default="each metric's own",
        help="Images whose longer side has more pixels are made smaller for them.",
    ),
]
Weights = Annotated[
    list[str] | None,
    typer.Option(
        metavar="METRIC=FILE",
        rich_help_panel=DEEP,
        show_default=False,
        help="A checkpoint of your own.",
    ),
]
WeightsDir = Annotated[
    str | None,
    typer.Option(
        metavar="DIR",
        rich_help_panel=DEEP,
        show_default="$IQCURATE_WEIGHTS, or the cache",
        help="Where 'iqcurate weights fetch' put them.",
    ),
]
Pretrained = Annotated[
    bool,
    typer.Option(
        "--pretrained",
        rich_help_panel=MODEL,
        help="Download the parameters that torchvision or timm name.",
    ),
]
Classes = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        rich_help_panel=MODEL,
        help="What the outputs are: line i names output i; or imagenet.",
        show_default="what the model says",
    ),
]
JsonOut = Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")]
Plots = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        help="Folder for a picture of each metric.",
        show_default=False,
        rich_help_panel=OUTPUT,
    ),
]
Markdown = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="A summary in Markdown; - for standard output.",
        show_default=False,
        rich_help_panel=OUTPUT,
    ),
]
Force = Annotated[
    bool, typer.Option("--force", help="Replace what is there.", rich_help_panel=OUTPUT)
]
PrintJson = Annotated[bool, typer.Option("--json", help="Print as JSON.", rich_help_panel=OUTPUT)]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="No progress.")]


def score_columns(default: str) -> Any:
    """``--metrics`` of commands that read scores; `default` says what they take without it."""
    return typer.Option(
        "-m", "--metrics", help="Only these columns of scores, by commas.", show_default=default
    )
