"""What is made of the times."""

from __future__ import annotations

import pytest

from benchmarks.report import BEGIN, END, full_report, summary, update_readme
from benchmarks.result import PhotoSet, Result
from benchmarks.rows import ratios, rows_of, shares


def made_result(**changes) -> Result:
    seconds = {
        "simplejpeg": {"a.jpg": [1.0, 2.0, 1.0], "b.jpg": [1.0, 2.0, 1.0]},
        **{
            f"iqcurate {part} avx2": {"a.jpg": [1.0, 2.0, 3.0], "b.jpg": [2.0, 4.0, 3.0]}
            for part in (
                "lapv", "lapm", "wavs", "brisque", "niqe", "brisque and niqe", "all five",
            )
        },
        "study all five avx2": {"a.jpg": [1.0, 2.0, 3.0], "b.jpg": [1.0, 2.0, 3.0]},
        "pyiqa brisque": {"a.jpg": [100.0], "b.jpg": [100.0]},
        "pyiqa niqe": {"a.jpg": [50.0], "b.jpg": [50.0]},
        "cleanvision blurry": {"all files": [20.0]},
    }  # fmt: skip
    scores = {
        f"{who} {name}": {"a.jpg": value}
        for name in ("brisque", "niqe")
        for who, value in (("iqcurate", 10.0), ("pyiqa", 10.25))
    }
    photo = {"name": "a.jpg", "width": 3, "height": 2, "nbytes": 1234, "made": "as it is"}
    machine = {"cpu": "A CPU", "cores": 2, "memory_mb": 2048, "system": "S", "load_before": [0.1]}
    given = {
        "date": "2020-01-02 03:04 UTC",
        "note": "",
        "clock": "wall",
        "machine": machine,
        "versions": {"python": "3"},
        "sets": {"1 MP": PhotoSet([photo, {**photo, "name": "b.jpg"}], seconds, scores)},
    }
    return Result(**{**given, **changes})


def row(result: Result, text: str):
    (found,) = (row for row in rows_of(result) if row.what.startswith(text))
    return found


def test_a_ratio_is_of_the_sums_of_one_round():
    assert row(made_result(), "five metrics / RGB decode").values == [1.5, 1.5, 3.0]
    assert row(made_result(), "five metrics / those of the study").values == [1.5, 1.5, 1.0]


def test_a_slow_tool_is_compared_in_its_own_rounds():
    assert row(made_result(), "pyiqa").values == [100.0]
    assert ratios([8.0], [2.0, 1.0]) == [4.0]


def test_cleanvision_decodes_so_our_decode_counts_too():
    assert row(made_result(), "CleanVision's blur").values == [20 / 5]


def test_the_cells_are_median_least_most_and_rounds():
    cells = row(made_result(), "five metrics / RGB decode").cells
    assert cells[1:] == ["1.50x", "1.50x", "3.00x", "3"]


def test_the_share_is_of_all_parts_by_one_clock():
    parts = {f"{part} wall": [1.0, 2.0] for part in ("read", "sha256", "decode", "five metrics")}
    assert shares({**parts, "read cpu": [9.0], "run 1 wall": [5.0, 8.0]}, "wall") == [0.8, 1.0]


def test_the_report_names_machine_files_and_what_was_left_out():
    report = full_report(made_result(left_out=["study: not asked for"], note="Busy machine."))
    for text in ("A CPU", "a.jpg", "1,234", "as it is", "Busy machine.", "study: not asked for"):
        assert text in report
    assert "| brisque of a.jpg | 10.000 | 10.250 | 0.250 |" in report


def test_the_summary_leaves_out_what_readers_cannot_have():
    text = summary(made_result())
    assert "pyiqa" in text
    assert "study" not in text


def test_a_result_comes_back_as_it_was_saved(tmp_path):
    result = made_result(runs={"run 1 wall": [1.25, 1.5]}, images=7)
    result.save(tmp_path / "new" / "result.json")
    assert Result.load(tmp_path / "new" / "result.json") == result


def test_the_readme_changes_between_the_markers_only(tmp_path):
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    update_readme(readme, "new")
    assert readme.read_text() == f"before\n{BEGIN}\nnew\n{END}\nafter\n"


def test_a_readme_without_markers_is_left_alone(tmp_path):
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n{BEGIN}\n")
    with pytest.raises(ValueError, match="has no lines"):
        update_readme(readme, "new")
    assert readme.read_text() == f"before\n{BEGIN}\n"
