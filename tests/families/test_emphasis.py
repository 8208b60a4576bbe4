"""Weighted captions in every family, held against states that are scaled by hand."""

from pathlib import Path

import pytest
import torch

from danlu.adapters.files import read_adapter
from danlu.datasets.manifest import ConceptFacts, update_manifest
from danlu.datasets.pictures import Size
from danlu.families.base import Base, Reading
from danlu.families.find import load_base
from danlu.generation.draw import draw
from danlu.generation.prompts import Prompt
from danlu.pipeline.plan import make_plan
from danlu.pipeline.train import train
from families.conftest import TinyBase
from small_world import make_dataset, make_recipe

WEIGHTED, PLAIN = "a (cat:1.5), [dog]", "a cat, dog"
WEIGHTS = torch.tensor([1.0, 1.0, 1.5, 1.0, 1 / 1.1, *[1.0] * 72])  # begin, a, cat, comma, dog, end and padding


@pytest.fixture(scope="module")
def base(tiny: TinyBase) -> Base:
    return load_base(str(tiny.folder), dtype=torch.float32)


def parts_of(states: torch.Tensor) -> list[torch.Tensor]:
    """The states of each text encoder: 64 wide, and 128 for SDXL's second."""
    return list(states.split([64, *([128] if states.shape[-1] > 64 else [])], dim=-1))


def test_states_are_scaled_by_their_tokens_weights(base: Base) -> None:
    with torch.no_grad():
        plain = base.encode_captions([PLAIN])
        trained = base.encode_captions([WEIGHTED, PLAIN], Reading(emphasis="scaled"))
        drawn = base.encode_captions([WEIGHTED], Reading(emphasis="balanced"))
    torch.testing.assert_close(trained.states[:1], plain.states * WEIGHTS[:, None], rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(trained.states[1:], plain.states, rtol=1e-4, atol=1e-5)
    for one, other in zip(parts_of(drawn.states), parts_of(plain.states), strict=True):
        scaled = other * WEIGHTS[:, None]
        torch.testing.assert_close(one, scaled * (other.mean() / scaled.mean()), rtol=1e-4, atol=1e-5)
    if plain.pooled is not None:
        assert drawn.pooled is not None
        torch.testing.assert_close(drawn.pooled, plain.pooled, rtol=1e-4, atol=1e-5)


def test_weights_fall_on_their_tokens_in_every_portion(base: Base) -> None:
    reading = Reading(max_tokens=150, emphasis="scaled")
    with torch.no_grad():
        plain = base.encode_captions(["cat " * 100], reading).states
        found = base.encode_captions(["cat " * 70 + "(" + "cat " * 30 + ":2)"], reading).states
    ratio = (found / plain)[0].median(dim=-1).values
    assert ratio == pytest.approx(torch.tensor([1.0] * 71 + [2.0] * 30 + [1.0] * 51), rel=1e-3)


def test_brackets_are_text_unless_asked_for(base: Base) -> None:
    with torch.no_grad():
        off = base.encode_captions(["(cat:1.5)"]).states
        escaped = base.encode_captions([r"\(cat:1.5\)"], Reading(emphasis="balanced")).states
    assert torch.equal(off, escaped)


def test_pictures_follow_the_weights(base: Base) -> None:
    prompts = [Prompt(text, size=Size(16, 16), steps=2) for text in (PLAIN, f"({PLAIN}:1.0)", WEIGHTED)]
    pictures = [picture.tobytes() for picture in draw(base, prompts)]
    assert pictures[0] == pictures[1] != pictures[2]


def test_trained_with_weights(tiny: TinyBase, tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "d", pictures=2)
    update_manifest(dataset, concepts={"小 猫🐱": ConceptFacts(trigger="zq")})
    for file in dataset.rglob("*.txt"):
        file.write_text("(zq:1.2), (cat, dog:2), a")
    values = {
        "dataset": {"buckets": {"resolution": 32, "step": 8}, "captions": {"weighted": True, "shuffle": True}},
        "objective": {"preservation": 0.5},
        "training": {"length": "1 step"},
        "adapter": {"kind": "lora", "rank": 2, "text_encoder": tiny.family != "sd2"},
    }
    recipe = make_recipe(dataset, tiny.file, values)
    assert make_plan(recipe).warnings == ()
    run, _ = train(recipe, tmp_path / "run")
    assert '"cat": 2' in read_adapter(run.checkpoints / "lora.safetensors").metadata["ss_tag_frequency"]
