"""The text beside the pixels: A1111's own form, and what is written is read back."""

import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from danlu.datasets.pictures import Size
from danlu.families.base import MAX_TOKENS
from danlu.generation.pngtext import read_parameters, read_png, save_png, write_parameters
from danlu.generation.prompts import SAMPLER_NAMES, Prompt
from danlu.kit.errors import UserError

LETTERS = string.ascii_letters + string.digits + " ,()[]微笑"
texts = st.text(LETTERS, max_size=40).map(str.strip)
names = st.text(string.ascii_letters + "_-. 丹炉", min_size=1, max_size=12).filter(lambda name: name == name.strip())
prompts = st.builds(
    Prompt,
    text=texts,
    negative=texts,
    seed=st.integers(0, 2**63),
    size=st.builds(Size, st.integers(8, 4096), st.integers(8, 4096)),
    steps=st.integers(1, 150),
    cfg=st.integers(2, 60).map(lambda halves: halves / 2),
    sampler=st.sampled_from(SAMPLER_NAMES),
    clip_skip=st.integers(1, 12),
    max_tokens=st.sampled_from(MAX_TOKENS),
)


def test_the_form_is_that_of_a1111() -> None:
    prompt = Prompt("ohwx girl, smile", "blurry", 1, Size(512, 768), 20, 7.0, "Euler a", 2)
    assert write_parameters(prompt, adapters=[("ohwx", 0.8)], extra={"Model": "danlu-mini"}) == (
        "ohwx girl, smile <lora:ohwx:0.8>\n"
        "Negative prompt: blurry\n"
        "Steps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1, Size: 512x768, Model: danlu-mini, Clip skip: 2"
    )


def test_reads_what_a1111_wrote() -> None:
    read = read_parameters(
        "masterpiece, best quality,\n1girl <lora:ning:0.65>\nNegative prompt: lowres,\nbad hands\n"
        "Steps: 28, Sampler: DPM++ 2M Karras, CFG scale: 5.5, Seed: 3411, Size: 512x768, Model hash: 6ce0161689, "
        'Model: v1-5, Lora hashes: "ning: 1234, other: 5678", Clip skip: 2, Version: v1.9.3'
    )
    assert read.prompt == Prompt(
        "masterpiece, best quality,\n1girl",
        "lowres,\nbad hands",
        seed=3411,
        size=Size(512, 768),
        steps=28,
        cfg=5.5,
        sampler="DPM++ 2M Karras",
        clip_skip=2,
    )
    assert read.adapters == (("ning", 0.65),)
    assert read.extra["Lora hashes"] == "ning: 1234, other: 5678"
    assert read.extra["Model hash"] == "6ce0161689"


@given(prompts, st.lists(st.tuples(names, st.integers(-20, 20).map(lambda tenths: tenths / 10)), max_size=3), texts)
def test_what_is_written_is_read_back(prompt: Prompt, adapters: list[tuple[str, float]], note: str) -> None:
    extra = {"Model": note} if note else {}
    read = read_parameters(write_parameters(prompt, adapters=adapters, extra=extra))
    assert read.prompt == prompt
    assert read.adapters == tuple(adapters)
    assert read.extra == extra


def test_png_carries_it_under_any_path(tmp_path: Path) -> None:
    path = tmp_path / "丹炉 🔥" / "预览 1.png"
    prompt = Prompt("微笑, smile", seed=5)
    save_png(Image.new("RGB", (8, 8), "red"), path, write_parameters(prompt))
    assert read_png(path).prompt == prompt
    with Image.open(path) as picture:
        assert picture.info["parameters"].startswith("微笑, smile\n")
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_png_without_parameters_is_told(tmp_path: Path) -> None:
    path = tmp_path / "plain.png"
    Image.new("RGB", (8, 8)).save(path)
    with pytest.raises(UserError, match=r"plain\.png"):
        read_png(path)
