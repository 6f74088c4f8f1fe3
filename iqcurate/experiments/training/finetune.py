"""A network that is trained whole: the finetune learner."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import numpy as np

from iqcurate.devices import exact_kernels
from iqcurate.errors import ModelError, UsageError
from iqcurate.experiments.training.learners import StoppedError
from iqcurate.models.model import softmax
from iqcurate.models.request import package
from iqcurate.models.weights import read_state
from iqcurate.weights.check import sha256_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    import numpy.typing as npt
    import torch

    from iqcurate.experiments.training.design import TrainingSet

    Ints = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.floating[Any]]

ARCHITECTURES = ("resnet18", "resnet34", "vgg19", "alexnet")
TIMM = "timm:"
_APART = 1_000_003
"""From a seed to the next, more than there are runs of one."""
_MEAN, _SD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class Pictures(Protocol):
    """Gives uint8 (m, 3, size, size) for int (m,): rows."""

    def __getitem__(self, rows: Ints, /) -> npt.NDArray[np.uint8]:
        """Pictures of some rows."""
        ...


@dataclass(frozen=True, slots=True)
class Training:
    """How a network is trained; the defaults are those of Smith et al. 2024.

    Parameters
    ----------
    arch
        Of `ARCHITECTURES`, or ``timm:NAME``.
    weights
        File of pretrained parameters; None: random.
    epochs
        Rounds through the training set.
    rate
        Learning rate of Adam.
    batch
        Images at a time.
    size
        Side of the square input in pixels.
    device
        Of torch.
    """

    arch: str = "resnet18"
    weights: Path | None = None
    epochs: int = 40
    rate: float = 1e-4
    batch: int = 32
    size: int = 224
    device: str = "cpu"

    def record(self) -> dict[str, Any]:
        """What can change the answers, as JSON has it; which device is not among it."""
        sha256 = None if self.weights is None else sha256_of(self.weights)
        return {
            "arch": self.arch, "weights": sha256, "epochs": self.epochs, "rate": self.rate,
            "batch": self.batch, "size": self.size,
        }  # fmt: skip


@dataclass
class Finetune:
    """Trains all parameters of a network with Adam, without weight decay, for some epochs.

    The initial parameters, the order of the images and what is dropped out depend on `seed` and
    the number of the run alone. Images are seen as they are, without augmentation. The last epoch
    counts.

    Parameters
    ----------
    pixels
        Of all n images that take part.
    labels
        int (n,): class of each.
    held_out
        int: rows to predict.
    classes
        How many there are.
    how
        See `Training`.
    seed
        Of everything left to chance, together with the number of a run.
    stop
        Asked before each batch; true raises `StoppedError`.
    """

    alone: ClassVar[bool] = True

    pixels: Pictures
    labels: Ints
    held_out: Ints
    classes: int
    how: Training
    seed: int = 0
    stop: Callable[[], bool] = bool

    @property
    def identity(self) -> Mapping[str, Any]:
        """See `Learner`."""
        return {"learner": "finetune", **self.how.record()}

    def __call__(self, training: TrainingSet, number: int) -> Floats:
        """See `Learner`."""
        import torch

        chance = np.random.default_rng([number, 7, self.seed])
        with _repeatable(number + _APART * self.seed):
            module = build(self.how, self.classes).to(self.how.device)
            optimiser = torch.optim.Adam(module.parameters(), lr=self.how.rate)
            for _ in range(self.how.epochs):
                self._epoch(module.train(), optimiser, training, chance)
            return self._predict(module.eval())

    def _epoch(
        self, module: Any, optimiser: Any, training: TrainingSet, rng: np.random.Generator
    ) -> None:
        import torch

        order = rng.permutation(len(training.rows))
        for some in _batches(order, self.how.batch):
            if self.stop():
                raise StoppedError
            rows = training.rows[some]
            outputs = module(self._batch(rows))
            target = torch.from_numpy(self.labels[rows]).to(self.how.device)
            losses = torch.nn.functional.cross_entropy(outputs, target, reduction="none")
            if training.weights is not None:
                weights = training.weights[some].astype(np.float32)
                losses = losses * torch.from_numpy(weights).to(self.how.device)
            optimiser.zero_grad()
            losses.mean().backward()
            optimiser.step()

    def _predict(self, module: Any) -> Floats:
        import torch

        found = []
        with torch.inference_mode():
            for start in range(0, len(self.held_out), self.how.batch):
                rows = self.held_out[start : start + self.how.batch]
                found.append(module(self._batch(rows)).cpu().numpy())
        logits = np.concatenate(found)
        if not np.isfinite(logits).all():
            raise ModelError(
                f"training {self.how.arch} ran out of bounds: a smaller --rate than "
                f"{self.how.rate:g}"
            )
        return softmax(logits)

    def _batch(self, rows: Ints) -> torch.Tensor:
        import torch

        mean, sd = (torch.tensor(v, device=self.how.device).view(1, 3, 1, 1) for v in (_MEAN, _SD))
        raw = torch.from_numpy(np.ascontiguousarray(self.pixels[rows])).to(self.how.device)
        found: torch.Tensor = (raw.float() / 255 - mean) / sd
        return found


def build(how: Training, classes: int) -> Any:
    """Make a network with that many classes, with the parameters of a file or random ones.

    All parameters of a file are used whose name and shape are those of the network; the last layer
    may differ, since it is for other classes.

    Raises
    ------
    UsageError
        Where there is no such network.
    ModelError
        Where the file cannot be read, or is of another network.
    """
    module = _made(how.arch, classes)
    if how.weights is not None:
        _load(module, how.weights, how.arch)
    return module


def try_out(how: Training) -> None:
    """Build the network and show it two grey pictures, so that what cannot be is said early.

    Raises
    ------
    UsageError, ModelError
        Where it cannot be built, or takes no pictures of that size.
    """
    import torch

    module = build(how, 2).eval()
    try:
        with torch.inference_mode():
            module(torch.zeros(2, 3, how.size, how.size))
    except (RuntimeError, AssertionError) as error:
        said = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ModelError(
            f"{how.arch} takes no pictures of {how.size}x{how.size} ({said}): another --size"
        ) from error


def _made(arch: str, classes: int) -> Any:
    if arch in ARCHITECTURES:
        return package("torchvision").models.get_model(arch, weights=None, num_classes=classes)
    if not arch.startswith(TIMM):
        raise UsageError(f"--arch {arch}: it is {', '.join(ARCHITECTURES)} or timm:NAME")
    timm, name = package("timm"), arch.removeprefix(TIMM)
    if not timm.is_model(name):
        raise UsageError(f"--arch {arch}: timm has no such model")
    return timm.create_model(name, pretrained=False, num_classes=classes)


def _load(module: Any, path: Path, arch: str) -> None:
    own, state = module.state_dict(), read_state(path)
    fitting = {n: v for n, v in state.items() if n in own and own[n].shape == v.shape}
    last = [n for n in own if own[n].is_floating_point()][-1].rpartition(".")[0]
    lacking = [n for n in own if n not in fitting and not n.startswith(f"{last}.")]
    if lacking:
        raise ModelError(
            f"{path}: this checkpoint is not of {arch}: it lacks {len(lacking)} of its "
            f"{len(own)} tensors, such as {lacking[0]}"
        )
    module.load_state_dict(fitting, strict=False)


def _batches(order: Ints, size: int) -> Iterator[Ints]:
    """Pieces of an order; a last one of a single image joins the one before (batch norm)."""
    starts = list(range(0, len(order), size))
    if len(starts) > 1 and len(order) % size == 1:
        starts.pop()
    for i, start in enumerate(starts):
        yield order[start : starts[i + 1] if i + 1 < len(starts) else None]


@contextmanager
def _repeatable(seed: int) -> Iterator[None]:
    """Chance from a seed, and the same kernels every time; afterwards all is as it was."""
    import torch

    devices = list(range(torch.cuda.device_count())) if torch.cuda.is_available() else []
    with torch.random.fork_rng(devices), exact_kernels():
        torch.manual_seed(seed % 2**32)  # on a CPU it heeds no more bits
        yield
