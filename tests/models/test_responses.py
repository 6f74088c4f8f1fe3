"""Responses of layers to clean and damaged input."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import needs

from iqcurate.errors import ModelError
from iqcurate.models.responses import relative_changes, responses, strength


def network():
    needs("torch")
    import torch
    from torch import nn

    torch.manual_seed(0)
    shared = nn.Conv2d(4, 4, 3, bias=False)
    return nn.Sequential(
        nn.Conv2d(3, 4, 3, bias=False), shared, nn.ReLU(), shared, nn.AdaptiveAvgPool2d(1),
        nn.Conv2d(4, 5, 1), nn.Flatten(),
    ).eval()  # fmt: skip


def test_every_convolution_is_kept_in_its_order_and_changes_are_relative():
    module = network()
    array = np.random.default_rng(0).random((3, 20, 20), np.float32)
    clean, brighter = (responses(module, array * np.float32(k)) for k in (1, 1.5))
    assert list(clean.outputs) == ["0", "1", "1#2", "5"]
    assert clean.first.shape == (4, 18, 18)
    assert clean.last.shape == (4, 14, 14), "the last that still has places"
    assert strength(clean.first).shape == (18, 18)
    changes = relative_changes(clean, brighter)
    assert [changes["0"], changes["1"]] == pytest.approx([0.5, 0.5], abs=1e-4)
    assert set(relative_changes(clean, clean).values()) == {0}
    assert not any(m._forward_hooks for m in module.modules()), "nothing is left in the network"


def test_a_network_without_convolutions_says_so():
    needs("torch")
    from torch import nn

    with pytest.raises(ModelError, match="no convolutions"):
        responses(nn.Sequential(nn.Flatten(), nn.Linear(12, 2)), np.zeros((3, 2, 2), np.float32))
