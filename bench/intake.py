"""How fast pictures are brought in: `python bench/intake.py`.

1,000 JPEGs of 12 megapixels, imported by `danlu dataset import` (copied, hashed, decoded, thumbnailed, told), against
what one would write by hand: Pillow's `thumbnail` of each, saved as JPEG, in a pool of as many processes as there are
cores; it copies nothing, hashes nothing and limits nothing. Both run in turn (ABBA) as programs of their own.
Memory is the resident memory of all processes together, shared parts counted each time.
"""

import argparse
import io
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil
from PIL import Image

SIZE, BASES, QUALITY = (4000, 3000), 8, 90
THUMBNAIL_PX = 256


def main() -> None:
    """Measure and save; or be the loop that Danlu is compared with."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--pictures", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--save-as", default="intake")
    parser.add_argument("--plain", nargs=2, type=Path, help="be the plain loop: folder of pictures, of thumbnails")
    chosen = parser.parse_args()
    if chosen.plain:
        run_plain(*chosen.plain)
        return
    from machine import save  # loads torch, which the plain loop does without

    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        mean_bytes = write_pictures(work / "pictures", chosen.pictures)
        rounds: dict[str, list[tuple[float, float]]] = {"plain": [], "danlu": []}
        for number in range(chosen.rounds):
            for program in ("plain", "danlu") if number % 2 == 0 else ("danlu", "plain"):
                rounds[program].append(measure(program, work))
    plain, danlu = (sum(seconds for seconds, _ in rounds[program]) for program in ("plain", "danlu"))
    save(
        chosen.save_as,
        {
            "what": f"{chosen.pictures} JPEGs of {SIZE[0]}x{SIZE[1]}, {mean_bytes / 1e6:.1f} MB each",
            "workers": len(os.sched_getaffinity(0)),
            "seconds": {program: [seconds for seconds, _ in done] for program, done in rounds.items()},
            "pictures_per_second": {
                "plain": chosen.pictures * chosen.rounds / plain,
                "danlu": chosen.pictures * chosen.rounds / danlu,
            },
            "share_of_plain": plain / danlu,
            "peak_mib": {program: max(peak for _, peak in done) for program, done in rounds.items()},
        },
    )


def write_pictures(folder: Path, count: int) -> float:
    """A few drawn pictures with grain, each under many names with a comment of its own; the mean size in bytes."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    bases: list[bytes] = []
    for _ in range(BASES):
        colours = rng.integers(0, 256, (12, 16, 3), dtype=np.uint8)
        ground = np.asarray(Image.fromarray(colours).resize(SIZE, Image.Resampling.BICUBIC), np.float32)
        grain = rng.normal(0, 7, (SIZE[1], SIZE[0], 1)).astype(np.float32)
        buffer = io.BytesIO()
        Image.fromarray((ground + grain).clip(0, 255).astype(np.uint8)).save(buffer, "JPEG", quality=QUALITY)
        bases.append(buffer.getvalue())
    for number in range(count):
        comment = f"picture {number:08d}".encode()
        segment = b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment
        base = bases[number % BASES]
        (folder / f"{number:04d}.jpg").write_bytes(base[:2] + segment + base[2:])
    return sum(map(len, bases)) / BASES


def measure(program: str, work: Path) -> tuple[float, float]:
    """Seconds of one run, and the peak of its memory in MiB."""
    out, cache = work / "out", work / "cache"
    commands = {
        "plain": [sys.executable, __file__, "--plain", str(work / "pictures"), str(out)],
        "danlu": [sys.executable, "-m", "danlu", "dataset", "import", str(work / "pictures"), "--to", str(out)],
    }
    os.sync()
    started, peak = time.perf_counter(), 0
    environment = {**os.environ, "DANLU_CACHE": str(cache)}
    with subprocess.Popen(commands[program], env=environment, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            peak = max(peak, resident(process.pid))
            time.sleep(0.2)
    seconds = time.perf_counter() - started
    assert process.returncode == 0, program
    made = out if program == "plain" else cache / "thumbnails"
    assert len(list(made.rglob("*.jpg"))) == len(list((work / "pictures").iterdir()))
    shutil.rmtree(out)
    shutil.rmtree(cache, ignore_errors=True)
    return seconds, peak / 2**20


def resident(pid: int) -> int:
    """Bytes of a process and all below it."""
    total = 0
    try:
        parent = psutil.Process(pid)
        for process in [parent, *parent.children(recursive=True)]:
            total += process.memory_info().rss
    except psutil.NoSuchProcess:
        pass
    return total


def run_plain(pictures: Path, thumbnails: Path) -> None:
    """The loop that one would write by hand."""
    thumbnails.mkdir()
    pairs = [(path, thumbnails / path.name) for path in sorted(pictures.iterdir())]
    with multiprocessing.Pool(len(os.sched_getaffinity(0))) as pool:
        for _ in pool.imap_unordered(draw_plain, pairs):
            pass


def draw_plain(pair: tuple[Path, Path]) -> None:
    """Decode one picture and save it small."""
    with Image.open(pair[0]) as image:
        image.thumbnail((THUMBNAIL_PX, THUMBNAIL_PX))
        image.save(pair[1], "JPEG", quality=85)


if __name__ == "__main__":
    main()
