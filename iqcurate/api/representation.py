"""From scores and models to how subsets of categories lie in the models' representations."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from iqcurate.analysis.categories.describe import LEAST
from iqcurate.api import embeddings
from iqcurate.api.categories import BY, SHARE, categories
from iqcurate.api.files import file_name
from iqcurate.api.options import Progress, RunOptions, make_options
from iqcurate.api.predicted_right import from_head, from_predictions
from iqcurate.api.represented import RepresentationResult, check_folder
from iqcurate.api.run import RunReport
from iqcurate.devices import check_device
from iqcurate.errors import UsageError
from iqcurate.executors.local import default_workers
from iqcurate.experiments.distances import unit_length
from iqcurate.experiments.representation import Represented, measure, picture
from iqcurate.experiments.subsets import Drawn, draw
from iqcurate.manifest.paths import Finder
from iqcurate.models.request import Request
from iqcurate.sources.local import absolute, current_folder, file_ref, look

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Mapping, Sequence

    import numpy.typing as npt

    from iqcurate.api.categorised import CategoriesResult
    from iqcurate.api.embeddings import Embedded
    from iqcurate.api.inputs import ScoresLike
    from iqcurate.api.options import ScoreOptions

    PathLike = str | os.PathLike[str]


class NetworkOptions(TypedDict, total=False):
    """Keyword options of `representation` that say how models run, where each is described."""

    checkpoint: PathLike | None
    pretrained: bool
    classes: PathLike | None
    input: str | None
    device: str
    batch: int | None


class SubsetOptions(TypedDict, total=False):
    """Keyword options of `representation` that say what is compared; see `categories`."""

    by: str
    metrics: Sequence[str] | None
    directions: Mapping[str, str] | None
    share: str | float
    least: int
    rarefy: int | None


class RepresentationOptions(NetworkOptions, SubsetOptions, RunOptions, total=False):
    """All keyword options of `representation`."""


def representation(
    scores: ScoresLike,
    output: PathLike,
    *,
    models: Sequence[str] = (),
    read: Mapping[str, PathLike] | None = None,
    predictions: Mapping[str, PathLike] | None = None,
    images: int | None = None,
    unit: bool = False,
    seed: int = 0,
    **options: Unpack[RepresentationOptions],
) -> RepresentationResult:
    """Compare how far the four subsets of categories spread in the representation of networks.

    Parameters
    ----------
    scores
        Store, or table with ids or paths, labels and scores.
    output
        Folder for embeddings, tables and plots; an existing one is continued.
    models
        ``torchvision:NAME``, ``timm:NAME``, ``onnx:FILE#OUTPUT``, ``efficientnet-lite0`` (1, 2) or
        ``hog``: the embedding is what the last layer before the classes gives, or the ONNX
        output of that name.
    read
        Name -> embeddings that are there already: ``.npz``, Parquet, or a store, such as that of a
        probe's predictions.
    predictions
        Model -> table of predictions, for top-1 and top-5; a classifier whose classes are the
        labels needs none.
    images
        Of each category; default: as many as the smallest chosen one has, at most 20.
    unit
        Scale embeddings to length 1 before distances are taken.
    seed
        Of the draw.
    by, metrics, directions, share, least, rarefy
        As for `iqcurate.categories`.
    checkpoint, pretrained, input, device, batch, classes
        As for `iqcurate.predict`; `checkpoint` and `input` are for one model.
    options
        Limits, `root`, `workers`, `progress`, `stop`: as for `iqcurate.score`.

    Raises
    ------
    UsageError
        Where the call cannot be right, or no two categories can be ranked.
    SourceError, StoreError, ModelError
        Where something cannot be read, continued or loaded.

    Examples
    --------
    >>> found = iqcurate.representation("scores/", "out/", models=["efficientnet-lite0"])
    >>> found.frame[["metric", "subset", "mean_distance", "top1"]]
    """
    given: dict[str, Any] = dict(options)
    network = {n: given.pop(n) for n in NetworkOptions.__annotations__ if n in given}
    subsets = {n: given.pop(n) for n in SubsetOptions.__annotations__ if n in given}
    root = given.get("root")
    known, predicted = dict(read or {}), dict(predictions or {})
    _check(models, known, predicted, network, images)
    check_folder(Path(output))
    run = make_options(**given)
    ranked = categories(scores, **{"by": BY[0], "share": SHARE, "least": LEAST, **subsets})
    drawn = draw_images(ranked, images, seed)
    work = _Work(ranked, drawn, Path(output), run, network, root, unit, seed)
    for name, path in known.items():
        work.add(name, embeddings.read(path, work.ids), predicted.get(name))
    for name in models:
        work.compute(name, predicted.get(name))
        if work.report.interrupted:
            break
    return work.result()


def draw_images(ranked: CategoriesResult, images: int | None, seed: int) -> list[Drawn]:
    """Equally many images of equally many categories of each subset.

    Raises
    ------
    UsageError
        Where no subset has a category.
    """
    picked = ranked.subsets
    if picked.empty:
        raise UsageError(f"no two categories are ranked: {'; '.join(ranked.warnings)}")
    numbers = {name: i for i, name in enumerate(ranked.names)}
    of_subset: dict[tuple[str, str], list[int]] = {}
    for row in picked.to_dict("records"):
        key = row["metric"], row["subset"]
        of_subset.setdefault(key, []).append(numbers[row["category"]])
    smallest = min(map(len, of_subset.values()))
    chosen = {key: several[:smallest] for key, several in of_subset.items()}
    status = ranked.scores.table["status"]
    readable = pc.fill_null(pc.equal(status, "ok"), True).to_numpy()
    return draw(chosen, ranked.codes, readable, images, seed)


def _check(
    models: Sequence[str],
    read: Mapping[str, object],
    predictions: Mapping[str, object],
    network: Mapping[str, Any],
    images: int | None,
) -> None:
    names = [*models, *read]
    if not names:
        raise UsageError("name a model with --model, or embeddings with --read NAME=FILE")
    if len(set(names)) < len(names):
        raise UsageError("two models have one name")
    for name in predictions:
        if name not in names:
            raise UsageError(f"--predictions {name}=...: there is no model of that name")
    for option in ("checkpoint", "input"):
        if network.get(option) and len(models) > 1:
            raise UsageError(f"--{option} is for one model: run each into the same folder")
    if images is not None and images < 1:
        raise UsageError(f"--images {images}: it is at least 1")
    check_device(network.get("device") or "auto")


class _Work:
    """Models, one after the other, on the images that were drawn."""

    def __init__(
        self,
        ranked: CategoriesResult,
        drawn: Sequence[Drawn],
        output: Path,
        options: ScoreOptions,
        network: Mapping[str, Any],
        root: PathLike | None,
        unit: bool,
        seed: int,
    ) -> None:
        self.ranked, self.drawn, self.output = ranked, drawn, output
        self.options, self.network, self.unit, self.seed = options, network, unit, seed
        self.rows = np.unique(np.concatenate([each.rows for each in drawn]))
        wanted = ranked.scores.table.select(["id", "uri", "label"]).take(pa.array(self.rows))
        self.ids: list[str] = wanted["id"].to_pylist()
        self.uris, self.labels = wanted["uri"].to_pylist(), wanted["label"].to_pylist()
        self.place = np.full(ranked.scores.table.num_rows, -1, np.int64)
        self.place[self.rows] = np.arange(len(self.rows))
        self.finder = Finder(root)
        self.report = RunReport()
        self.embedded: dict[str, npt.NDArray[np.float32]] = {}
        self.frames: list[pd.DataFrame] = []
        self.points: list[pd.DataFrame] = []
        self.warnings = list(ranked.warnings)

    def compute(self, name: str, predictions: PathLike | None) -> None:
        """Embed the images by a model, and measure."""
        threads = self.options.workers or default_workers()
        wanted = ("pretrained", "input", "device", "batch")
        given = {n: v for n in wanted if (v := self.network.get(n)) is not None}
        if checkpoint := self.network.get("checkpoint"):
            given["checkpoint"] = Path(checkpoint)
        request = Request(name, features=True, threads=threads, **given)
        store = self.output / "embeddings" / f"{file_name(name)}.store"
        store.parent.mkdir(parents=True, exist_ok=True)
        found = embeddings.compute(list(self._refs()), store, request, self.options)
        if found.report is not None:
            self.report.counts += found.report.counts
            self.report.interrupted = found.report.interrupted
            self.report.seconds += found.report.seconds
            for note in found.report.notes:
                self.report.note(note)
        if not self.report.interrupted:
            self.add(name, found, predictions)

    def add(self, name: str, found: Embedded, predictions: PathLike | None) -> None:
        """Measure what a model gave."""
        if lacking := int((~found.known).sum()):
            self.warnings.append(f"{name}: {lacking} of {len(self.ids)} images have no embedding")
        if not found.known.any():
            raise UsageError(f"{name}: none of the {len(self.ids)} images has an embedding")
        right = (
            from_head(found, self.labels, self.network.get("classes"))
            if predictions is None
            else from_predictions(predictions, self.ids, self.labels)
        )
        if right is None:
            self.warnings.append(
                f"{name}: no top-1 and top-5, because no label is known to be one of its classes: "
                f"--predictions {name}=FILE"
            )
        vectors = unit_length(found.vectors) if self.unit else found.vectors
        seen = Represented(self.place, vectors, right or {})
        self._tell(name)
        self.embedded[name] = found.vectors
        self.frames.append(measure(self.drawn, seen).assign(model=name))
        self.points.append(picture(self.drawn, seen).assign(model=name))

    def _tell(self, name: str) -> None:
        if self.options.progress is not None:
            n = len(self.frames)
            self.options.progress(Progress(n, total=n + 1, step=f"models measured ({name})"))

    def _refs(self) -> Iterator[Any]:
        """The images as the engine takes them."""
        base = current_folder()
        for name, uri, label in zip(self.ids, self.uris, self.labels, strict=True):
            path = absolute(self.finder.path(name, uri), base)
            yield file_ref(name, uri or name, path, look(path), (label, None, None))

    def result(self) -> RepresentationResult:
        """All tables."""
        frame = _joined(self.frames)
        points = _joined(self.points)
        if len(points):
            points["id"] = np.array(self.ids, object)[self.place[points["row"]]]
            names = np.array(self.ranked.names, object)
            points["category"] = names[self.ranked.codes[points.pop("row")]]
        return RepresentationResult(
            frame,
            points,
            self.output,
            self.report,
            tuple(dict.fromkeys(self.warnings)),
            tuple(self.ids),
            self.embedded,
            {
                "by": self.ranked.by, "share": self.ranked.share, "seed": self.seed,
                "unit": self.unit, "images": len(self.ids), "scores": self.ranked.scores.name,
            },
        )  # fmt: skip


def _joined(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    frames = [frame for frame in frames if len(frame)]
    if not frames:
        return pd.DataFrame()
    made = pd.concat(frames, ignore_index=True)
    return made[["model", *(c for c in made.columns if c != "model")]]
