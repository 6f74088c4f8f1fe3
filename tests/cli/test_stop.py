"""Signals at awkward moments."""

from __future__ import annotations

import io
import signal
import sys

from iqcurate.cli.stop import stop_signals


class Interrupted(io.FileIO):
    """A file in the first write to which Ctrl-C comes."""

    came = False

    def write(self, data) -> int:
        if not self.came:
            self.came = True
            signal.raise_signal(signal.SIGINT)
        return super().write(data)


def test_ctrl_c_amid_a_line_on_standard_error(tmp_path, monkeypatch):
    raw = Interrupted(tmp_path / "err", "w")
    with io.TextIOWrapper(io.BufferedWriter(raw), line_buffering=True) as stream:
        monkeypatch.setattr(sys, "stderr", stream)
        with stop_signals() as stop:
            stream.write("40 images\n")
        assert stop()
        monkeypatch.undo()
    said = (tmp_path / "err").read_text()
    assert "once more" in said
    assert "40 images" in said
