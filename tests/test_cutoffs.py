"""The portable file of cut-offs."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from iqcurate.cutoffs import Cutoff, Cutoffs, Reference, Verdict, read_cutoffs, to_document
from iqcurate.errors import CutoffError
from iqcurate.spec import Direction

USABLE = Cutoff(
    cutoff=0.206,
    direction=Direction.HIGHER,
    interval=(0.19, 0.23),
    verdict=Verdict.USABLE,
    reason="wrong images score lower, also within classes",
    method="kde",
    n_right=665,
    n_wrong=35,
    auc=(0.61, 0.7, 0.79),
    crossings=(0.206, 0.9),
    effect={"rejected_right": 0.2, "rejected_wrong": 0.7, "error_kept": None},
    reference=Reference(0.0, 1.0, (0.0, 0.5, 1.0)),
)
NONE = Cutoff(None, Direction.LOWER, None, Verdict.NONE, "no difference", "kde")


def test_a_file_comes_back_as_it_was(tmp_path):
    given = Cutoffs({"lapm": USABLE, "ünï": NONE}, {"scores": "scores/"})
    given.save(tmp_path / "c.json")
    assert read_cutoffs(tmp_path / "c.json") == given
    assert [p.name for p in tmp_path.iterdir()] == ["c.json"]


def test_a_number_that_json_does_not_have_is_never_written(tmp_path):
    bad = Cutoffs({"lapm": replace(USABLE, cutoff=float("nan"))})
    with pytest.raises(ValueError, match="JSON"):
        bad.save(tmp_path / "c.json")
    assert list(tmp_path.iterdir()) == []


def changed(**values) -> str:
    document = to_document(Cutoffs({"lapm": USABLE}))
    document["metrics"]["lapm"] |= values
    return json.dumps(document)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("not json", "cannot be read as JSON"),
        ("[1]", "not a file of cut-offs"),
        ('{"format": "other"}', "not a file of cut-offs"),
        ('{"format": "iqcurate-cutoffs", "version": 2, "metrics": {}}', "version is 2"),
        ('{"format": "iqcurate-cutoffs", "version": 1}', "'metrics' is a required"),
        (changed(direction="up"), "metrics > lapm > direction"),
        (changed(verdict="great"), "metrics > lapm > verdict"),
        (changed(cutoff="0.2"), "metrics > lapm > cutoff"),
        (changed(cutoff=None), "metrics > lapm > cutoff"),
        (changed(interval=[1]), "metrics > lapm > interval"),
        (changed(cutoff=float("inf")), "a cut-off is inf"),
    ],
)
def test_a_file_that_cannot_be_used_says_where(tmp_path, text, says):
    path = tmp_path / "c.json"
    path.write_text(text)
    with pytest.raises(CutoffError, match=says) as caught:
        read_cutoffs(path)
    assert str(path) in str(caught.value)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(CutoffError, match="no such file"):
        read_cutoffs(tmp_path / "c.json")
