"""Random checkpoints of the true architectures, whose scores differ from image to image."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from iqcurate.metrics.deep.build import BUILDERS, import_pyiqa
from iqcurate.testing import sample_photos
from iqcurate.weights.records import needed_by

if TYPE_CHECKING:
    from pathlib import Path

KEYED = {"hyperiqa", "cnniqa", "dbcnn"}
"""Whose published files hold {"params": ...}; the others are flat."""


@cache
def pictures(sizes: tuple[tuple[int, int], ...]) -> list[np.ndarray]:
    """Cut-outs of real photographs, (W, H) each, some darker or of fewer colours."""
    made = []
    for i, (width, height) in enumerate(sizes):
        photo = sample_photos()[i % 6].pixels
        scale = max(width / photo.shape[1], height / photo.shape[0], 0.5)
        size = (round(photo.shape[1] * scale), round(photo.shape[0] * scale))
        large = np.asarray(Image.fromarray(photo).resize(size))[:height, :width].astype(float)
        made.append((large * (1, 0.6, 0.8)[i % 3] * ([1, 0.7, 0.4] if i % 2 else 1)).astype("u1"))
    return made


def tensors(images):
    import torch

    return [torch.from_numpy(i.astype("f4") / 255).permute(2, 0, 1)[None] for i in images]


def make_checkpoint(metric: str, folder: Path, images: list[np.ndarray]) -> Path:
    """Write a checkpoint as it is published, whose scores over the images spread."""
    import torch

    import_pyiqa(metric)
    torch.manual_seed(0)
    path = folder / needed_by(metric)[0].file
    kind = metric.partition("-")[0]
    with torch.no_grad():
        state = _MAKERS[kind](metric, tensors(images))
    torch.save({"params": state} if kind in KEYED else state, path)
    return path


def _spread(last: Any, features: Any, low: float, high: float) -> None:
    """Make a linear layer give `low` to `high` along the direction in which features differ.

    Of several outputs, the later ones rise along it, and the earlier ones fall.
    """
    import torch

    centred = features - features.mean(0)
    along = torch.linalg.svd(centred.double(), full_matrices=False)[2][0].float()
    found = features @ along
    gain = (high - low) / (found.max() - found.min())
    slopes = torch.linspace(-1, 1, len(last.bias)) if len(last.bias) > 1 else torch.ones(1)
    last.weight.copy_(slopes[:, None] * along * gain)
    last.bias.copy_(slopes * (low - gain * found.min()))


def _features(net: Any, last: Any, images: list[Any]) -> Any:
    """What the last layer is given for each image."""
    import torch

    seen = []
    hook = last.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    for image in images:
        net(image)
    hook.remove()
    return torch.cat([s.reshape(-1, s.shape[-1]).mean(0, keepdim=True) for s in seen])


def _settle(net: Any, images: list[Any], run: Any) -> None:
    """Give batch normalisation the statistics of the images."""
    import torch

    norms = [m for m in net.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    for norm in norms:
        norm.train().reset_running_stats()
        norm.momentum = None
    for image in images:
        run(image)
    net.eval()


def _linear(metric: str, images: list[Any]) -> dict[str, Any]:
    kind = metric.partition("-")[0]
    net = BUILDERS[kind](metric).eval()
    last = getattr(net, {"musiq": "head", "cnniqa": "fc3", "dbcnn": "fc"}[kind])
    if kind == "dbcnn":
        _settle(net, images, net)
    if metric == "musiq-ava":
        _spread(last[0], _features(net, last[0], images), -2, 2)
    else:
        _spread(last, _features(net, last, images), *((20, 80) if kind == "musiq" else (0.2, 0.8)))
    return net.state_dict()


def _hyperiqa(metric: str, images: list[Any]) -> dict[str, Any]:
    import torch
    from pyiqa.archs.arch_util import uniform_crop

    net = BUILDERS[metric](metric).eval()
    crops = [uniform_crop([image], 224, 25)[::12] for image in images]
    _settle(net.base_model, crops, net.forward_patch)
    last = (net.fc_w_modules[4][2], net.fc_b_modules[4][2])
    raw = torch.cat([net.forward_patch(some).mean()[None] for some in crops])
    gain = 0.6 / (raw.max() - raw.min())
    for layer in last:
        layer.weight.mul_(gain)
        layer.bias.mul_(gain)
    last[1].bias.add_(0.2 - gain * raw.min())
    return net.state_dict()


def _maniqa(metric: str, images: list[Any]) -> dict[str, Any]:
    import torch

    net = BUILDERS["maniqa"](metric).eval()
    net.test_sample = 1
    _spread(net.fc_score[3], _features(net, net.fc_score[3], images), 0.2, 0.8)
    net.fc_weight[3].weight.mul_(torch.tensor(20.0))
    return net.state_dict()


def _clipiqa(metric: str, images: list[Any], tiny: bool = True) -> dict[str, Any]:
    import torch
    from pyiqa.archs.clip_model import CLIP

    sizes = (64, 64, (1, 1, 1, 1), 16, None, 77, 49408, 64, 1, 2) if tiny else TRUE_CLIP
    clip = CLIP(*sizes).float().eval()
    from pyiqa.archs.constants import OPENAI_CLIP_MEAN, OPENAI_CLIP_STD

    mean, sd = (torch.tensor(v).view(1, 3, 1, 1) for v in (OPENAI_CLIP_MEAN, OPENAI_CLIP_STD))
    given = [(image - mean) / sd for image in images]
    _settle(clip.visual, given, clip.visual)
    middle = torch.cat([clip.encode_image(image, False) for image in given]).mean(0)
    clip.visual.attnpool.c_proj.bias.sub_(middle)
    return clip.half().state_dict()


TRUE_CLIP = (1024, 224, (3, 4, 6, 3), 64, None, 77, 49408, 512, 8, 12)

_MAKERS = {
    "musiq": _linear,
    "cnniqa": _linear,
    "dbcnn": _linear,
    "hyperiqa": _hyperiqa,
    "maniqa": _maniqa,
    "clipiqa": _clipiqa,
}
