"""The sets: what is in the folders, what the tables say, and that both can be made again."""

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from iqcurate.errors import UsageError
from iqcurate.metrics.focus import lapm
from iqcurate.synthetic.dataset import STEPS, TABLE, make_images
from iqcurate.synthetic.sheet import contact_sheet

SIZES = {"D1": 2 * STEPS, "D2": 10, "D3": 15}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    told = []
    tables = make_images(folder, 10, 2, progress=lambda *state: told.append(state))
    return folder, {name: pd.read_csv(path) for name, path in tables.items()}, told


def contents(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_same_seed_same_bytes_whatever_the_workers(made, tmp_path):
    make_images(tmp_path, 10, 2, workers=1)
    assert contents(tmp_path) == contents(made[0])


def test_another_seed_makes_other_images(made, tmp_path):
    make_images(tmp_path, 8, 0, seed=1)
    other = contents(tmp_path)
    assert set(contents(made[0]).values()).isdisjoint(
        v for k, v in other.items() if k.endswith("jpg")
    )


def test_what_an_interrupted_call_left_is_kept(made, tmp_path):
    def stop_late(done, total):
        if done > 30:  # in D3, whose last bottle has 3 photos
            raise InterruptedError

    with pytest.raises(InterruptedError):
        make_images(tmp_path, 10, 2, progress=stop_late)
    assert not (tmp_path / "D3" / TABLE).exists()
    kept, lost = tmp_path / "D1/printer_a/s000_3.jpg", tmp_path / "D2/printer_a/b000_1.jpg"
    before = kept.stat().st_mtime_ns
    lost.unlink()
    told = []
    make_images(tmp_path, 10, 2, progress=lambda *state: told.append(state))
    assert 0 < told[0][0] < 45
    assert kept.stat().st_mtime_ns == before
    assert contents(tmp_path) == contents(made[0])


def test_tables_list_the_images(made):
    folder, tables, _ = made
    for name, table in tables.items():
        assert len(table) == SIZES[name]
        on_disk = {str(p.relative_to(folder / name)) for p in (folder / name).rglob("*.jpg")}
        assert set(table.path) == on_disk
        assert (table.path.str.split("/").str[0] == table.label).all()
        assert (table.groupby("group").label.nunique() == 1).all()
        assert set(table.label) == {"printer_a", "printer_b"}


def test_images_are_jpeg_photos_of_the_quality_that_the_table_says(made):
    folder, tables, _ = made
    steps = []
    for path in tables["D2"].sort_values("jpeg").path:
        with Image.open(folder / "D2" / path) as image:
            assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (320, 320))
            steps.append(np.sum(image.quantization[0]))
    assert steps == sorted(steps, reverse=True)
    assert steps[0] > steps[-1]


def test_progress_counts_up_to_all(made):
    told = made[2]
    done = [d for d, _ in told]
    assert done == sorted(done)
    assert told[-1] == (45, 45)


def test_in_d1_only_the_focus_changes(made):
    folder, tables, _ = made
    for _, sample in tables["D1"].groupby("group"):
        assert list(sample.step) == list(range(STEPS))
        assert (sample.defocus.diff().dropna() > 0).all()
        same = sample.drop(columns=["path", "step", "defocus"]).nunique(dropna=False)
        assert (same == 1).all()
        grey = [np.asarray(Image.open(folder / "D1" / p).convert("L"), float) for p in sample.path]
        sharp = [lapm(g) for g in grey]
        assert sharp == sorted(sharp, reverse=True)


@pytest.mark.parametrize("images", [0, 7])
def test_too_few_images(tmp_path, images):
    with pytest.raises(UsageError, match="at least 8"):
        make_images(tmp_path, images)


def test_contact_sheet(made):
    paths = sorted((made[0] / "D2").rglob("*.jpg"))[:5]
    sheet = contact_sheet(paths, columns=3, side=20)
    assert sheet.size == (60, 40)
    assert sheet.getpixel((59, 39)) == (255, 255, 255)  # no sixth
    assert np.ptp(np.asarray(sheet.crop((20, 20, 40, 40)))) > 0
