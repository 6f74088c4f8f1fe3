"""Score 102,000 images, add metrics, start the finished run again; print time and memory.

Run by hand: ``python tests/e2e/long_run.py [--tiny N] [--real N] [--photos FOLDER] [--keep DIR]``.
The tiny images are noise of 8 to 32 pixels; the real ones are crops of the photos of a folder
(those of scikit-image by default), 300 to 800 pixels, as JPEG.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

A_FOLDER = 1000
EVERY_S = 0.1


def make_tiny(folder: Path, n: int) -> None:
    """Noise of 8 to 32 pixels; every one differs."""
    rng = np.random.default_rng(1)
    for i in range(n):
        width, height = rng.integers(8, 33, 2)
        pixels = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
        path = folder / f"tiny{i // A_FOLDER:03}" / f"{i:06}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(path, compress_level=1)


def make_real(folder: Path, n: int, photos: list[Path]) -> None:
    """Crops of photos, 300 to 800 pixels wide and high, brought to another size a little."""
    chance = random.Random(1)
    folder.mkdir(parents=True)
    for i in range(n):
        with Image.open(photos[i % len(photos)]) as photo:
            photo.draft("RGB", (1600, 1600))
            image = photo.convert("RGB")
        image.thumbnail((1600, 1600))
        width, height = (min(chance.randint(300, 800), side) for side in image.size)
        left = chance.randint(0, image.width - width)
        top = chance.randint(0, image.height - height)
        crop = image.crop((left, top, left + width, top + height))
        crop.save(folder / f"{i:04}.jpg", quality=chance.randint(50, 95))


def memory(pid: int) -> tuple[int, int]:
    """Resident memory of a process now and at most, in MB; zeros when it has ended."""
    try:
        text = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0, 0
    kib = {line.split(":")[0]: line.split()[1] for line in text.splitlines() if "kB" in line}
    return int(kib.get("VmRSS", 0)) // 1000, int(kib.get("VmHWM", 0)) // 1000


def cpu_seconds() -> float:
    """Of all processes that were started and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def run(name: str, *args: str) -> None:
    """Run ``iqcurate score`` and print a line of the table."""
    command = [sys.executable, "-m", "iqcurate", "score", *args, "--json", "-q"]
    began, cpu = time.monotonic(), cpu_seconds()
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(command, stdout=out)
        samples, peak = [], 0
        while process.poll() is None:
            now, most = memory(process.pid)
            samples, peak = [*samples, now], max(peak, most)
            time.sleep(EVERY_S)
        seconds, cpu = time.monotonic() - began, cpu_seconds() - cpu
        if process.returncode:
            sys.exit(f"{name}: exit code {process.returncode}")
        out.seek(0)
        told = json.load(out)
    at = [samples[len(samples) * i // 10] for i in range(10)]
    counts = {k: v for k, v in told["run"].items() if v}
    over_time = " ".join(f"{m:4}" for m in at)
    figures = f"{seconds:7.1f} {cpu:7.1f} {told['images']:7} {peak:6}"
    sys.stdout.write(f"{name:18} {figures}   {over_time}   {counts}\n")
    sys.stdout.flush()


def photos_of(folder: str | None) -> list[Path]:
    """JPEG photos below a folder."""
    import skimage

    top = Path(folder) if folder else Path(skimage.__file__).parent / "data"
    return sorted(p for p in top.rglob("*") if p.suffix.lower() in (".jpg", ".jpeg"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tiny", type=int, default=100_000)
    parser.add_argument("--real", type=int, default=2_000)
    parser.add_argument("--photos")
    parser.add_argument("--keep", help="make the images here and leave them, or use those there")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        images = Path(options.keep or scratch) / "images"
        if not images.exists():
            make_tiny(images, options.tiny)
            make_real(images / "real", options.real, photos_of(options.photos))
        store = str(Path(scratch) / "scores")
        sys.stdout.write(
            "run                seconds     cpu    rows   peak   MB at each tenth of it\n"
        )
        run("five metrics", str(images), "-o", store)
        run("again", str(images), "-o", store)
        run("header added", str(images), "-o", store, "-m", "header")
        for name in ("again", "again"):
            run(name, str(images), "-o", store)


if __name__ == "__main__":
    main()
