"""How quick and how sure a dataset is checked: `python bench/health.py [--count 100] [--pictures FOLDER]`.

Speed: pictures of 12 MP, beside a plain loop in as many processes that decodes each and makes a thumbnail with Pillow;
peak memory is that of all processes together. Sureness, with a folder of sharp pictures: how soft they measure as they
are, recompressed, halved and blurred.
"""

import argparse
import io
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import psutil
from machine import save
from PIL import Image, ImageFilter

from danlu.health.sharpness import edge_softness

SIZE = (4000, 3000)


def make_pictures(folder: Path, count: int) -> None:
    """Patches of colour with a little noise, as JPEG; four of them, then copies that differ in their last bytes."""
    rng = np.random.default_rng(0)
    for number in range(count):
        path = folder / f"{number:04}.jpg"
        if number < 4:
            patches = Image.fromarray(rng.integers(0, 256, (150, 200, 3), dtype=np.uint8)).resize(SIZE)
            noisy = np.asarray(patches).astype(np.int16) + rng.integers(-6, 7, (SIZE[1], SIZE[0], 3))
            Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(path, quality=92)
        else:
            path.write_bytes((folder / f"{number % 4:04}.jpg").read_bytes() + str(number).encode())


def decode_plainly(path: Path) -> tuple[int, int]:
    """What any program must do."""
    with Image.open(path) as image:
        small = image.convert("RGB")
    small.thumbnail((240, 240))
    return small.size


def seconds_plainly(folder: Path) -> float:
    """Wall time of the plain loop."""
    started = time.perf_counter()
    with ProcessPoolExecutor(os.cpu_count(), mp_context=multiprocessing.get_context("spawn")) as pool:
        list(pool.map(decode_plainly, sorted(folder.glob("*.jpg"))))
    return time.perf_counter() - started


def seconds_of_check(folder: Path, cache: Path) -> tuple[float, float]:
    """Wall time of `danlu dataset check`, and the peak memory of its processes in MiB."""
    command = [sys.executable, "-m", "danlu", "dataset", "check", str(folder), "--resolution", "1024"]
    started, peak = time.perf_counter(), 0.0
    with subprocess.Popen(command, env={**os.environ, "DANLU_CACHE": str(cache)}, stdout=subprocess.DEVNULL) as running:
        while running.poll() is None:
            peak = max(peak, resident_mib(running.pid))
            time.sleep(0.05)
    assert running.returncode == 0
    return time.perf_counter() - started, peak


def resident_mib(pid: int) -> float:
    """Memory of a process and its children."""
    try:
        process = psutil.Process(pid)
        return sum(one.memory_info().rss for one in (process, *process.children(recursive=True))) / 2**20
    except psutil.NoSuchProcess:
        return 0.0


def recompressed(image: Image.Image) -> Image.Image:
    """As JPEG of quality 30."""
    content = io.BytesIO()
    image.save(content, "JPEG", quality=30)
    return Image.open(content)


def blurred(sigma_px: float) -> Callable[[Image.Image], Image.Image]:
    """A Gaussian blur."""
    return lambda image: image.filter(ImageFilter.GaussianBlur(sigma_px))


CHANGES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "as it is": lambda image: image,
    "recompressed": recompressed,
    "halved": lambda image: image.reduce(2),
    **{f"blurred by {sigma_px} px": blurred(sigma_px) for sigma_px in (1, 2, 3)},
}


def softness_of(folder: Path) -> dict[str, list[float]]:
    """The least, the middle and the greatest softness of the pictures after each change."""
    pictures = [Image.open(path).convert("RGB") for path in sorted(folder.iterdir())]
    found: dict[str, list[float]] = {}
    for name, change in CHANGES.items():
        told = [edge_softness(np.asarray(change(picture).convert("L"))) for picture in pictures]
        known = [value for value in told if value is not None]
        found[name] = [round(float(np.percentile(known, part)), 2) for part in (0, 50, 100)]
    return found


def main() -> None:
    """Measure and save."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--pictures", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder, cache = Path(name) / "pictures", Path(name) / "cache"
        folder.mkdir()
        make_pictures(folder, options.count)
        before = seconds_plainly(folder)
        first, peak = seconds_of_check(folder, cache)
        again, _ = seconds_of_check(folder, cache)
        after = seconds_plainly(folder)
    result = {
        "pictures": options.count,
        "megapixels": SIZE[0] * SIZE[1] / 1e6,
        "plain_decode_and_thumbnail_seconds": [before, after],
        "first_check_seconds": first,
        "second_check_seconds": again,
        "peak_mib": peak,
    }
    if options.pictures:
        result["softness_px_least_median_greatest"] = softness_of(options.pictures)
    save("health", result)


if __name__ == "__main__":
    main()
