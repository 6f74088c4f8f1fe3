"""Thousands of damaged files through the decoder and through `iqcurate score`.

Each case is made from its number alone. To try others, or one again:
`IQCURATE_FUZZ=5000:7000 pytest -m slow tests/fuzz -k numbers`.
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from e2e.conftest import rows_of
from fuzz import decode_each
from fuzz.cases import make_case
from fuzz.seeds import ENDINGS, seeds
from memory import most_memory

from iqcurate.decode import decode

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

MAX_PIXELS = 1_000_000
"""Limit for the run; the whole files have at most 17,000 pixels."""
BYTES_PER_PIXEL = 50
"""Memory that each worker may take per pixel of the limit; whole files of that size take 35."""
WORKERS = 2
MOST_SECONDS = 10
BATCH = 200


@dataclass(frozen=True)
class Ran:
    """What a process printed and the most memory it held, in bytes."""

    out: bytes
    err: bytes
    code: int
    peak: int


def run(argv: list[str], cwd: Path, seconds: float) -> Ran:
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with (cwd / "out").open("w+b") as out, (cwd / "err").open("w+b") as err:
        process = subprocess.Popen(argv, cwd=cwd, env=env, stdout=out, stderr=err)
        deadline, peak = time.monotonic() + seconds, 0
        while process.poll() is None:
            peak = max(peak, most_memory(process.pid))
            if time.monotonic() > deadline:
                process.kill()
            time.sleep(0.01)
    return Ran((cwd / "out").read_bytes(), (cwd / "err").read_bytes(), process.returncode, peak)


def write(files: dict[str, bytes], folder: Path) -> Path:
    folder.mkdir()
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder


def decoded(folder: Path, cwd: Path) -> dict[str, dict]:
    """What the decoder makes of each file; fails where it crashes, hangs or prints."""
    argv = [sys.executable, "-W", "always", decode_each.__file__]
    argv += [str(folder), str(MAX_PIXELS), str(cwd / "log")]
    ran = run(argv, cwd, 60 + len(list(folder.iterdir())) / 2)
    log = [json.loads(line) for line in (cwd / "log").read_text().splitlines()]
    if ran.code != 0:
        pytest.fail(f"ended with {ran.code} at {folder / log[-1].get('begun', '')}: {ran.err!r}")
    assert (ran.out, ran.err) == (b"", b""), f"printed at a file of {folder}"
    return {line["name"]: line for line in log if "name" in line}


def scored(folder: Path, cwd: Path) -> tuple[dict[str, str], int]:
    """Status of each file by the command, which prints nothing else; and its peak memory."""
    argv = [sys.executable, "-m", "iqcurate", "score", str(folder), "-o", str(cwd / "scores")]
    argv += ["--all-files", "--max-pixels", str(MAX_PIXELS), "--workers", str(WORKERS)]
    ran = run([*argv, "--json", "-q"], cwd, 120)
    assert ran.code == 0, f"ended with {ran.code} in {folder}: {ran.err!r}"
    assert ran.err == b"", f"printed at a file of {folder}"
    assert json.loads(ran.out)["images"] == len(list(folder.iterdir()))
    rows = rows_of(cwd / "scores").set_index("id")
    return rows["status"].to_dict(), ran.peak


@pytest.fixture(scope="module")
def peak(tmp_path_factory) -> int:
    """Memory that scoring the whole files takes, each of which is `ok`."""
    cwd = tmp_path_factory.mktemp("whole")
    files = {f"{name.replace('/', '-')}{ENDINGS[name.partition('/')[0]]}": data
             for name, data in seeds().items()}  # fmt: skip
    statuses, most = scored(write(files, cwd / "files"), cwd)
    assert statuses == dict.fromkeys(files, "ok")
    return most


def check(numbers: range, peak: int, cwd: Path, files: Mapping[str, bytes] | None = None) -> None:
    cases = [make_case(number, files) for number in numbers]
    folder = write({case.name: case.data for case in cases}, cwd / "files")
    facts = decoded(folder, cwd)
    assert facts.keys() == {case.name for case in cases}
    slow = {name: fact for name, fact in facts.items() if fact["seconds"] > MOST_SECONDS}
    assert slow == {}, folder
    starved = [name for name, fact in facts.items() if "out_of_memory" in (fact["error"] or "")]
    assert starved == [], folder
    whole = seeds() if files is None else files
    wrong = [
        case.name
        for case in cases
        if case.cut and taken_for_whole(whole[case.source], facts[case.name])
    ]
    assert wrong == [], folder
    statuses, most = scored(folder, cwd)
    assert statuses == {name: fact["status"] for name, fact in facts.items()}
    assert most < peak + WORKERS * MAX_PIXELS * BYTES_PER_PIXEL, (peak, most, folder)


def taken_for_whole(whole: bytes, fact: dict) -> bool:
    """Whether what is left of a file is `ok` with other pixels."""
    if fact["status"] != "ok":
        return False
    return fact["pixels"] != decode_each.digest(decode(whole).image.pixels)


def test_200_damaged_files(peak, tmp_path):
    check(range(BATCH), peak, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("first", range(BATCH, 2000 + BATCH, BATCH))
def test_2000_damaged_files(first, peak, tmp_path):
    check(range(first, first + BATCH), peak, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, 400, BATCH))
def test_400_damaged_real_files(first, real, peak, tmp_path):
    check(range(first, first + BATCH), peak, tmp_path, real)


@pytest.mark.slow
def test_numbers_from_the_environment(peak, tmp_path):
    wanted = os.environ.get("IQCURATE_FUZZ")
    if not wanted:
        pytest.skip("IQCURATE_FUZZ is not set")
    start, stop = map(int, wanted.split(":"))
    for first in range(start, stop, BATCH):
        cwd = tmp_path / str(first)
        cwd.mkdir()
        check(range(first, min(stop, first + BATCH)), peak, cwd)


@pytest.fixture(scope="module")
def real(data) -> dict[str, bytes]:
    """The small files of the collection of odd ones that are whole."""
    files = {}
    with (data / "corrupt" / "expected.csv").open(newline="") as table:
        for row in csv.DictReader(table):
            form, path = row["format"].lower(), data / "corrupt" / row["file"]
            small = row["status"] == "ok" and path.stat().st_size < 100_000
            if small and form in ENDINGS:
                files[f"{form}/{row['file']}"] = path.read_bytes()
    assert len(files) > 500
    return files


def test_a_number_always_makes_the_same_case():
    assert [make_case(7), make_case(8)] == [make_case(7), make_case(8)]
