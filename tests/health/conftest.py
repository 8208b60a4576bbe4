"""A dataset with one of each ailment."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from danlu.datasets.buckets import BucketConfig, sizes_for
from danlu.health.base import Check, Target
from danlu.health.examine import Report, examine
from synthetic_pictures import blurred, photo, save_16_bit, save_truncated, save_turned, with_bars

HEALTHY = ("a.png", "b.png", "c.png")
TRIGGER = "宁光"


def target(side_px: int = 256) -> Target:
    """A base of this size."""
    return Target("test", side_px, tuple(sizes_for(BucketConfig(), native_px=side_px, step_px=side_px // 8)))


@pytest.fixture
def own_measures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache in which nothing was measured yet."""
    monkeypatch.setenv("DANLU_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def check() -> Callable[..., Report]:
    """Check a folder for a base of 256 px."""

    def call(root: Path, *checks: Check, side_px: int = 256) -> Report:
        return examine(root, target(side_px), checks or None)

    return call


@pytest.fixture(scope="session")
def open_ward(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same as `ward`, for tests that only look."""
    root = tmp_path_factory.mktemp("ward") / "数据 集"
    root.mkdir()
    make_ward(root)
    return root


@pytest.fixture
def ward(open_ward: Path, tmp_path: Path) -> Path:
    """Each picture but the healthy ones has one ailment, and is named after it."""
    return Path(shutil.copytree(open_ward, tmp_path / open_ward.name))


def make_ward(root: Path) -> None:
    """Fill a folder with pictures: some healthy, one of each ailment, named after the check that finds it."""
    for seed, name in enumerate(HEALTHY):
        photo(seed).save(root / name)
    save_truncated(photo(10), root / "unreadable.png")
    photo(11, (96, 80)).save(root / "small.png")
    blurred(photo(12), 3).save(root / "blurred.png")
    photo(13, (2400, 150)).save(root / "aspect.png")
    with_bars(photo(14), (0, 0, 0), (0, 40, 0, 44)).save(root / "bars.png")
    save_turned(photo(15), root / "rotated.jpg", 6)
    see_through = photo(16).convert("RGBA")
    see_through.paste((0, 0, 0, 0), (128, 96, 384, 288))
    see_through.save(root / "transparent.png")
    photo(17).convert("CMYK").save(root / "colours cmyk.jpg", quality=95)
    save_16_bit(photo(18), root / "colours 16 bit.png")
    frames = [photo(19, (300, 280)).quantize(), photo(20, (300, 280)).quantize()]
    frames[0].save(root / "animated.gif", save_all=True, append_images=frames[1:])
    (root / "animated.gif").rename(root / "animated.png")
    photo(0).resize((384, 288), Image.Resampling.LANCZOS).save(root / "duplicates.jpg", quality=80)
    captions = {name.rpartition(".")[0]: f"{TRIGGER}, discs, {name}" for name in HEALTHY}
    for path in sorted(root.glob("*.[pj]*g")):
        (root / f"{path.stem}.txt").write_text(captions.get(path.stem, f"{TRIGGER}, {path.stem}"), "utf-8")
    photo(21).save(root / "caption_encoding.png")
    (root / "caption_encoding.txt").write_bytes(f"{TRIGGER}, 女孩, 圆".encode("gb18030"))
    photo(22).save(root / "caption_empty.png")
    (root / "caption_empty.txt").write_text(" \n")
    photo(23).save(root / "caption_missing.png")
    photo(24).save(root / "caption_long.png")
    (root / "caption_long.txt").write_text(
        f"{TRIGGER}, " + ", ".join(f"disc {number}" for number in range(40)), "utf-8"
    )
    photo(25).save(root / "trigger_missing.png")
    (root / "trigger_missing.txt").write_text("discs, many colours\n")
    (root / "danlu.toml").write_text(f'[concepts."{root.name}"]\ntrigger = "{TRIGGER}"\n', "utf-8")
