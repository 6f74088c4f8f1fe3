"""Our side of the pipe."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from benchmarks.contenders import Answer, ContenderError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.photos import Photo

ROOT = Path(__file__).parents[2]
_ONE_THREAD = (
    "OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS",
)  # fmt: skip


class Peer:
    """A server that was started, as a contender.

    Parameters
    ----------
    name
        How it is called in the results; its module is ``benchmarks.peers.NAME_server``.
    python, arguments
        Interpreter of its environment, and what the module is given.
    scratch
        Folder for what it prints and for its temporary files.
    slow, at_once, most_pixels
        See `Contender`.

    Raises
    ------
    ContenderError
        If it does not start.
    """

    def __init__(
        self,
        name: str,
        python: Path,
        arguments: Sequence[str],
        scratch: Path,
        *,
        slow: bool = False,
        at_once: bool = False,
        most_pixels: int = sys.maxsize,
    ) -> None:
        self.name, self.slow, self.at_once = name, slow, at_once
        self.most_pixels = most_pixels
        self._log = scratch / f"{name}.log"
        command = [str(python), "-m", f"benchmarks.peers.{name}_server", *arguments]
        self._process = _start(command, self._log, scratch)
        try:
            self.versions: dict[str, str] = self._receive()
        except ContenderError:
            self._end()
            raise

    def time(self, photos: Sequence[Photo]) -> Answer:
        """See `Contender.time`."""
        request = json.dumps({"paths": [str(photo.path.resolve()) for photo in photos]})
        try:
            print(request, file=self._process.stdin, flush=True)
        except BrokenPipeError:
            raise ContenderError(self._last_words()) from None
        answer = self._receive()
        if "error" in answer:
            raise ContenderError(answer["error"])
        return Answer(**answer)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._end()

    def _receive(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise ContenderError(self._last_words())
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _last_words(self) -> str:
        self._process.kill()
        self._process.wait()
        lines = self._log.read_text(errors="replace").strip().splitlines()
        return f"ended: {lines[-1] if lines else 'without a word'}"

    def _end(self) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            with suppress(BrokenPipeError):  # a request that it never read
                pipe.close()


def _start(command: Sequence[str], log: Path, scratch: Path) -> subprocess.Popen[str]:
    one_thread = dict.fromkeys(_ONE_THREAD, "1")
    env = {**os.environ, **one_thread, "CUDA_VISIBLE_DEVICES": "", "TMPDIR": str(scratch)}
    try:
        with log.open("w") as errors:
            return subprocess.Popen(
                command, cwd=ROOT, env=env, text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors,
            )  # fmt: skip
    except OSError as error:
        raise ContenderError(f"does not start: {error}") from None
