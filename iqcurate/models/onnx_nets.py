"""Networks in ONNX files, run by ONNX Runtime."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from iqcurate.errors import DeviceError, ModelError, UsageError
from iqcurate.models.inputs import SCALING, parse_input
from iqcurate.models.model import Model, Outputs
from iqcurate.models.request import Request, package
from iqcurate.models.running import one_by_one, padded
from iqcurate.weights.check import sha256_of

if TYPE_CHECKING:
    import numpy.typing as npt

    from iqcurate.models.running import Run

_TYPES = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(double)": np.float64,
    "tensor(uint8)": np.uint8,
}
_GPU_BATCH = 32
_CPU, _CUDA = "CPUExecutionProvider", "CUDAExecutionProvider"


def load_onnx(file: str, request: Request) -> Model:
    """A network with one image input and, first or named after ``#``, one output.

    Layout and size come from the file where they are fixed there; it never says how its input is
    scaled, nor whether its outputs are logits.
    """
    path, output = _split(file)
    outputs = _meaning(request)
    device = _device(request.device)
    session = _session(path, device)
    known = _input_of(session, path)
    spec = parse_input(request.input, known)
    dtype = _TYPES[session.get_inputs()[0].type]
    if dtype == np.uint8 and any(getattr(spec, n) != known[n] for n in SCALING):
        raise UsageError(f"{path} takes whole numbers from 0 to 255: leave out mean, sd and white")
    run, batch = _runner(session, _output_name(session, output, path), dtype, device, request)
    identity = {"model": "onnx", "sha256": sha256_of(path), "input": spec.record()}
    if output:
        identity["output"] = output
    return Model(
        f"onnx:{path.name}", identity, spec.prepare, run, outputs, device, batch, None,
        ("onnxruntime",), spec,
    )  # fmt: skip


def _meaning(request: Request) -> Outputs:
    if request.features:
        return Outputs.FEATURES
    if request.outputs is None:
        raise UsageError(
            f"{request.text}: an ONNX file does not say what its outputs are: --outputs logits "
            "or --outputs probabilities"
        )
    return Outputs(request.outputs)


def _split(file: str) -> tuple[Path, str]:
    if Path(file).exists():
        return Path(file), ""
    name, mark, output = file.rpartition("#")
    return (Path(name), output) if mark else (Path(file), "")


def _device(wanted: str) -> str:
    """As `iqcurate.devices.find_device`, for ONNX Runtime."""
    there = _CUDA in package("onnxruntime").get_available_providers()
    if wanted == "mps":
        raise DeviceError("--device mps: not for ONNX files; --device cpu goes without")
    if wanted.startswith("cuda") and not there:
        raise DeviceError(
            f"--device {wanted}: this onnxruntime runs on CPUs only: pip install onnxruntime-gpu "
            "in its place, or --device cpu"
        )
    if wanted == "cpu" or not there:
        return "cpu"
    return wanted if ":" in wanted else "cuda:0"


def _session(path: Path, device: str) -> Any:
    ort = package("onnxruntime")
    if not path.is_file():
        raise ModelError(f"{path}: there is no such file")
    options = ort.SessionOptions()
    options.log_severity_level = 3
    if device == "cpu":
        options.intra_op_num_threads = options.inter_op_num_threads = 1
    number = device.partition(":")[2]
    cuda = (_CUDA, {"use_tf32": 0, "device_id": number})
    providers = [_CPU] if device == "cpu" else [cuda, _CPU]
    try:
        return ort.InferenceSession(str(path), options, providers=providers)
    except Exception as error:
        first = str(error).splitlines()[0]
        raise ModelError(f"{path}: cannot be run by ONNX Runtime: {first}") from error


def _input_of(session: Any, path: Path) -> dict[str, Any]:
    """What the file says of its input."""
    inputs = session.get_inputs()
    shape = inputs[0].shape
    if len(inputs) != 1 or len(shape) != 4 or inputs[0].type not in _TYPES:
        found = ", ".join(f"{i.name}: {i.type} {i.shape}" for i in inputs)
        raise ModelError(f"{path}: needs one input of images, numbers of 4 dimensions; has {found}")
    known: dict[str, Any] = {}
    if shape[1] == 3 or shape[3] == 3:
        known["layout"] = "nchw" if shape[1] == 3 else "nhwc"
        size = shape[2:] if shape[1] == 3 else shape[1:3]
        known |= {"size": tuple(size)} if all(isinstance(s, int) for s in size) else {}
    if _TYPES[inputs[0].type] == np.uint8:
        known |= {"mean": (0.0,) * 3, "sd": (1.0,) * 3, "white": 255.0}
    return known


def _output_name(session: Any, wanted: str, path: Path) -> str:
    names = [o.name for o in session.get_outputs()]
    if wanted and wanted not in names:
        raise UsageError(f"{path} has no output {wanted!r}; it has {', '.join(names)}")
    return wanted or names[0]


def _runner(
    session: Any, output: str, dtype: npt.DTypeLike, device: str, request: Request
) -> tuple[Run, int]:
    name, shape = session.get_inputs()[0].name, session.get_inputs()[0].shape

    def forward(batch: npt.NDArray[Any]) -> npt.NDArray[Any]:
        whole = np.rint(batch) if dtype == np.uint8 else batch
        rows: npt.NDArray[Any] = session.run([output], {name: whole.astype(dtype)})[0]
        return rows.reshape(len(rows), -1).astype(np.float32)

    fixed = shape[0] if isinstance(shape[0], int) else None
    if device == "cpu" and fixed in (None, 1):
        return one_by_one(forward, request.threads, bool), request.batch or 4 * request.threads
    size = fixed or request.batch or _GPU_BATCH
    return padded(forward, size), size
