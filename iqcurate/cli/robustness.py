"""`iqcurate robustness`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from iqcurate.cli import options  # noqa: TC001 - typer reads the annotations

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.table import Table

    from iqcurate.api.robustness import RobustnessResult
    from iqcurate.api.robustness_cost import CheckCost
    from iqcurate.robustness import Outcome, Robustness

EXAMPLES = """Examples:

  iqcurate robustness photos/ -o robustness.json --plots plots/

  iqcurate robustness photos/ --sample 200 --dry-run   what it would take

  iqcurate robustness photos/ --sequences focus.csv    real sequences, too

  iqcurate robustness photos/ --bound crop=10,rotate=10

  iqcurate robustness photos/ --protocol paper         as Smith et al. 2024
"""


def robustness(
    sources: options.Sources,
    metrics: Annotated[
        list[str] | None,
        typer.Option(
            "-m", "--metrics", help="Metrics or groups.", show_default="the classical five"
        ),
    ] = None,
    output: Annotated[
        Path,
        typer.Option(
            "-o",
            "--output",
            help="File to write: .json. All scores, from which a run is continued, lie beside it "
            "in the folder NAME.store.",
        ),
    ] = Path("robustness.json"),
    sample: Annotated[int, typer.Option(min=1, help="At most so many images, by chance.")] = 100,
    protocol: Annotated[
        str,
        typer.Option(
            help="response (sizes of responses, and verdicts), or paper (the crops, rotations and "
            "correlations of Smith et al. 2024, beside their table)."
        ),
    ] = "response",
    sequences: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            show_default=False,
            help="Table of real sequences, such as focus sweeps: id or path, sequence (or group), "
            "level (or step): how far an image is from the best of its sequence.",
        ),
    ] = None,
    bound: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TEST=POINTS",
            help="The most that crop and rotate may move scores, the least that blur must, in "
            "percentile points.",
            show_default="crop=5,rotate=5,blur=20",
        ),
    ] = None,
    bootstraps: Annotated[int, typer.Option(min=100, help="Draws for the intervals.")] = 2000,
    seed: Annotated[int, typer.Option(min=0, help="Of the sample and the draws.")] = 0,
    plots: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder for plots.", show_default=False),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what it would take.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file.")] = False,
    workers: options.Workers = None,
    limit: options.Limit = None,
    root: options.Root = None,
    path_column: options.PathColumn = None,
    group_from: options.GroupFrom = None,
    labels: options.Labels = None,
    device: options.Device = None,
    precision: options.Precision = None,
    max_side: options.MaxSide = None,
    weights: options.Weights = None,
    weights_dir: options.WeightsDir = None,
    max_pixels: options.MaxPixels = None,
    max_bytes: options.MaxBytes = None,
    timeout: options.Timeout = None,
    json_out: options.JsonOut = False,
    quiet: options.Quiet = False,
) -> None:
    """Check whether scores move with quality, and with nothing else, on your images.

    Images are cropped, turned and blurred in memory; nothing is written but
    scores. Each metric survives, fails, or it cannot be told, with the figures;
    `curate --robustness` and `audit --robustness` read the file.
    """
    from iqcurate.analysis.robustness.protocol import Protocol
    from iqcurate.api.files import check_output
    from iqcurate.api.options import make_options
    from iqcurate.api.robustness import Check, make_settings, which_protocol
    from iqcurate.cli.notes import exit_code, print_run
    from iqcurate.cli.output import console, pairs, print_json, split_names
    from iqcurate.cli.progress import shown_progress
    from iqcurate.cli.score import files
    from iqcurate.cli.stop import stop_signals
    from iqcurate.errors import UsageError

    if output.suffix != ".json":
        raise UsageError(f"{output}: the name must end in .json")
    if plots is not None and which_protocol(protocol) is Protocol.PAPER:
        raise UsageError("--protocol paper shows no responses: leave out --plots")
    if not dry_run:
        check_output(output, force)
    messages = console(stderr=True)
    with stop_signals() as stop, shown_progress(quiet, "checked") as tell:
        check = Check(
            sources,
            output.with_suffix(".store"),
            make_options(
                metrics=split_names(metrics), workers=workers, limit=limit, root=root,
                path_column=path_column, group_from=group_from, labels=labels, device=device,
                precision=precision, max_side=max_side, weights=files(weights),
                weights_dir=weights_dir,
                max_pixels=max_pixels, max_bytes=max_bytes, timeout=timeout, progress=tell,
                stop=stop,
            ),
            which=which_protocol(protocol),
            sample=sample,
            sequences=sequences,
            settings=make_settings(pairs("--bound", bound, float), bootstraps, seed),
        )  # fmt: skip
        cost = check.cost()
        messages.print(_cost_words(cost, check.store.exists()))
        if dry_run:
            return
        result = check.run()
    if not result.report.interrupted:
        if json_out:
            print_json(result.document())
        else:
            _print(result)
        if plots is not None:
            messages.print(f"{len(result.save_plots(plots))} plots written to {plots}")
        result.save(output, force=True)
    print_run(result.report, "checked")
    if code := exit_code(result.report, "checked", None):
        raise typer.Exit(code)
    messages.print(f"verdicts: {output}; all scores: {result.store}")


def _cost_words(cost: CheckCost, begun: bool) -> str:
    from iqcurate.cli.progress import span

    steps = f" and {cost.steps} images of sequences" if cost.steps else ""
    words = (
        f"{cost.images} images x {cost.versions} versions{steps}, x {cost.metrics} metrics: "
        f"{cost.scores:,} scores"
    )
    if cost.seconds is None:
        return words
    return f"{words}, about {span(cost.seconds)}" + (", if none is there yet" if begun else "")


def _print(result: RobustnessResult) -> None:
    from iqcurate.analysis.robustness.protocol import Protocol
    from iqcurate.cli.output import console
    from iqcurate.robustness import Survival

    out = console()
    if result.protocol is Protocol.RESPONSE:
        out.print(_verdicts(result.metrics))
        for name, found in result.metrics.items():
            if found.verdict is not Survival.SURVIVES:
                out.print(f"{name} ({_word(found.verdict)}): {found.reason}.")
        out.print()
    out.print(_correlations(result))


def _verdicts(metrics: Mapping[str, Robustness]) -> Table:
    from iqcurate.cli.output import printable, table

    left = ("metric", "verdict")
    columns = ("crop", "between tiles", "rotation", "at", "under shift", "blur", "same as blur of")
    made = table([*left, *columns], "Response sizes, in percentile points", left=left)
    for name, found in metrics.items():
        made.add_row(printable(name), _word(found.verdict), *_cells(found.tests))
    made.caption = (
        "crop: a quarter against the whole; rotation: the angle that moves scores most, above a "
        "shift; blur: what sigma 2 takes in the declared direction; each with its 95% interval, * "
        "survived, ! failed; same as blur of: the sigma that moves scores as far as crop / rotation"
    )
    made.caption_justify = "left"
    return made


def _cells(tests: Mapping[str, Outcome]) -> list[str]:
    from iqcurate.cli.output import number

    crop, rotate, blur = (tests.get(n) for n in ("crop", "rotate", "blur"))
    if crop is None or rotate is None or blur is None:
        return []
    figures = rotate.figures
    angle = figures.get("angle")
    return [
        _response(crop),
        number(crop.figures.get("between_tiles"), 2),
        _response(rotate),
        "-" if angle is None else f"{angle:.0f}",
        number(figures.get("under_shift"), 2),
        _response(blur),
        f"{_sigma(crop)} / {_sigma(rotate)}",
    ]


def _response(outcome: Outcome) -> str:
    from iqcurate.robustness import Survival

    figures = outcome.figures
    response, low, high = (figures.get(n) for n in ("response", "low", "high"))
    if response is None or low is None or high is None:
        return "-"
    mark = {Survival.SURVIVES: "*", Survival.FAILS: "!"}.get(outcome.verdict, " ")
    return f"{response:.1f} ({low:.1f} to {high:.1f}){mark}"


def _sigma(outcome: Outcome) -> str:
    from iqcurate.analysis.robustness.protocol import SIGMAS

    if outcome.figures.get("response") is None:
        return "-"
    sigma = outcome.figures.get("equivalent_blur")
    return f">{SIGMAS[-1]:g}" if sigma is None else f"{sigma:.2f}"


def _correlations(result: RobustnessResult) -> Table:
    from iqcurate.analysis.robustness.protocol import Protocol
    from iqcurate.api.robustness_paper import PUBLISHED
    from iqcurate.cli.output import number, printable, table

    frame = result.correlations
    sweeps = list(dict.fromkeys(frame["sweep"])) if len(frame) else []
    heads = [f"{sweep} {measure}" for sweep in sweeps for measure in ("PCC", "SRCC")]
    if real := "sequences" in sweeps:
        heads.append("best at")
    made = table(["metric", *heads], "Correlation with the step, without sign", left=("metric",))
    paper = result.protocol is Protocol.PAPER
    for name, found in result.metrics.items():
        figures = found.correlations
        best = [number(figures["sequences"]["best_at"], 2)] if real else []
        made.add_row(printable(name), *_pairs_of(figures, sweeps, "pcc", "srcc"), *best)
        if paper and name in PUBLISHED:
            made.add_row("  published", *_pairs_of(PUBLISHED[name], sweeps, "pcc", "srcc"))
    if result.metrics:
        any_ = next(iter(result.metrics.values())).correlations
        made.add_section()
        for kind in ("independent", "nested"):
            cells = _pairs_of(any_, sweeps, f"{kind}_pcc", f"{kind}_srcc")
            made.add_row(f"chance, {kind}", *cells)
    made.caption = (
        "means over images of the absolute value; chance: of scores in which nothing but chance "
        "works, independent from step to step, or of parts of one picture that share area"
    )
    if real:
        made.caption += "; best at: mean level of the image that scores best in its sequence"
    made.caption_justify = "left"
    return made


def _pairs_of(
    figures: Mapping[str, Mapping[str, Any]], sweeps: list[str], *names: str
) -> list[str]:
    cells = [figures.get(sweep, {}).get(name) for sweep in sweeps for name in names]
    return ["-" if cell is None else f"{cell:.3f}" for cell in cells]


def _word(verdict: str) -> str:
    return str(verdict).replace("_", " ")
