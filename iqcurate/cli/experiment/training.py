"""`iqcurate experiment remove-worst` and `high-vs-all`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from iqcurate.cli.experiment.training_options import with_shared

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iqcurate.api.training_images import Rule
    from iqcurate.api.training_result import TrainingResult

REMOVE_EXAMPLES = """Examples:

  iqcurate experiment remove-worst scores/ -o removal/

  iqcurate experiment remove-worst scores/ --features efficientnet-lite0 -o deeper/

  iqcurate experiment remove-worst scores/ --shares 10%,30% -m lapm,niqe --dry-run

  iqcurate experiment remove-worst scores/ --learner finetune --arch resnet34 -o net/
"""
HIGH_EXAMPLES = """Examples:

  iqcurate experiment high-vs-all scores/ --cutoffs cutoffs.json -o high/

  iqcurate experiment high-vs-all scores/ --drop-worst 50%    by rank, no cut-offs

  iqcurate experiment high-vs-all scores/ --cutoffs cutoffs.json --test-split val
"""
Scores = Annotated[
    Path,
    typer.Argument(
        metavar="SCORES",
        help="A store, or a csv, tsv, jsonl or parquet table with ids or paths and scores.",
    ),
]
Output = Annotated[
    Path,
    typer.Option(
        "-o", "--output", metavar="DIR",
        help="Folder: tables, figure, report, and the runs, from which the same command goes on.",
    ),
]  # fmt: skip


@with_shared
def remove_worst(
    scores: Scores = Path("scores"),
    output: Output = Path("removal"),
    shares: Annotated[
        str, typer.Option(metavar="LIST", help="To remove, by the mean of the ranks.")
    ] = "10%,20%,30%,40%,50%",
    *,
    given: dict[str, Any],
) -> None:
    """Train without the worst images, and tell whether that helps.

    The worst are removed, or as many at random, or none, or they count less; all are tested on the
    same held-out images. Each question gets a verdict, its interval, and what would be needed.
    """
    from iqcurate.api.share import read_share
    from iqcurate.api.training_experiment import REMOVE_WORST
    from iqcurate.api.training_images import Rule
    from iqcurate.cli.output import split_names

    numbers = sorted({read_share("--shares", s) for s in split_names([shares]) or ()} - {0.0})
    _run(REMOVE_WORST, scores, output, Rule(), numbers, **given)


@with_shared
def high_vs_all(
    scores: Scores = Path("scores"),
    output: Output = Path("high-vs-all"),
    cutoffs: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Cut-offs, from 'iqcurate cutoff'.", show_default=False),
    ] = None,
    vote: Annotated[
        str, typer.Option(metavar="POLICY", help="majority, any, all, or that many low votes.")
    ] = "majority",
    drop_worst: Annotated[
        str | None,
        typer.Option(
            metavar="SHARE", show_default=False,
            help="Instead of cut-offs: this share is of low quality, by the mean of the ranks.",
        ),
    ] = None,
    *,
    given: dict[str, Any],
) -> None:  # fmt: skip
    """Train on images of high quality and on as many of all qualities, and compare.

    The experiment of Smith et al. 2024 on your data, with the same classes in both sets, tested on
    held-out images of all qualities and of high quality.
    """
    from iqcurate.api.training_experiment import HIGH_VS_ALL
    from iqcurate.api.training_images import Rule

    _run(HIGH_VS_ALL, scores, output, Rule(cutoffs, vote, drop_worst), [0.0], **given)


def _run(
    command: str,
    scores: Path,
    output: Path,
    rule: Rule,
    shares: Sequence[float],
    *,
    dry_run: bool,
    json_out: bool,
    quiet: bool,
    **given: Any,
) -> None:
    from iqcurate.api.training import asked
    from iqcurate.api.training_experiment import Experiment
    from iqcurate.cli.output import console, pairs, print_json, split_names
    from iqcurate.cli.progress import shown_progress
    from iqcurate.cli.stop import INTERRUPTED, stop_signals

    given["metrics"] = split_names(given["metrics"])
    given["directions"] = pairs("--direction", given["directions"]) or None
    messages = console(stderr=True)
    with stop_signals() as stop, shown_progress(quiet, "described") as tell:
        wanted = asked(rule, shares, {**given, "progress": tell, "stop": stop})
        experiment = Experiment(command, scores, output, wanted)
        if dry_run:
            messages.print(experiment.plan())
            for note in experiment.report.notes:
                messages.print(note)
            return
        result = experiment.run()
    for note in result.report.notes:
        messages.print(note)
    _tell_runs(result)
    if not result.finished:
        messages.print("interrupted; finished runs are saved. To go on: the same command again")
        raise typer.Exit(INTERRUPTED)
    files = result.save()
    if json_out:
        print_json(result.document())
    else:
        _print(result)
    messages.print(f"{len(files)} files in {output}: report.md, result.png, tables")


def _tell_runs(result: TrainingResult) -> None:
    from iqcurate.cli.output import console
    from iqcurate.cli.progress import span

    counts = result.report.counts
    kept = f", {counts['kept']} from before" if counts["kept"] else ""
    console(stderr=True).print(
        f"{counts['trained']} models trained{kept}, in {span(result.report.seconds)}"
    )


def _print(result: TrainingResult) -> None:
    from iqcurate.api.training_report import headline, removed, trained
    from iqcurate.cli.output import console, table

    out = console()
    columns = ("trained on", "removed", "images", "accuracy", "balanced", "AUC", "high quality")
    made = table(columns, "Means over the seeds, on test images of all qualities (sd)",
                 left=("trained on",))  # fmt: skip
    for row in result.arms.to_dict("records"):
        names = ("test_accuracy", "test_balanced_accuracy", "test_auc", "high_accuracy")
        cells = [
            f"{100 * row[n]:.1f} ({100 * row[f'{n}_sd']:.1f})" if n in row else "-" for n in names
        ]
        share = removed(result, row)
        made.add_row(trained(row["arm"]), share, f"{row['images']:.0f}", *cells)
    out.print(made)
    for answer in result.answers:
        out.print(headline(answer, result.provenance["measure"]), soft_wrap=True)
