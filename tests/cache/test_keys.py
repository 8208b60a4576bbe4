"""The cache misses whenever something that the value depends on has changed, and only then."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from danlu.cache.latents import LatentSource, encode_picture
from danlu.cache.store import TensorStore
from danlu.cache.texts import TextSource
from danlu.datasets.augmentation import AS_IT_IS, AugmentationConfig, Rendition, renditions
from danlu.datasets.pictures import Box, Mask, Picture, Size
from danlu.families.base import Base, Framing, Reading
from danlu.families.conditioning import Conditioning
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


def test_miss_when_the_mask_changes(base: Base, picture: Picture, tmp_path: Path) -> None:
    assert encoded(base, picture, Size(32, 32), tmp_path) == 1
    Image.new("L", (48, 48), 200).save(tmp_path / "m.png")
    masked = replace(picture, mask=Mask(tmp_path / "m.png", is_alpha=False))
    assert encoded(base, masked, Size(32, 32), tmp_path) == 1
    assert encoded(base, masked, Size(32, 32), tmp_path) == 0
    Image.new("L", (48, 48), 201).save(tmp_path / "m.png")
    assert encoded(base, masked, Size(32, 32), tmp_path) == 1
    assert encoded(base, replace(masked, mask=Mask(tmp_path / "m.png", is_alpha=True)), Size(32, 32), tmp_path) == 1
    assert encoded(base, picture, Size(32, 32), tmp_path) == 0


def test_renditions_are_kept_beside_the_picture_itself(base: Base, picture: Picture, tmp_path: Path) -> None:
    def encode(**settings: Any) -> int:
        store, augmentation = TensorStore("latents", tmp_path), AugmentationConfig(**settings)
        told: list[tuple[int, int]] = []
        source = LatentSource(base, (picture,), (Size(32, 32),), "disk", store, augmentation)
        made = source.prepare(lambda done, total: told.append((done, total)))
        count = len(renditions(augmentation))
        assert told == [(done, count) for done in range(1, count + 1)]
        return made

    assert [encode(), encode(flip=True), encode(flip=True)] == [1, 1, 0]
    assert [encode(colours=2), encode(flip=True, colours=2), encode(colours=1)] == [2, 2, 0]


def test_latents_of_the_flipped_are_those_of_the_flipped_picture(base: Base, picture: Picture, tmp_path: Path) -> None:
    """Also its mask, and not the mirrored latents: the encoder isn't symmetric."""
    Image.fromarray(np.random.default_rng(2).integers(0, 255, (48, 48), dtype=np.uint8)).save(tmp_path / "m.png")
    masked = replace(picture, mask=Mask(tmp_path / "m.png", is_alpha=False))
    for path in (picture.path, tmp_path / "m.png"):
        Image.open(path).transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(tmp_path / f"flipped-{path.name}")
    other = replace(picture, path=tmp_path / "flipped-a.png", mask=Mask(tmp_path / "flipped-m.png", is_alpha=False))
    source = LatentSource(
        base, (masked,), (Size(48, 48),), "disk", TensorStore("latents", tmp_path), AugmentationConfig(flip=True)
    )
    source.prepare(lambda done, total: None)
    expected = encode_picture(base, other, Size(48, 48)).tensors()
    assert expected.keys() == {"mean", "log_variance", "mask"}
    flipped = source[0, Rendition(flipped=True)].tensors()
    assert all(torch.equal(tensor, expected[name]) for name, tensor in flipped.items())
    assert not torch.allclose(flipped["mean"], source[0, AS_IT_IS].mean.flip(-1), atol=1e-3)


def test_a_mask_comes_back_as_it_was_made(base: Base, picture: Picture, tmp_path: Path) -> None:
    Image.fromarray(np.random.default_rng(1).integers(0, 255, (24, 24), dtype=np.uint8)).save(tmp_path / "m.png")
    masked = replace(picture, mask=Mask(tmp_path / "m.png", is_alpha=False))
    found = []
    for mode in ("off", "disk", "disk"):
        source = LatentSource(base, (masked,), (Size(32, 32),), mode, TensorStore("latents", tmp_path))  # type: ignore[arg-type]
        source.prepare(lambda done, total: None)
        found.append(source[0, AS_IT_IS].tensors())
    assert found[0].keys() == {"mean", "log_variance", "mask"}
    assert found[0]["mask"].shape == (1, *found[0]["mean"].shape[1:])
    for other in found[1:]:
        assert all(torch.equal(tensor, other[name]) for name, tensor in found[0].items())


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
    source = TextSource(base, reading, torch.float32, "cpu", store=TensorStore("texts", folder))
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


def test_texts_by_tokenizer(base: Base, tmp_path: Path) -> None:
    """Its numbers may mean other words although the weights are the same."""
    folder = shutil.copytree(base.facts.stored.tokenizers["text_encoder"], tmp_path / "tokenizer")
    base.facts = replace(base.facts, stored=replace(base.facts.stored, tokenizers={"text_encoder": folder}))
    assert [texts_encoded(base, tmp_path, "a, b") for _ in range(2)] == [1, 0]
    (folder / "special_tokens_map.json").write_text("{}")
    assert texts_encoded(base, tmp_path, "a, b") == 1


def test_memory_keeps_the_captions_used_last(base: Base, tmp_path: Path) -> None:
    one = sum(tensor.nbytes for tensor in base.encode_captions(["a"]).tensors().values())
    source = TextSource(base, Reading(), torch.float32, "cpu", on_disk=False, kept_bytes=2 * one)
    expected = source(["a", "b"]).states
    assert torch.equal(source(["a", "c", "a", "b"]).states[[0, 3]], expected)
    assert source.encoded == 4  # "b" had to make room for "c", as "a" was used since


def test_conditions_come_back_from_disk_to_the_device(base: Base, tmp_path: Path) -> None:
    """The disk holds those of any device; in a step they are joined with what was encoded there."""
    store = TensorStore("texts", tmp_path)
    TextSource(base, Reading(), torch.float32, "cpu", store=store)(["a"])
    source = TextSource(base, Reading(), torch.float32, "meta", store=store)
    assert source(["a", "b"]).framed([Framing.whole(64, 64)] * 2).states.is_meta and source.encoded == 1
    whole = Conditioning(torch.zeros(1, 77, 4), torch.zeros(1, 4)).framed([Framing.whole(64, 64)])
    moved = whole.to(torch.bfloat16, "meta").tensors()
    assert {name: (tensor.is_meta, tensor.dtype) for name, tensor in moved.items()} == {
        "states": (True, torch.bfloat16),
        "pooled": (True, torch.bfloat16),
        "sizes": (True, torch.float32),
    }
