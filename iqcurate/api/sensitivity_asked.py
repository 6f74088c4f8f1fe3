"""From the names of models, and options for all or each of them, to what is to be loaded."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from iqcurate.devices import check_device
from iqcurate.errors import UsageError
from iqcurate.executors.local import default_workers
from iqcurate.models.request import Request

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iqcurate.api.options import ScoreOptions

_PER_MODEL = ("checkpoint", "classes", "input", "outputs")
_NOT_IN_A_NAME = re.compile(r"[^\w.:+@-]+")


@dataclass(frozen=True, slots=True)
class Asked:
    """A model that a user asks for.

    Parameters
    ----------
    name
        In tables and figures.
    request
        What to load.
    classes
        File that names its outputs, if any.
    """

    name: str
    request: Request
    classes: str | None


def ask_models(
    models: Sequence[str],
    given: dict[str, list[str] | None],
    options: ScoreOptions,
    pretrained: bool = False,
    batch: int | None = None,
    device: str = "auto",
) -> list[Asked]:
    """From names of models, and options that are one for all or one for each, to what to load.

    Raises
    ------
    UsageError
        Where there are other numbers of options than of models, a name or a model is empty, or a
        probe is asked for.
    """
    if isinstance(models, str) or not models:
        raise UsageError("models is a list of at least one model")
    check_device(device)
    threads = options.workers or default_workers()
    columns = {name: _for_each(name, given.get(name), len(models)) for name in _PER_MODEL}
    asked = []
    for number, text in enumerate(models):
        name, model = _named(text)
        if model == "probe":
            raise UsageError(
                "--model probe: a probe is trained anew in each fold; name a model that is trained"
            )
        own = {n: values[number] for n, values in columns.items()}
        checkpoint, classes = own["checkpoint"], own["classes"]
        request = Request(
            model, False, None if checkpoint is None else Path(checkpoint), pretrained,
            own["input"], own["outputs"], device, batch, threads,
        )  # fmt: skip
        asked.append(Asked(name, request, classes))
    return asked


def _for_each(name: str, values: list[str] | None, models: int) -> list[str | None]:
    if not values:
        return [None] * models
    if len(values) not in (1, models):
        raise UsageError(
            f"--{name} is given {len(values)} times, for {models} models: once for all, or once "
            "for each ('-' for none)"
        )
    return [None if v == "-" else v for v in (values * models)[:models]]


def _named(text: str) -> tuple[str, str]:
    """Name and model of ``NAME=MODEL``, or of a model alone."""
    name, equals, rest = text.partition("=")
    if not equals or ":" in name or "/" in name:
        name, rest = text, text
    if not (name and rest):
        raise UsageError(f"--model {text}: it is MODEL or NAME=MODEL")
    return _NOT_IN_A_NAME.sub("_", name), rest
