"""What tests of sources share."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import iqcurate
from iqcurate.sources import Skip, SourceOptions, open_source
from iqcurate.types import ImageRef

PNG = b"\x89PNG\r\n\x1a\n" + bytes(24)


class Tree:
    """A folder being filled for a test."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def add(self, *names: str | bytes, content: bytes = b"x") -> Tree:
        for name in names:
            path = os.path.join(os.fsencode(self.root), os.fsencode(name))
            try:
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with open(path, "wb") as file:
                    file.write(content)
            except OSError as refusal:
                if refusal.errno != errno.EILSEQ:
                    raise
                pytest.skip("needs a file system that takes names other than UTF-8, unlike macOS's")
        return self

    def path(self, name: str = "") -> str:
        return str(self.root / name)


class Listed:
    """A whole listing, sorted into refs and skips."""

    def __init__(self, *sources: str, stdin=None, **options) -> None:
        self.source = open_source(sources, SourceOptions(**options), stdin)
        self.entries = list(self.source)
        self.refs = [entry for entry in self.entries if isinstance(entry, ImageRef)]
        self.ids = [ref.id for ref in self.refs]
        skips = [entry for entry in self.entries if isinstance(entry, Skip)]
        self.skips = {skip.path: skip.reason for skip in skips}
        self.errors = {skip.path for skip in skips if skip.is_error}
        self.by_id = {ref.id: ref for ref in self.refs}

    def labels(self, field: str = "label") -> dict[str, str | None]:
        return {ref.id: getattr(ref, field) for ref in self.refs}

    def failures(self) -> dict[str, str]:
        return {ref.id: str(ref.failure.code) for ref in self.refs if ref.failure}


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tree:
    """An empty folder, which is the current one and not the root of the test."""
    root = tmp_path / "root"
    root.mkdir()
    monkeypatch.chdir(root)
    return Tree(root)


@pytest.fixture
def as_nobody(tmp_path: Path):
    """Run Python code as a user whom permissions bind: ``run(code) -> its output``."""
    command = [sys.executable, "-c"]
    if os.geteuid() == 0:
        if shutil.which("setpriv") is None:
            pytest.skip("root, and no setpriv to become somebody else")
        user = ["--reuid=65534", "--regid=65534", "--clear-groups"]
        command = ["setpriv", *user, *command]
        for folder in (tmp_path, *tmp_path.parents[:2]):
            folder.chmod(0o711)

    def run(code: str) -> str:
        package = Path(iqcurate.__file__).parents[1]
        env = {**os.environ, "PYTHONPATH": str(package), "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(
            [*command, code], env=env, cwd="/", capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run
