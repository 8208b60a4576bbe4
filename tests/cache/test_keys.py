"""The cache misses whenever something that the value depends on has changed, and only then."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from danlu.cache.latents import LatentSource
from danlu.cache.store import TensorStore
from danlu.cache.texts import TextSource
from danlu.datasets.pictures import Box, Picture, Size
from danlu.families.base import Base, Reading
from danlu.families.find import load_base
from danlu.weights.folder import open_component

PLAIN = Reading()


@pytest.fixture
def base(base_folder: Path) -> Base:
    return load_base(str(base_folder), dtype=torch.float32)


@pytest.fixture
def picture(tmp_path: Path) -> Picture:
    path = tmp_path / "a.png"
    Image.fromarray(np.random.default_rng(1).integers(0, 255, (48, 48, 3), dtype=np.uint8)).save(path)
    return Picture(path, "a.png", 0, Size(48, 48), 1, "a", None)


def change_weights(base: Base, name: str, folder: Path) -> None:
    """Give the base another copy of a component in which one bit is different."""
    shutil.copytree(base.facts.components[name].path, folder)
    (file,) = folder.glob("*.safetensors")
    content = bytearray(file.read_bytes())
    content[-3] ^= 1
    file.write_bytes(content)
    components = {**base.facts.components, name: open_component(folder, name)}
    base.facts = replace(base.facts, stored=replace(base.facts.stored, components=components))


def encoded(base: Base, picture: Picture, bucket: Size, folder: Path) -> int:
    source = LatentSource(base, (picture,), (bucket,), "disk", TensorStore("latents", folder))
    return source.prepare(lambda done, total: None)


def test_hit_when_nothing_changed(base: Base, picture: Picture, tmp_path: Path) -> None:
    assert encoded(base, picture, Size(32, 32), tmp_path) == 1
    assert encoded(base, picture, Size(32, 32), tmp_path) == 0
    moved = replace(picture, path=picture.path.rename(tmp_path / "b.png"), name="b.png", repeats=9, caption="z")
    assert encoded(base, moved, Size(32, 32), tmp_path) == 0


def test_miss_when_the_picture_changes(base: Base, picture: Picture, tmp_path: Path) -> None:
    encoded(base, picture, Size(32, 32), tmp_path)
    pixels = np.array(Image.open(picture.path))
    pixels[0, 0, 0] ^= 1
    Image.fromarray(pixels).save(picture.path)
    assert encoded(base, picture, Size(32, 32), tmp_path) == 1


def test_miss_when_crop_or_size_change(base: Base, picture: Picture, tmp_path: Path) -> None:
    encoded(base, picture, Size(32, 32), tmp_path)
    cropped = replace(picture, crop=Box(0, 0, 40, 40))
    assert encoded(base, cropped, Size(32, 32), tmp_path) == 1
    assert encoded(base, replace(picture, crop=Box(1, 0, 41, 40)), Size(32, 32), tmp_path) == 1
    assert encoded(base, picture, Size(24, 40), tmp_path) == 1


def test_miss_when_the_vae_changes(base: Base, picture: Picture, tmp_path: Path) -> None:
    encoded(base, picture, Size(32, 32), tmp_path)
    change_weights(base, "vae", tmp_path / "vae")
    assert encoded(base, picture, Size(32, 32), tmp_path) == 1


def test_damaged_entry_is_made_again(base: Base, picture: Picture, tmp_path: Path) -> None:
    encoded(base, picture, Size(32, 32), tmp_path)
    for entry in (tmp_path / "latents").rglob("*.safetensors"):
        entry.write_bytes(entry.read_bytes()[:20])
    assert encoded(base, picture, Size(32, 32), tmp_path) == 1


def texts_encoded(base: Base, folder: Path, *captions: str, reading: Reading = PLAIN) -> int:
    source = TextSource(base, reading, torch.float32, store=TensorStore("texts", folder))
    source(captions)
    return source.encoded


def test_texts_by_caption_reading_and_encoder(base: Base, tmp_path: Path) -> None:
    assert texts_encoded(base, tmp_path, "a, b", "a, b") == 1
    assert texts_encoded(base, tmp_path, "a, b") == 0
    assert texts_encoded(base, tmp_path, "b, a") == 1
    assert texts_encoded(base, tmp_path, "a, b", reading=Reading(clip_skip=2)) == 1
    assert texts_encoded(base, tmp_path, "a, b", reading=Reading(max_tokens=150)) == 1
    change_weights(base, "text_encoder", tmp_path / "text")
    assert texts_encoded(base, tmp_path, "a, b") == 1


def test_memory_keeps_the_captions_used_last(base: Base, tmp_path: Path) -> None:
    one = sum(tensor.nbytes for tensor in base.encode_captions(["a"]).tensors().values())
    source = TextSource(base, Reading(), torch.float32, on_disk=False, kept_bytes=2 * one)
    expected = source(["a", "b"]).states
    assert torch.equal(source(["a", "c", "a", "b"]).states[[0, 3]], expected)
    assert source.encoded == 4  # "b" had to make room for "c", as "a" was used since
