"""Captions as a recipe's settings make them read: for prompts, metadata and triggers, and what the plan warns of."""

import json
from pathlib import Path
from typing import Any

import pytest

from danlu.adapters.files import read_adapter
from danlu.datasets.manifest import ConceptFacts, update_manifest
from danlu.evaluation.concepts import read_concepts
from danlu.generation.pngtext import read_png
from danlu.kit.errors import UserError
from danlu.pipeline.plan import make_plan
from danlu.pipeline.train import train
from small_world import make_dataset, make_recipe

MARKS = {"keep_separator": "|||", "group_separator": ";;;", "wildcards": True, "suffix": "x"}


def make_captioned(folder: Path, *captions: str) -> Path:
    dataset = make_dataset(folder, pictures=len(captions))
    for path, caption in zip(sorted(dataset.rglob("*.txt")), captions, strict=True):
        path.write_text(caption, encoding="utf-8")
    update_manifest(dataset, concepts={"小 猫🐱": ConceptFacts(trigger="zq")})
    return dataset


def plan_with(dataset: Path, base: Path, captions: dict[str, Any]) -> list[str]:
    return [text.en for text in make_plan(make_recipe(dataset, base, {"dataset": {"captions": captions}})).warnings]


def test_lines_that_are_not_shown_are_told(base_folder: Path, tmp_path: Path) -> None:
    dataset = make_captioned(tmp_path / "d", "zq, a\nzq, b", "zq, c")
    (warning,) = plan_with(dataset, base_folder, {})
    assert "1 of 2 captions have several lines" in warning
    assert plan_with(dataset, base_folder, {"wildcards": True}) == []


@pytest.mark.parametrize(
    ("caption", "captions"),
    [
        ("zq ||| a", {"keep_separator": "|||"}),
        ("zq;;;a", {"group_separator": ";;;"}),
        ("a {b|zq}", {"wildcards": True, "prefix": "{b|zq}"}),
        ("a\nzq, b", {"wildcards": True}),
        ("a", {"prefix": "zq,"}),
    ],
)
def test_a_trigger_is_found_wherever_the_settings_put_it(
    base_folder: Path, tmp_path: Path, caption: str, captions: dict[str, Any]
) -> None:
    dataset = make_captioned(tmp_path / "d", caption)
    assert plan_with(dataset, base_folder, captions) == []
    with pytest.raises(UserError, match="appears in no caption"):
        plan_with(dataset, base_folder, {})


def test_files_and_previews_hold_captions_without_marks(base_folder: Path, tmp_path: Path) -> None:
    dataset = make_captioned(tmp_path / "d", "zq ||| a;;;b, {c|d}", "zq ||| e (g)\nzq ||| f")
    changes = {
        "dataset": {"captions": MARKS},
        "training": {"length": "1 step"},
        "previews": {"every": "1 step", "steps": 1},
    }
    run, _ = train(make_recipe(dataset, base_folder, changes), tmp_path / "run")
    metadata = read_adapter(run.checkpoints / "lora.safetensors").metadata
    assert json.loads(metadata["ss_tag_frequency"]) == {
        "2_小 猫🐱": {"zq": 2, "a": 1, "b": 1, "c": 1, "x": 2, "e (g)": 1},
    }
    (concept,) = read_concepts(metadata)
    assert concept.varied == {"a": 1, "b": 1, "c": 1, "x": 2, "e (g)": 1}
    drawn = [read_png(path).prompt.text for path in sorted(run.preview_folder(1).glob("*.png"))]
    assert set(drawn) == {"zq, a, b, c, x", r"zq, e \(g\), x"}
