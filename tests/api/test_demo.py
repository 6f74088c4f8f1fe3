"""The demonstration: it goes all the way, says what it does, and leaves what it says."""

import contextlib
import io
import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from subprocess import PIPE

import pandas as pd
import pytest
from PIL import Image

import iqcurate
from iqcurate.api.demo_steps import LEAST, Demo
from iqcurate.api.demo_told import told_check, told_cutoffs, told_robustness
from iqcurate.cli import call
from iqcurate.cutoffs import Cutoff, Verdict, read_cutoffs
from iqcurate.errors import UsageError
from iqcurate.robustness import Outcome, Robustness, Survival, read_robustness
from iqcurate.spec import Direction


def run(*argv) -> str:
    """What a command prints."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), pytest.raises(SystemExit) as end:
        call([*argv])
    assert not end.value.code
    return out.getvalue()


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """The folder that a small demonstration ran in, and what it printed."""
    folder = tmp_path_factory.mktemp("demo")
    with contextlib.chdir(folder):
        told = run("demo", "--images", str(LEAST), "--keep-images", "codes", "-q")
    return folder, told


@pytest.fixture
def there(shown, monkeypatch):
    monkeypatch.chdir(shown[0])
    return Path("iqcurate-demo")


def commands(told: str) -> list[list[str]]:
    lines = told.replace("\\\n", "").splitlines()
    return [shlex.split(line)[2:] for line in lines if line.startswith("   $ ")]


def test_every_step_is_told(shown):
    told = shown[1]
    titles = [line.split(". ")[1] for line in told.splitlines() if line[:1].isdigit()]
    assert len(titles) == 7
    assert max(map(len, told.splitlines())) < 80
    assert [c[0] for c in commands(told)] == [
        "score", "score", "score", "robustness", "predict", "cutoff", "curate", "predict",
    ]  # fmt: skip


def test_with_few_images_no_cutoff_is_usable_and_it_goes_on(shown, there):
    cutoffs = read_cutoffs(there / "cutoffs.json")
    assert {c.verdict for c in cutoffs.metrics.values()} == {Verdict.REFUSED}
    assert "No cut-off is usable" in shown[1]
    assert "--drop-worst 20%" in shown[1]
    manifest = iqcurate.read_manifest(there / "manifest.csv")
    assert len(manifest) == LEAST * 3 // 2
    assert (~manifest.keep).sum() == round(0.2 * len(manifest))


def test_the_manifest_opens_the_images(there):
    manifest = iqcurate.read_manifest(there / "manifest.csv")
    for uri in manifest.uri:
        with Image.open(uri) as image:
            image.load()
    assert all(Path(uri).is_relative_to(Path("codes/D3").resolve()) for uri in manifest.uri)


def test_what_the_end_says_is_there(shown, there):
    listed = [
        line[3:26].strip()
        for line in shown[1].split("All of it")[1].split("\n\n")[0].splitlines()[1:]
    ]
    names = [name for entry in listed for name in entry.split(", ")]
    assert len(names) == 10
    assert {path.name for name in names for path in there.glob(name.rstrip("/"))} == {
        path.name for path in there.iterdir()
    } - {"demo.json"}
    assert len(list((there / "plots").glob("*.png"))) == 5
    assert len(list((there / "plots" / "robustness").glob("*.png"))) == 6


def test_the_sharpness_metrics_follow_the_focus_of_d1(there):
    found = read_robustness(there / "robustness.json")
    for name in ("lapv", "lapm", "wavs"):
        figures = found[name].correlations["sequences"]
        assert figures["srcc_signed"] >= 0.95
        assert figures["best_at"] == 0


@pytest.mark.slow
def test_the_commands_shown_do_what_was_done(shown, there, tmp_path):
    each_kind = {command[0]: command for command in commands(shown[1])}
    for command in each_kind.values():
        output = Path(command[command.index("-o") + 1])
        if command[0] in ("score", "predict"):  # continued
            before = pd.read_parquet(output)
            run(*command)
            pd.testing.assert_frame_equal(
                pd.read_parquet(output).sort_values("id", ignore_index=True),
                before.sort_values("id", ignore_index=True),
            )
        elif command[0] == "robustness":  # continued
            before = output.read_bytes()
            run(*command, "--force")
            assert output.read_bytes() == before
        else:
            again = tmp_path / output.name
            run(*(str(again) if word == str(output) else word for word in command))
            assert again.read_bytes() == output.read_bytes()


def options(**given):
    return {"images": LEAST, "seed": 0, "keep_images": None, "workers": None, **given}


def test_a_demo_with_other_options_is_left_alone(there):
    with pytest.raises(UsageError, match=r"iqcurate-demo holds .* \(--images 24 --seed 0 --keep"):
        Demo(there, **options(seed=1, keep_images="other"))
    with pytest.raises(UsageError, match="other options"):
        Demo(there, **options())  # whose images would be others
    with pytest.raises(UsageError, match="codes holds a demo with other options"):
        Demo("new", **options(seed=1, keep_images="codes"))
    assert not Path("new").exists()


def test_what_is_no_demo_is_left_alone(tmp_path):
    (tmp_path / "photo.jpg").touch()
    with pytest.raises(UsageError, match="not empty"):
        Demo(tmp_path, **options())
    with pytest.raises(UsageError, match="not empty"):
        Demo(tmp_path / "new", **options(keep_images=tmp_path))
    with pytest.raises(UsageError, match="no folder"):
        Demo(tmp_path / "photo.jpg", **options())
    with pytest.raises(UsageError, match="cannot be written: Not a directory"):
        Demo(tmp_path / "photo.jpg" / "new", **options())
    assert os.listdir(tmp_path) == ["photo.jpg"]


def test_a_mark_that_cannot_be_read(tmp_path):
    (tmp_path / "demo.json").write_text("{")
    with pytest.raises(UsageError, match=r"demo\.json cannot be read"):
        Demo(tmp_path, **options())


def test_too_few_images(tmp_path):
    with pytest.raises(UsageError, match=f"at least {LEAST}"):
        Demo(tmp_path / "demo", **options(images=LEAST - 1))
    assert not (tmp_path / "demo").exists()


def test_verdicts_are_told_with_sizes_and_reasons():
    def found(verdict, response):
        tests = {n: Outcome(verdict, {"response": response}) for n in ("crop", "rotate", "blur")}
        focus = {"sequences": {"srcc_signed": 0.987, "independent_srcc": 0.27}}
        return Robustness(verdict, "crop: because", tests, focus)

    metrics = {"lapm": found(Survival.SURVIVES, 1.26), "niqe": found(Survival.FAILS, None)}
    head, one, other, _, why, focus = told_robustness(metrics)
    assert one.split() == ["lapm", "survives", "1.3", "1.3", "1.3"]
    assert other.split() == ["niqe", "fails", "-", "-", "-"]
    assert len({len(line) for line in (head, one, other)}) == 1
    assert why == "niqe crop: because."
    assert focus.endswith("by chance alone 0.27 up or down: lapm 0.99, niqe 0.99.")


def test_the_check_is_of_images_that_have_a_prediction():
    manifest = pd.DataFrame({"id": list("abcd"), "keep": [True, True, True, False]})
    predictions = pd.DataFrame({"id": list("dcba"), "correct": [False, None, False, True]})
    told = told_check(manifest, predictions)
    assert told == (
        "It is right on 33.3% of the 3, 50.0% of the 2 kept, 0.0% of the 1 rejected "
        "(guessing: 50%)."
    )


def test_cutoffs_are_told_with_what_they_do_and_shared_reasons_once():
    effect = {"rejected_right": 0.2, "rejected_wrong": 0.75}
    usable = Cutoff(
        4.7, Direction.HIGHER, (3.9, 5.2), Verdict.USABLE, "because", "kde", effect=effect
    )
    none = Cutoff(None, Direction.LOWER, None, Verdict.REFUSED, "too few", "kde")
    head, *told, why = told_cutoffs({"lapm": usable, "niqe": none, "brisque": none})
    assert head.split()[:2] == ["metric", "verdict"]
    assert [line.split() for line in told] == [
        ["lapm", "usable", "4.7", "(3.9", "to", "5.2)", "75%", "20%"],
        ["niqe", "refused", "-", "-", "-"],
        ["brisque", "refused", "-", "-", "-"],
    ]
    assert len({len(line) for line in (head, *told)}) == 1
    assert why == "niqe, brisque refused: too few."


@pytest.mark.slow
def test_interrupted_it_says_so_and_goes_on_when_run_again(there, tmp_path):
    again = tmp_path / "again"
    command = ["demo", "-o", str(again), "--images", str(LEAST), "--keep-images", "codes", "-q"]
    made = {path: path.stat().st_mtime_ns for path in Path("codes").rglob("*.jpg")}
    going = subprocess.Popen(
        [sys.executable, "-m", "iqcurate", *command], stdout=PIPE, stderr=PIPE, text=True
    )
    for line in going.stdout:
        if line.startswith("3."):
            going.send_signal(signal.SIGINT)
            break
    told = going.communicate()[1]
    assert going.returncode == 130
    assert "interrupted" in told
    assert "Traceback" not in told
    assert not (again / "manifest.csv").exists()

    result = iqcurate.demo(again, images=LEAST, keep_images="codes")
    assert {path: path.stat().st_mtime_ns for path in Path("codes").rglob("*.jpg")} == made
    assert (again / "manifest.csv").read_bytes() == (there / "manifest.csv").read_bytes()
    assert list(result.images) == list(result.scores) == ["D1", "D2", "D3"]
    assert len(result.predictions.frame) == LEAST
    assert len(result.check.frame) == len(result.curated.frame) == LEAST * 3 // 2


@pytest.mark.slow
def test_the_usual_demo_finds_cutoffs_that_help(tmp_path):
    result = iqcurate.demo(tmp_path / "demo")
    assert result.predictions.summary().wrong >= 30
    assert Verdict.USABLE in {c.verdict for c in result.cutoffs.metrics.values()}
    joined = result.curated.frame.merge(result.check.frame[["id", "correct"]], on="id")
    right = joined.groupby("keep").correct.apply(lambda each: each.astype(bool).mean())
    assert right[True] > right[False] + 0.1
