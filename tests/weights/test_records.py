"""The records themselves, and the names that stand for them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

import pytest

from iqcurate.api.weights import find_weights
from iqcurate.errors import UsageError
from iqcurate.weights.records import needed_by, records


@pytest.mark.parametrize("record", records().values(), ids=lambda r: r.name)
def test_a_record_is_sound(record):
    address = urlsplit(record.url)
    assert address.scheme == "https"
    assert unquote(PurePosixPath(address.path).name) == record.file
    assert record.file == PurePosixPath(record.file).name
    if record.sha256 is not None:
        assert re.fullmatch("[0-9a-f]{64}", record.sha256)
        assert record.sha256.startswith(record.sha256_prefix or "")
        if "/clip/" in record.url:
            assert record.sha256 in record.url
    if record.sha256_prefix is not None:
        assert f"-{record.sha256_prefix}." in record.file
    assert record.bytes is None or record.bytes > 1000
    assert record.licence
    assert record.trained_on
    assert record.name == record.name.lower()


def test_no_two_records_share_a_name_or_a_file():
    assert len({r.file.lower() for r in records().values()}) == len(records())


def test_a_metric_stands_for_all_the_files_it_needs():
    for name, files in {
        "musiq": ["musiq_koniq_ckpt-e95806b9.pth"],
        "pyiqa:musiq": ["musiq_koniq_ckpt-e95806b9.pth"],
        "clipiqa": ["RN50.pt"],
        "pyiqa:clipiqa+_vitL14_512": ["ViT-L-14.pt", "CLIPIQA+_ViTL14_512-e66488f2.pth"],
        "qualiclip+-clive": ["RN50.pt", "QualiCLIP.pth", "QualiCLIP+_clive.pth"],
        "clip-rn50": ["RN50.pt"],
        "RN50.pt": ["RN50.pt"],
        "pyiqa:niqe": ["niqe_modelparameters.mat"],
    }.items():
        assert [r.file for r in find_weights([name])] == files, name
    assert [r.name for r in find_weights(["clipiqa", "clip-rn50"])] == ["clip-rn50"]
    assert find_weights() == list(records().values())


def test_names_that_stand_for_nothing():
    with pytest.raises(UsageError, match="niqe needs no file of weights"):
        find_weights(["niqe"])
    with pytest.raises(UsageError, match="did you mean musiq"):
        find_weights(["muisq"])
    with pytest.raises(UsageError, match="unknown file of weights or metric 'pyiqa:qalign'"):
        find_weights(["pyiqa:qalign"])
    with pytest.raises(UsageError, match="'fid' needs is not known"):
        needed_by("fid")
    with pytest.raises(UsageError, match="name files"):
        find_weights([])
    assert needed_by("piqe") == ()


def test_records_import_nothing_heavy():
    code = (
        "import sys, iqcurate.weights.records as r; r.records()\n"
        "print(*(set(sys.modules) & {'torch', 'numpy', 'pandas', 'filelock', 'ssl', 'hashlib'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
