"""How each network is fed: an image in parts that do not depend on each other, then one score."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Protocol

from iqcurate.errors import UndefinedScoreError
from iqcurate.metrics.deep.crops import SIDE, Grid, cut
from iqcurate.metrics.deep.offline import twin

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import numpy.typing as npt
    import torch

    from iqcurate.metrics.deep.sizes import Pixels

    Shaped = npt.NDArray[np.uint8 | np.float32]

_MOST_ENLARGED = 100


class Network(Protocol):
    """A network of pyiqa, and what surrounds it.

    `shape` runs on the decoder threads; `forward` on several threads at once, one part each.
    """

    module: Any

    def shape(self, pixels: Pixels) -> Shaped:
        """From uint8 (H, W, 3) to what `parts` takes; raises `UndefinedScoreError`."""

    def parts(self, shaped: Shaped) -> Sequence[Shaped]:
        """Split into arrays (n, h, w, 3) in [0, 255] that are run apart."""

    def forward(self, part: torch.Tensor) -> torch.Tensor:
        """From float (n, 3, h, w) in [0, 1] to rows (m, k)."""

    def join(self, rows: torch.Tensor) -> torch.Tensor:
        """From the rows of all parts of an image, in order, to its score."""


class Whole:
    """A network that takes the whole image and gives one number.

    Parameters
    ----------
    module
        The network.
    least
        Least height and width, in pixels.
    """

    def __init__(self, module: Any, least: int = 1) -> None:
        self.module = module
        self._least = least

    def shape(self, pixels: Pixels) -> Shaped:
        """See `Network`."""
        height, width = pixels.shape[:2]
        if min(height, width) < self._least:
            raise UndefinedScoreError(
                "too_small",
                f"needs {self._least}x{self._least}, has {width}x{height} where it is scored",
            )
        return pixels

    def parts(self, shaped: Shaped) -> Sequence[Shaped]:
        """See `Network`."""
        return [shaped[None]]

    def forward(self, part: torch.Tensor) -> torch.Tensor:
        """See `Network`."""
        scores: torch.Tensor = self.module(part)
        return scores.reshape(len(part), -1)

    def join(self, rows: torch.Tensor) -> torch.Tensor:
        """See `Network`."""
        return rows[0, 0]


class Unknown(Whole):
    """Any other network of pyiqa: it may note something in itself while it runs.

    So each thread runs a copy, of the same tensors: others would mix up their images.
    """

    def __init__(self, module: Any, least: int) -> None:
        super().__init__(module, least)
        self._own = threading.local()

    def forward(self, part: torch.Tensor) -> torch.Tensor:
        """See `Network`."""
        if not hasattr(self._own, "module"):
            self._own.module = twin(self.module)
        scores: torch.Tensor = self._own.module(part)
        return scores.reshape(len(part), -1)


class Musiq(Whole):
    """MUSIQ: patches of the whole image and of two smaller copies."""

    _COPY = 224

    def shape(self, pixels: Pixels) -> Shaped:
        """See `Network`; the smallest copy must have a row and a column left."""
        short, long = sorted(pixels.shape[:2])
        if round(short * (self._COPY / long)) < 1:
            raise _too_thin(pixels, 2 * self._COPY)
        return pixels


class Cnniqa(Whole):
    """CNNIQA: the largest and the smallest response of each filter, then a small network.

    The responses are computed in strips, in a third of the time and with next to no memory.
    """

    _KERNEL = 7
    _BAND = 256
    _STRIP = 16

    def __init__(self, module: Any) -> None:
        super().__init__(module, self._KERNEL)

    def parts(self, shaped: Shaped) -> Sequence[Shaped]:
        """See `Network`."""
        return [shaped[None, start:end] for start, end in self._strips(len(shaped), self._BAND)]

    def forward(self, part: torch.Tensor) -> torch.Tensor:
        """See `Network`."""
        import torch

        found = []
        for start, end in self._strips(part.shape[2], self._STRIP):
            responses = self.module.conv1(part[:, :, start:end].contiguous())
            found.append(torch.cat([responses.amax((2, 3)), -responses.amin((2, 3))], dim=1))
        return torch.cat(found).amax(0, keepdim=True)

    def join(self, rows: torch.Tensor) -> torch.Tensor:
        """See `Network`."""
        import torch

        largest, smallest = rows.amax(0, keepdim=True).chunk(2, dim=1)
        net = self.module
        hidden = torch.relu(net.fc1(torch.cat([largest, -smallest], dim=1)))
        score: torch.Tensor = net.fc3(torch.relu(net.fc2(hidden)))
        return score[0, 0]

    def _strips(self, rows: int, strip: int) -> list[tuple[int, int]]:
        """Where strips begin and end, so that each response is in one of them."""
        last = rows - self._KERNEL + 1
        ends = [(start, min(start + strip, last)) for start in range(0, last, strip)]
        return [(start, end + self._KERNEL - 1) for start, end in ends]


class Clipiqa(Whole):
    """CLIP-IQA: whether the image is nearer to the good or to the bad of five pairs of prompts.

    The prompts are encoded once, not for every image.
    """

    _LEAST = 32

    def __init__(self, module: Any) -> None:
        import torch

        super().__init__(module, self._LEAST)
        self._clip = module.clip_model[0].eval()
        with torch.inference_mode():
            self._prompts = self._clip.encode_text(module.prompt_pairs)
        module.clip = self._clip  # it moves with the module now

    def forward(self, part: torch.Tensor) -> torch.Tensor:
        """See `Network`."""
        net = self.module
        given = (part - net.default_mean.to(part)) / net.default_std.to(part)
        prompts = self._prompts.to(part.device)
        logits = self._clip(given, None, text_features=prompts)[0].float()
        good = logits.reshape(len(part), -1, 2).softmax(dim=-1)[..., 0]
        return good.mean(dim=1, keepdim=True)


class Crops:
    """A network that scores crops of 224x224; an image gets their mean.

    Parameters
    ----------
    module
        The network.
    grid
        Where they lie.
    at_once
        How many are run together.
    """

    def __init__(self, module: Any, grid: Grid, at_once: int) -> None:
        self.module = module
        self.grid = grid
        self._at_once = at_once

    def shape(self, pixels: Pixels) -> Shaped:
        """See `Network`; gives the crops."""
        short, long = sorted(pixels.shape[:2])
        if short <= SIDE and long > _MOST_ENLARGED * short:
            raise _too_thin(pixels, _MOST_ENLARGED)
        return cut(pixels, self.grid)

    def parts(self, shaped: Shaped) -> Sequence[Shaped]:
        """See `Network`."""
        return [shaped[i : i + self._at_once] for i in range(0, len(shaped), self._at_once)]

    def forward(self, part: torch.Tensor) -> torch.Tensor:
        """See `Network`."""
        scores: torch.Tensor = self.module.forward_patch(part)
        return scores

    def join(self, rows: torch.Tensor) -> torch.Tensor:
        """See `Network`."""
        return rows.mean()


class Hyperiqa(Crops):
    """HyperIQA: 5x5 crops."""

    def __init__(self, module: Any) -> None:
        super().__init__(module, Grid(5, 5, 5), at_once=5)


class Maniqa(Crops):
    """MANIQA: 4x5 crops; the mean over all their patches, weighted by the network."""

    def __init__(self, module: Any) -> None:
        super().__init__(module, Grid(4, 5, 4), at_once=1)
        # Each image is one crop now, and the hooks of several threads do not meet.
        module.test_sample = 1
        module.save_output.outputs = _OfThread()
        self._seen = _OfThread()
        for head in (module.fc_score, module.fc_weight):
            head.register_forward_hook(lambda _module, _given, made: self._seen.append(made))

    def forward(self, part: torch.Tensor) -> torch.Tensor:
        """See `Network`."""
        import torch

        framed = torch.nn.functional.pad(part, (0, 1, 0, 1))  # what is no larger would be enlarged
        self._seen.clear()
        self.module(framed)
        scores, weights = (self._seen[i].float().reshape(len(part), -1) for i in range(2))
        return torch.stack([(scores * weights).sum(1), weights.sum(1)], dim=1)

    def join(self, rows: torch.Tensor) -> torch.Tensor:
        """See `Network`."""
        weighted, weights = rows.sum(0)
        return weighted / (weights + 1e-8)


class _OfThread(threading.local):
    """A list that each thread has of its own."""

    def __init__(self) -> None:
        self._items: list[Any] = []
        self.append, self.clear = self._items.append, self._items.clear

    def __getitem__(self, index: int) -> Any:
        return self._items[index]


def _too_thin(pixels: Pixels, most: int) -> UndefinedScoreError:
    height, width = pixels.shape[:2]
    return UndefinedScoreError(
        "too_thin",
        f"one side must be less than {most} times the other, has {width}x{height} where it is "
        "scored",
    )
