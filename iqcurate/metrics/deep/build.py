"""From a metric's name and its files to a network of pyiqa with trained parameters."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from iqcurate.errors import IqcurateError, ModelError
from iqcurate.metrics.deep.offline import changed, import_pyiqa, lent
from iqcurate.models.weights import fit, read_state

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import torch

    from iqcurate.weights import Located

    Files = Mapping[str, Located]


def build(metric: str, files: Files) -> torch.nn.Module:
    """Build one of the metrics that iqcurate knows by name.

    Parameters
    ----------
    metric
        Its name.
    files
        Its files, checked, by the names under which they are published.

    Raises
    ------
    MetricError
        Where pyiqa is not installed.
    ModelError
        Where a file holds more than tensors, or parameters of another network.
    """
    import_pyiqa(metric)
    import torch

    with torch.random.fork_rng(devices=[]):
        return _build(metric, files).eval()


def _build(metric: str, files: Files) -> torch.nn.Module:
    kind = metric.partition("-")[0]
    (file,) = files.values()
    try:
        if kind == "clipiqa":
            return _clipiqa(files)
        state = read_state(file.path)
        net: torch.nn.Module = BUILDERS[kind](metric)
        fit(net, state, f"{file.path} for {metric}")
    except IqcurateError:
        raise
    except Exception as error:  # a file of another kind makes pyiqa fail in any way
        raise _cannot(metric, file.path, error) from error
    return net


def build_any(name: str, module: str, files: Files) -> torch.nn.Module:
    """Build a metric as pyiqa itself does, from the name that pyiqa gives it.

    Raises
    ------
    MetricError
        Where pyiqa is not installed.
    ModelError
        Where pyiqa has no such metric, needs other files, or leaves parameters random.
    """
    import_pyiqa(f"pyiqa:{name}")
    nets = [_as_pyiqa_does(name, module, files, seed) for seed in (0, 1)]
    states = [net.state_dict() for net in nets]
    random = [key for key, value in states[0].items() if not value.equal(states[1][key])]
    if random:
        raise ModelError(
            f"pyiqa:{name}: {len(random)} of its parameters are in none of its files (such as "
            f"{random[0]}), so its scores would be random"
        )
    return nets[0].eval()


def _as_pyiqa_does(name: str, module: str, files: Files, seed: int) -> torch.nn.Module:
    import torch
    from pyiqa.default_model_configs import DEFAULT_CONFIGS
    from pyiqa.utils.registry import ARCH_REGISTRY

    spelled = next((known for known in DEFAULT_CONFIGS if known.lower() == name), None)
    if spelled is None:
        raise ModelError(f"pyiqa:{name}: the installed pyiqa has no such metric")
    options = dict(DEFAULT_CONFIGS[spelled]["metric_opts"])
    import_module(f"pyiqa.archs.{module}")
    network = ARCH_REGISTRY.get(options.pop("type"))
    try:
        with lent(files):
            torch.manual_seed(seed)
            net: torch.nn.Module = network(**options)
    except IqcurateError:
        raise
    except Exception as error:  # pyiqa may fail in any way
        path = next((file.path for file in files.values()), None)
        raise _cannot(f"pyiqa:{name}", path, error) from error
    return net


def _cannot(metric: str, path: Path | None, error: Exception) -> ModelError:
    lines = str(error).splitlines() or [""]
    where = f" from {path}" if path else ""
    return ModelError(f"{metric} cannot be built{where}: {type(error).__name__}: {lines[0]}")


def _musiq(metric: str) -> torch.nn.Module:
    from pyiqa.archs.musiq_arch import MUSIQ

    grades = 10 if metric == "musiq-ava" else 1
    net: torch.nn.Module = MUSIQ(pretrained=False, num_class=grades)
    return net


def _hyperiqa(_metric: str) -> torch.nn.Module:
    from pyiqa.archs.hypernet_arch import HyperNet

    with lent({}):
        net: torch.nn.Module = HyperNet(pretrained=False)
    return net


def _maniqa(metric: str) -> torch.nn.Module:
    from pyiqa.archs.maniqa_arch import MANIQA
    from pyiqa.default_model_configs import DEFAULT_CONFIGS

    scale = DEFAULT_CONFIGS[metric]["metric_opts"].get("scale")
    options = {} if scale is None else {"scale": scale}
    with lent({}):
        net: torch.nn.Module = MANIQA(pretrained=False, **options)
    return net


def _cnniqa(_metric: str) -> torch.nn.Module:
    from pyiqa.archs.cnniqa_arch import CNNIQA

    net: torch.nn.Module = CNNIQA(pretrained=None)
    return net


def _dbcnn(_metric: str) -> torch.nn.Module:
    from pyiqa.archs import dbcnn_arch

    # It would fetch and load a part that the checkpoint holds as well.
    with lent({}), changed(dbcnn_arch, "load_pretrained_network", lambda *_: None):
        net: torch.nn.Module = dbcnn_arch.DBCNN(pretrained=False)
    return net


def _clipiqa(files: Files) -> torch.nn.Module:
    from pyiqa.archs.clipiqa_arch import CLIPIQA

    with lent(files):
        net: torch.nn.Module = CLIPIQA()
    return net


BUILDERS: dict[str, Callable[[str], Any]] = {
    "musiq": _musiq,
    "hyperiqa": _hyperiqa,
    "maniqa": _maniqa,
    "cnniqa": _cnniqa,
    "dbcnn": _dbcnn,
}
"""Give a network of random parameters, from the name of a metric."""
