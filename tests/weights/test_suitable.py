"""What suits which pictures is one table: the documents and the sentences say the same."""

from pathlib import Path

import pytest

from danlu.pipeline.start import read_preset
from danlu.weights.hub_files import is_hub_name
from danlu.weights.suitable import THEMES, suitable, suitable_models, way_out

DOCS = Path(__file__).parent.parent.parent / "docs" / "concepts"


def test_every_theme_has_a_base_and_a_way_to_captions() -> None:
    for theme in THEMES:
        assert read_preset(theme) and suitable("base", theme)
        assert suitable("tagger", theme) or suitable("captioner", theme)


@pytest.mark.parametrize("page", ["bases.md", "bases.zh.md"])
def test_the_documents_name_each_model_with_its_size_and_licence(page: str) -> None:
    rows = [line for line in (DOCS / page).read_text("utf-8").splitlines() if "| `danlu download" in line]
    assert len(rows) == len(suitable_models())
    for model, row in zip(suitable_models(), rows, strict=True):
        size, draws = (model.size.zh, model.draws.zh) if ".zh" in page else (model.size.en, model.draws.en)
        assert is_hub_name(model.name)
        assert f"`{model.command}`" in row and size in row and model.licence in row and draws in row


def test_a_way_out_is_half_a_sentence_with_command_size_and_licence() -> None:
    text = way_out("tagger", "anime")
    assert all(
        "danlu download SmilingWolf/wd-vit-tagger-v3" in one and "0.4 GB, Apache 2.0" in one.replace("，", ", ")
        for one in text
    )
