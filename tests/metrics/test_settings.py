"""What a metric's scores depend on beside the image."""

from __future__ import annotations

import hashlib
import math
from dataclasses import replace

import pytest

from iqcurate.errors import MetricError, StoreError, UsageError, WeightsError
from iqcurate.metrics import specs
from iqcurate.metrics.settings import check_setup, locate_weights, settings
from iqcurate.operators import Setup
from iqcurate.spec import Direction, Input, MetricSpec, Stage, Weights
from iqcurate.store.columns import check_scorers, column_record


def weights(name: str) -> Weights:
    url = f"https://example.org/{name}.pth"
    return Weights(name, f"{name}.pth", url, 3, None, None, "made licence", "noise")


DEEP = MetricSpec(
    name="deep",
    version=1,
    title="t",
    direction=Direction.HIGHER,
    input=Input.RGB,
    operator="nowhere:make:deep",
    stage=Stage.BATCH,
    max_side=1024,
    precisions=("fp32", "bf16"),
    weights=(weights("backbone"), weights("deep")),
)


@pytest.fixture
def folder(tmp_path):
    for name in ("backbone", "deep"):
        (tmp_path / f"{name}.pth").write_bytes(name.encode())
    return tmp_path


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def scorer(setup: Setup, spec: MetricSpec = DEEP) -> str:
    return column_record(spec, {}, settings(spec, setup))["scorer"]


def test_settings(folder):
    expected = {"weights": [sha256("backbone"), sha256("deep")], "precision": "fp32"}
    assert settings(DEEP, Setup(weights_folder=folder)) == expected | {"max_side": 1024}
    none = Setup("cuda", "bf16", math.inf, weights_folder=folder)
    assert settings(DEEP, none) == expected | {"max_side": "none", "precision": "bf16"}
    free = replace(DEEP, max_side=math.inf, precisions=())
    assert settings(free, Setup(max_side=64, weights_folder=folder))["max_side"] == 64


def test_metrics_that_heed_nothing_depend_on_nothing(folder):
    any_setup = Setup("cuda", "bf16", 64, {}, folder)
    assert settings(specs.NIQE, any_setup) == {"weights": []}
    assert scorer(any_setup, specs.NIQE) == scorer(Setup(), specs.NIQE)


def test_a_scorer_changes_with_weights_cap_and_precision_not_with_the_device(folder, tmp_path):
    base = Setup(weights_folder=folder)
    assert scorer(replace(base, device="cuda:1", threads=3)) == scorer(base)
    own = tmp_path / "own.pth"
    own.write_bytes(b"mine")
    others = [
        replace(base, max_side=512),
        replace(base, precision="bf16"),
        replace(base, weights={"deep": own}),
    ]
    assert len({scorer(setup) for setup in (base, *others)}) == 4
    copy = tmp_path / "copy.pth"
    copy.write_bytes(b"deep")
    assert scorer(replace(base, weights={"deep": copy})) == scorer(base), "the content counts"


def test_the_users_own_file_stands_for_the_one_of_the_metrics_name(folder, tmp_path):
    own = tmp_path / "own.pth"
    own.write_bytes(b"mine")
    setup = Setup(weights={"deep": own}, weights_folder=folder)
    assert [f.path for f in locate_weights(DEEP, setup)] == [folder / "backbone.pth", own]
    family = replace(DEEP, name="pyiqa:deep")
    setup = replace(setup, weights={"pyiqa:deep": own})
    assert [f.path for f in locate_weights(family, setup)][1] == own
    single = replace(DEEP, name="other", weights=(weights("deep"),))
    setup = replace(setup, weights={"other": own})
    assert [f.path for f in locate_weights(single, setup)] == [own]


def test_own_files_for_metrics_that_take_none_are_refused(folder):
    with pytest.raises(UsageError, match=r"--weights musiq=FILE: .* not among"):
        check_setup([DEEP], Setup(weights={"musiq": folder / "deep.pth"}, weights_folder=folder))
    with pytest.raises(UsageError, match="niqe has no weights of its own"):
        check_setup([specs.NIQE], Setup(weights={"niqe": folder / "deep.pth"}))


def test_all_missing_files_are_named_at_once(folder):
    (folder / "deep.pth").unlink()
    other = replace(DEEP, name="other", weights=(weights("other"),))
    with pytest.raises(WeightsError) as raised:
        check_setup([specs.NIQE, DEEP, other], Setup(weights_folder=folder))
    first, second = str(raised.value).split("\n")
    assert first.startswith("deep: ")
    assert "iqcurate weights fetch deep" in first
    assert "made licence" in second


def test_what_must_be_installed_is_said_before_what_must_be_fetched(folder, monkeypatch):
    (folder / "deep.pth").unlink()
    needed = ['surely-not-there>=1; extra == "deep"', "numpy>=2.0"]
    monkeypatch.setattr("iqcurate.metrics.settings.requires", lambda _: needed)
    spec = replace(DEEP, extra="deep", licence="theirs")
    with pytest.raises(WeightsError) as raised:
        check_setup([spec], Setup(weights_folder=folder))
    first, second = str(raised.value).split("\n")
    assert first == "first: pip install 'iqcurate[deep]'; licence: theirs"
    assert second.startswith("deep: ")


def test_a_file_that_changes_is_hashed_again(folder):
    before = settings(DEEP, Setup(weights_folder=folder))
    (folder / "deep.pth").write_bytes(b"something else")
    assert settings(DEEP, Setup(weights_folder=folder))["weights"][1] != before["weights"][1]


def test_a_precision_that_a_metric_does_not_have_is_an_error(folder):
    with pytest.raises(MetricError, match="bf16: metric 'deep' runs in fp32"):
        check_setup([replace(DEEP, precisions=("fp32",))], Setup("cpu", "bf16", None, {}, folder))


def test_a_store_says_which_settings_differ(folder):
    base = Setup(weights_folder=folder)
    old = {"deep": column_record(DEEP, {}, settings(DEEP, base))}
    (folder / "deep.pth").write_bytes(b"another")
    now = settings(DEEP, replace(base, max_side=512, precision="bf16"))
    new = {"deep": column_record(DEEP, {}, now)}
    with pytest.raises(StoreError) as raised:
        check_scorers(old, new, ())
    said = str(raised.value)
    assert "max_side 512, was 1024" in said
    assert "precision bf16, was fp32" in said
    shown = [f"{sha256('backbone')[:8]} and {sha256(t)[:8]}" for t in ("another", "deep")]
    assert f"weights {shown[0]}, was {shown[1]}" in said
