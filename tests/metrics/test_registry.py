"""Which metrics there are, with good and bad plugins of other packages."""

from __future__ import annotations

import subprocess
import sys

import pytest

from iqcurate.errors import MetricError, UnknownMetricError
from iqcurate.metrics import registry
from iqcurate.spec import Direction

SPEC = """
from iqcurate.spec import Direction, Input, MetricSpec
SPEC = MetricSpec(name={name!r}, version=1, title="t", direction=Direction.HIGHER,
                  input=Input.GREY, function="statistics:mean", groups=("outside",))
"""


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Install a made distribution with one metric; seen by this test only."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def add(distribution, name, source, target="SPEC", group=registry.GROUP):
        module = distribution.replace("-", "_")
        (tmp_path / f"{module}.py").write_text(source)
        info = tmp_path / f"{module}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1\n")
        (info / "entry_points.txt").write_text(f"[{group}]\n{name} = {module}:{target}\n")
        registry._find.cache_clear()

    yield add
    registry._find.cache_clear()
    for name in [n for n in sys.modules if n.startswith("made_")]:
        del sys.modules[name]


def names(specs):
    return [spec.name for spec in specs]


def test_built_in_metrics():
    specs = registry.all_specs()
    assert tuple(specs)[:5] == registry.DEFAULT
    assert {"megapixels", "aspect_ratio", "bits_per_pixel"} <= set(specs)
    assert {name: spec.name for name, spec in specs.items()} == {name: name for name in specs}


def test_directions():
    found = {name: str(spec.direction) for name, spec in registry.all_specs().items()}
    assert [found[name] for name in registry.DEFAULT] == ["higher"] * 3 + ["lower"] * 2
    assert found["megapixels"] == Direction.NONE


def test_listing_imports_nothing_heavy():
    code = (
        "import sys; from iqcurate.metrics import registry;"
        "assert registry.all_specs() and registry.resolve();"
        "print({'numpy', 'scipy', 'pywt', 'pandas'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_resolve():
    assert names(registry.resolve()) == list(registry.DEFAULT)
    assert names(registry.resolve(["niqe", "lapv", "niqe"])) == ["niqe", "lapv"]
    assert names(registry.resolve(["classical"])) == list(registry.DEFAULT)
    assert names(registry.resolve(["header", "lapm"]))[-1] == "lapm"
    assert len(registry.resolve(["header", "megapixels"])) == 3


@pytest.mark.parametrize(
    ("asked", "answer"),
    [("brisk", "did you mean brisque"), ("clasical", "classical"), ("zzz", "there are lapv")],
)
def test_unknown_names_say_what_comes_close(asked, answer):
    with pytest.raises(MetricError, match=answer):
        registry.resolve([asked])


def test_no_name_at_all():
    with pytest.raises(MetricError, match="no metric named"):
        registry.resolve([])


def test_a_plugin_from_outside(install):
    install("made-good", "good", SPEC.format(name="good"))
    assert "good" in registry.all_specs()
    assert names(registry.resolve(["outside"])) == ["good"]
    assert registry.broken_plugins() == {}


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("import not_there_at_all", "ModuleNotFoundError: No module named 'not_there_at_all'"),
        ("raise RuntimeError('boom')", "RuntimeError: boom"),
        ("SPEC = 3", "is no MetricSpec"),
        ("OTHER = 3", "AttributeError"),
        (SPEC.format(name="other"), "its spec is named 'other'"),
        (SPEC.format(name="Bad Name"), "is no metric name"),
        (SPEC.format(name="label"), "cannot be a metric name"),
    ],
)
def test_a_broken_plugin_breaks_no_other(install, source, reason):
    install("made-broken", "bad", source)
    assert "bad" not in registry.all_specs()
    assert reason in registry.broken_plugins()["bad"]
    assert "made-broken" in registry.broken_plugins()["bad"]
    assert names(registry.resolve()) == list(registry.DEFAULT)
    with pytest.raises(MetricError, match="made-broken"):
        registry.resolve(["bad"])


@pytest.mark.parametrize("name", ["twice", "niqe"])
def test_two_plugins_of_one_name(install, name):
    for distribution in ("made-one", "made-two"):
        install(distribution, name, SPEC.format(name=name))
    assert name not in registry.all_specs()
    assert name in registry.broken_plugins()
    with pytest.raises(MetricError, match="made-one and made-two"):
        registry.resolve([name])


def test_answers_are_copies():
    registry.all_specs().clear()
    registry.broken_plugins()["x"] = "y"
    assert registry.all_specs()
    assert registry.broken_plugins() == {}


FAMILY = """
from iqcurate.errors import UnknownMetricError
from iqcurate.spec import Direction, Input, MetricSpec
def make(name):
    if name == "none":
        raise UnknownMetricError("zoo has no metric 'none'")
    return MetricSpec(name="zoo:lion" if name == "cat" else f"zoo:{name}", version=1, title="t",
                      direction=Direction.HIGHER, input=Input.GREY, function="statistics:mean")
"""


def test_a_metric_of_a_family_is_made_when_it_is_named(install):
    install("made-zoo", "zoo", FAMILY, "make", registry.FAMILIES)
    assert names(registry.resolve(["lapv", "zoo:tiger"])) == ["lapv", "zoo:tiger"]
    assert "zoo:tiger" not in registry.all_specs()
    with pytest.raises(UnknownMetricError, match="zoo has no metric 'none'"):
        registry.resolve(["zoo:none"])
    with pytest.raises(MetricError, match=r"'zoo:cat': made_zoo:make made .*zoo:lion"):
        registry.resolve(["zoo:cat"])
    with pytest.raises(UnknownMetricError, match="unknown metric 'circus:tiger'"):
        registry.resolve(["circus:tiger"])


def test_a_family_that_cannot_be_imported_says_so(install):
    install("made-zoo", "zoo", "import not_there", "make", registry.FAMILIES)
    with pytest.raises(MetricError, match=r"'zoo' cannot be loaded \(from made-zoo\): ModuleNot"):
        registry.resolve(["zoo:tiger"])
