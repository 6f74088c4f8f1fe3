"""Files of trained parameters: where they lie, what they must hold, how they get there.

Nothing here imports torch, and only `iqcurate.weights.fetch` uses the network.
"""

from __future__ import annotations

from iqcurate.weights.folder import weights_folder
from iqcurate.weights.locate import Located, locate

__all__ = ["Located", "locate", "weights_folder"]
