"""Lines of progress where there is no terminal."""

from __future__ import annotations

from iqcurate.api.options import Progress
from iqcurate.cli import progress


def test_no_line_before_something_is_done(monkeypatch, capsys):
    monkeypatch.setattr(progress, "_ESTIMATE_AFTER_S", 0.0)
    monkeypatch.setattr(progress, "_LINE_EVERY_S", 0.0)
    with progress.shown_progress(verb="predicted") as tell:
        tell(Progress(0))
        tell(Progress(0, total=3))
        assert capsys.readouterr().err == ""
        tell(Progress(1, total=3))
        assert capsys.readouterr().err.startswith("1 of about 3 images")
        tell(Progress(0, total=8, step="probes trained"))
        assert capsys.readouterr().err.startswith("0 of 8 probes trained")
