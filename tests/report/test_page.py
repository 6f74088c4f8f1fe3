"""The page as a file."""

from __future__ import annotations

import base64
import hashlib
import json
import re

import numpy as np
import pytest

import iqcurate
from iqcurate.report.markdown import literal
from iqcurate.report.packing import packed
from iqcurate.report.page import as_script


@pytest.fixture(scope="module")
def result(scores):
    return iqcurate.audit(scores, title="</title><script>x</script>")


def test_data_cannot_end_their_script(result):
    text = as_script({"name": "</script><!--\u2028&", "half": "\ud800"})
    assert not set("<>&\u2028") & set(text)
    assert json.loads(text)["name"] == "</script><!--\u2028&"
    assert result.html.count("</script>") == 2
    assert result.html.count("<script") == 2


def test_only_its_own_script_and_style_may_run_and_nothing_is_fetched(result):
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', result.html)[1]
    policy = policy.replace("&#x27;", "'")
    assert "default-src 'none'" in policy
    for kind, text in (
        ("script", result.html.rsplit("<script>", 1)[1].rsplit("</script>", 1)[0]),
        ("style", result.html.split("<style>", 1)[1].split("</style>", 1)[0]),
    ):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    assert not re.search(r"""(src|href)=["']?(https?:)?//""", result.html)


@pytest.mark.parametrize(
    ("values", "kind", "size"),
    [
        (np.array([1 / 3, np.nan, -0.0, 1e300]), "f64", 8),
        (np.array([-1, 0, 1], np.int8), "i8", 1),
        (np.array([True, False]), "i8", 1),
        (np.array([0, 5000], np.int32), "i16", 2),
        (np.array([0, 1 << 20], np.int64), "i32", 4),
    ],
)
def test_columns_come_back_to_the_bit(values, kind, size):
    made = packed(values)
    assert made["type"] == kind
    types = {"f64": "<f8", "i32": "<i4", "i16": "<i2", "i8": "i1"}
    back = np.frombuffer(base64.b64decode(made["data"]), types[kind])
    assert back.dtype.itemsize == size
    assert back.astype(values.dtype).tobytes() == values.tobytes()


def test_markdown_shows_names_as_they_are(result):
    text = result.markdown
    assert text.startswith(r"## Image quality of \</title\>\<script\>x\</script\>")
    assert "| lapm | higher |" in text
    assert literal("a|b\n`c` ![x](y) @someone") == r"a\|b\\u000a\`c\` \!\[x\]\(y\) \@someone"
