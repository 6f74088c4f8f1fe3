"""What outputs stand for, and which labels mean which."""

from __future__ import annotations

import pytest

from iqcurate.errors import ModelError
from iqcurate.models.classes import common_style, imagenet_classes, plain_classes, read_classes


def test_imagenet_is_in_the_order_of_its_ids_and_answers_to_ids_and_names():
    classes = imagenet_classes()
    ids = [forms[0] for forms in classes.names]
    assert len(ids) == 1000
    assert ids == sorted(ids)
    for text in ("n01440764", "tench, Tinca tinca", "tench", "Tinca tinca", "Tench"):
        assert classes.find(text) == 0, text
    assert classes.find("great_white_shark") == 2
    assert classes.find("crane") is None, "a bird and a machine"
    assert classes.names[classes.find("polecat")][0] == "n02443114", "not the skunk's synonym"
    assert classes.find("horse") is None
    assert classes.find(None) is None


@pytest.mark.parametrize(
    ("label", "shown"),
    [("n01443537", "n01440764"), ("goldfish", "tench"),
     ("goldfish, Carassius auratus", "tench, Tinca tinca"), ("Carassius auratus", "tench")],
)  # fmt: skip
def test_predictions_are_written_as_the_labels_are(label, shown):
    classes = imagenet_classes()
    assert classes.shown(0, common_style(classes, [None, "elsewhere", label], "x")) == shown


def test_a_file_names_one_output_a_line(tmp_path):
    path = tmp_path / "classes.txt"
    path.write_text("\ufeffzebra\r\n cat \nn01440764 tench, Tinca tinca\n\n", encoding="utf-8")
    classes = read_classes(path)
    assert len(classes) == 3
    assert [classes.find(t) for t in ("zebra", "cat", "tench", "n01440764", "CAT")] == [
        0, 1, 2, 2, 1,
    ]  # fmt: skip


def test_upper_and_lower_case_may_be_two_classes():
    classes = plain_classes(["A", "a", "b"])
    assert [classes.find(t) for t in ("A", "a", "B")] == [0, 1, 2]
    assert plain_classes(["x", "x"]).find("x") is None


@pytest.mark.parametrize("content", [b"a\n\nb\n", b"\xff\xfea\x00"])
def test_a_file_that_is_no_list_of_classes_is_refused(tmp_path, content):
    (tmp_path / "classes.txt").write_bytes(content)
    with pytest.raises(ModelError, match=r"line 2: is empty|cannot be read"):
        read_classes(tmp_path / "classes.txt")
    with pytest.raises(ModelError, match="cannot be read"):
        read_classes(tmp_path / "none.txt")


def test_no_label_in_common_shows_examples_of_both():
    with pytest.raises(ModelError, match=r"'dog'.*'n01440764' = 'tench, Tinca tinca'.*--classes"):
        common_style(imagenet_classes(), ["dog", None, "dog", "house"], "net")
    assert common_style(imagenet_classes(), [None, None], "net") == 0
