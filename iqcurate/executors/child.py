"""A process that answers questions until one of them kills it, and is started again for the next.

Questions and answers are pickles over its standard input and output: both ends are this program.
"""

from __future__ import annotations

import math
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable

_GRACE_S = 5.0
_POLL_S = 0.1


@dataclass(frozen=True, slots=True)
class Ended:
    """Why there is no answer.

    Parameters
    ----------
    text
        What the process said last, or how it ended.
    in_time
        It ended by itself; else it was ended, because it took too long.
    """

    text: str
    in_time: bool = True


class Child:
    """A process that is started when there is something to ask.

    Parameters
    ----------
    main
        ``module:function``, called in the process with a function that waits for the next
        question, and one that sends the answer.
    """

    def __init__(self, main: str) -> None:
        self._main = main
        self._process: subprocess.Popen[bytes] | None = None
        self._said: Any = None

    def ask(
        self, question: object, patience_s: float, stop: Callable[[], bool]
    ) -> Any | Ended | None:
        """Return the answer, or `Ended`; None where `stop` said true before it came.

        Raises what `pickle` does where it cannot take the question.
        """
        whole = pickle.dumps((math.ceil(patience_s + _GRACE_S), question))
        process = self._process = self._process or self._start()
        heard = os.fstat(self._said.fileno()).st_size
        asking = _Asking(process, whole)
        due = time.monotonic() + patience_s
        while not asking.wait(_POLL_S):
            late, stopped = time.monotonic() > due, stop()
            if late or stopped:
                process.kill()
                asking.join()
                self.close()
                return None if stopped else Ended(f"not scored within {patience_s:g} s", False)
        if asking.answered:
            return asking.answer
        text = _last_words(_ended(process), self._heard(heard))
        self.close()
        return Ended(text)

    def _start(self) -> subprocess.Popen[bytes]:
        module, _, function = self._main.partition(":")
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - closed in close()
        return subprocess.Popen(  # noqa: S603 - a module of ours
            # -P: modules do not come from the current folder, which may be the images'
            [sys.executable, "-P", "-c", f"from {module} import {function}; {function}()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            start_new_session=True,  # Ctrl-C is for the parent
        )

    def _heard(self, start: int) -> str:
        """What it said from then on; the position in the file is the process's, too."""
        file = self._said.fileno()
        return os.pread(file, os.fstat(file).st_size - start, start).decode(errors="replace")

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout, self._said):
            _close(pipe)


def _ended(process: subprocess.Popen[bytes]) -> int:
    """Exit code of a process that gives no more answers, if it has to be killed for that."""
    try:
        return process.wait(_GRACE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def _close(pipe: Any) -> None:
    with suppress(OSError):  # it could not take all of the question
        pipe.close()


class _Asking(threading.Thread):
    """Sends a question and waits for the answer, which may never come."""

    def __init__(self, process: subprocess.Popen[bytes], question: bytes) -> None:
        super().__init__(daemon=True)
        self._process = process
        self._question = question
        self.answered = False
        self.answer: Any = None
        self.start()

    def run(self) -> None:
        if self._process.stdin is None or self._process.stdout is None:
            return
        try:
            self._process.stdin.write(self._question)
            self._process.stdin.flush()
            self.answer = pickle.load(self._process.stdout)  # noqa: S301 - from our own child
            self.answered = True
        except Exception:  # noqa: BLE001 - it ended, or its answer is none, in whatever way
            return

    def wait(self, seconds: float) -> bool:
        """Whether there is an answer, or will never be one."""
        self.join(seconds)
        return not self.is_alive()


def serve(answer: Callable[[Any], object]) -> NoReturn:
    """Answer questions on standard input until it ends; libraries may print where they like."""
    with os.fdopen(os.dup(1), "wb") as out:
        os.dup2(2, 1)
        while True:
            try:
                seconds, question = pickle.load(sys.stdin.buffer)  # noqa: S301 - from our own parent
            except EOFError:
                sys.exit()
            signal.alarm(seconds)  # where the parent is gone
            pickle.dump(answer(question), out)
            out.flush()
            signal.alarm(0)


def _last_words(code: int, heard: str) -> str:
    if code < 0:
        return f"it kills the process that scores it ({_name(-code)})"
    lines = [line for line in heard.split("\n") if line]
    return lines[-1] if lines else f"it ends the process that scores it (exit code {code})"


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # real-time signals have none
        return f"signal {number}"
