"""The command."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from benchmarks.machine import cpu_model, slug
from benchmarks.measure import Options, measure, say
from benchmarks.peers.client import ROOT
from benchmarks.peers.start import PEERS
from benchmarks.plan import FULL, QUICK
from benchmarks.report import full_report, summary, update_readme
from benchmarks.result import Result
from benchmarks.timing import CLOCKS

_RESULTS = Path(__file__).parent / "results"


def main() -> None:
    """Measure, or show again what was measured."""
    given = _arguments()
    if given.show:
        result, path = Result.load(given.show), given.show
    else:
        plan = FULL if given.full else QUICK
        result = measure(
            Options(plan, given.photos, given.peer, given.study, given.clock, given.note)
        )
        path = given.results / f"{result.date.split()[0]}-{slug(cpu_model())}.json"
        result.save(path)
    report = full_report(result)
    print(report)
    path.with_suffix(".md").write_text(report + "\n")
    say(f"every repetition is in {path}")
    if given.update_readme:
        update_readme(ROOT / "README.md", summary(result))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="How fast iqcurate is, beside others, in one run."
    )
    add = parser.add_argument
    add("--photos", type=Path, help="a folder of photos; by default some that are there")
    add("--peer", action="append", default=[], choices=PEERS, help="also time this tool, by its "
        "environment under benchmarks/.venvs (make bench makes them); may be repeated")  # fmt: skip
    add("--study", type=Path, default=os.environ.get("IQCURATE_STUDY") or None,
        help="the folder of the speed study [IQCURATE_STUDY]")  # fmt: skip
    add("--full", action="store_true", help="more rounds, larger photos, 100,000 tiny images")
    add("--clock", choices=tuple(CLOCKS), default="wall",
        help="what the photos are timed by: cpu where other programs are running")  # fmt: skip
    add("--note", default="", help="a sentence to keep with the result")
    add("--results", type=Path, default=_RESULTS, help="folder for the result")
    add("--update-readme", action="store_true", help="write the table into README.md")
    add("--show", type=Path, metavar="RESULT", help="measure nothing: write the tables of a result")
    return parser.parse_args()


if __name__ == "__main__":
    main()
