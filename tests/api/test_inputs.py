"""Scores from a store, and from tables that somebody else made."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import iqcurate
from iqcurate.api.inputs import read_scores
from iqcurate.errors import SourceError, UsageError
from iqcurate.spec import Direction
from iqcurate.tabular import guard


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    from e2e.conftest import copy_samples

    folder = tmp_path_factory.mktemp("inputs")
    iqcurate.score(
        copy_samples(folder / "photos", 4), folder / "scores", metrics=["lapm", "header"]
    )
    return folder / "scores"


def test_a_store_gives_its_metrics_with_their_directions(store):
    scores = read_scores(store)
    assert scores.directions == {"lapm": Direction.HIGHER}, "plain properties have none"
    frame = iqcurate.load_scores(store)
    assert scores.table["id"].to_pylist() == frame["id"].tolist()
    np.testing.assert_array_equal(scores.values("lapm"), frame["lapm"])


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".jsonl", ".parquet"])
def test_a_table_of_another_tool_will_do(tmp_path, ending):
    frame = pd.DataFrame(
        {"path": ["=1+1.jpg", "007", "b,\nc"], "LAPM": [1, 2, 3], "niqe": [4.5, None, np.inf],
         "label": ["1", "", "x"]}
    )  # fmt: skip
    path = tmp_path / f"theirs{ending}"
    if ending in (".csv", ".tsv"):
        safe = frame.assign(path=frame["path"].map(guard))
        safe.to_csv(path, index=False, sep="\t" if ending == ".tsv" else ",")
    elif ending == ".jsonl":
        frame.to_json(path, orient="records", lines=True)
    else:
        frame.to_parquet(path)
    scores = read_scores(path, directions={"LAPM": "higher"})
    assert scores.table["id"].to_pylist() == ["=1+1.jpg", "007", "b,\nc"]
    assert scores.directions == {"LAPM": Direction.HIGHER, "niqe": Direction.LOWER}
    assert scores.values("LAPM").tolist() == [1, 2, 3]
    assert np.isnan(scores.values("niqe")[1])
    assert scores.table["label"].to_pylist()[0] == "1"


def test_a_table_in_memory_will_do():
    frame = pd.DataFrame({"id": ["a", "b"], "niqe": [1.0, 2.0], "mine": [3.0, 4.0]})
    scores = read_scores(frame)
    assert scores.directions == {"niqe": Direction.LOWER}
    assert scores.unused == ("mine",)
    assert read_scores(frame, ["mine"], {"mine": "lower"}).directions == {"mine": Direction.LOWER}


@pytest.mark.parametrize(
    ("frame", "options", "error", "says"),
    [
        ({"niqe": [1.0]}, {}, SourceError, "no column of ids"),
        ({"id": ["a", "a"], "niqe": [1.0, 2.0]}, {}, SourceError, "2 rows have the id 'a'"),
        ({"id": ["a", None], "niqe": [1.0, 2.0]}, {}, SourceError, "1 rows have no id"),
        ({"id": ["a"], "mine": [1.0]}, {}, UsageError, "--direction mine=higher"),
        ({"id": ["a"], "mine": [1.0]}, {"metrics": ["mine"]}, UsageError, "--direction mine"),
        ({"id": ["a"], "niqe": [1.0]}, {"metrics": ["lapm"]}, UsageError, "no scores named 'lapm'"),
        ({"id": ["a"], "niqe": ["x"]}, {}, UsageError, "no scores with a direction"),
        ({"id": ["a"], "niqe": [1.0]}, {"directions": {"niqe": "up"}}, UsageError, "niqe=up"),
        (
            {"id": ["a"], "megapixels": [1.0]},
            {"metrics": ["megapixels"]},
            UsageError,
            "plain property",
        ),
    ],
)
def test_what_cannot_be_used_is_said(frame, options, error, says):
    with pytest.raises(error, match=says):
        read_scores(pd.DataFrame(frame), **options)


def test_a_folder_that_is_no_store_and_a_file_that_is_not_there(tmp_path):
    with pytest.raises(SourceError, match="no score store"):
        read_scores(tmp_path)
    with pytest.raises(SourceError, match="no such file"):
        read_scores(tmp_path / "x.csv")
    (tmp_path / "broken.parquet").write_bytes(b"no")
    with pytest.raises(SourceError, match="cannot be read"):
        read_scores(tmp_path / "broken.parquet")
