"""Captions of more than 75 tokens, held against sd-scripts' way: tokenised as a whole, cut into portions, re-framed."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from danlu.datasets.pictures import Size
from danlu.families.base import Base, Reading
from danlu.families.find import find_base, load_base
from danlu.generation.draw import draw
from danlu.generation.prompts import Prompt
from danlu.pipeline.plan import make_plan
from danlu.pipeline.train import train
from danlu.rundir.events import Step
from danlu.rundir.journal import read_journal
from families.conftest import TinyBase
from small_world import make_dataset, make_recipe

LENGTHS = (0, 1, 74, 75, 76, 149, 150, 151, 225, 300)
CAPTIONS = [" ".join(["cat"] * length) for length in LENGTHS]


@pytest.fixture(scope="module")
def base(tiny: TinyBase) -> Base:
    return load_base(str(tiny.folder), dtype=torch.float32)


def tokenizers_of(tiny: TinyBase) -> list[Any]:
    return [tiny.pipeline.tokenizer, *([tiny.pipeline.tokenizer_2] if tiny.family == "sdxl" else [])]


def portions_by_sd_scripts(tokenizer: Any, caption: str, max_tokens: int) -> torch.Tensor:
    """The rules of formulas §5: one row of max + 2 ids, of which each 75 get begin and end again."""
    row = tokenizer(caption, padding="max_length", truncation=True, max_length=max_tokens + 2).input_ids
    portions = [[row[0], *row[start : start + 75], row[-1]] for start in range(1, max_tokens, 75)]
    if tokenizer.pad_token_id != tokenizer.eos_token_id:
        for portion in portions:
            if portion[-2] not in (tokenizer.eos_token_id, tokenizer.pad_token_id):
                portion[-1] = tokenizer.eos_token_id
            if portion[1] == tokenizer.pad_token_id:
                portion[1] = tokenizer.eos_token_id
    return torch.tensor(portions)


@pytest.mark.parametrize("max_tokens", [75, 150, 225])
def test_tokens_as_sd_scripts_portions_them(tiny: TinyBase, base: Base, max_tokens: Any) -> None:
    tokens = base.tokenize(CAPTIONS, Reading(max_tokens=max_tokens)).ids.cpu()
    assert tokens.shape == (len(CAPTIONS), len(tokenizers_of(tiny)), max_tokens // 75, 77)
    for encoder, tokenizer in enumerate(tokenizers_of(tiny)):
        for row, caption in enumerate(CAPTIONS):
            expected = portions_by_sd_scripts(tokenizer, caption, max_tokens)
            assert torch.equal(tokens[row, encoder], expected), LENGTHS[row]


@pytest.mark.parametrize("max_tokens", [150, 225])
def test_states_are_joined_with_one_begin_and_one_end(tiny: TinyBase, base: Base, max_tokens: Any) -> None:
    captions = [CAPTIONS[4], CAPTIONS[-1]]
    with torch.no_grad():
        found = base.encode_captions(captions, Reading(max_tokens=max_tokens))
        for row, caption in enumerate(captions):
            states, pooled = [], None
            for encoder, tokenizer in enumerate(tokenizers_of(tiny)):
                model = (tiny.pipeline.text_encoder, getattr(tiny.pipeline, "text_encoder_2", None))[encoder]
                outputs = model(portions_by_sd_scripts(tokenizer, caption, max_tokens), output_hidden_states=True)
                last = outputs.hidden_states[-2] if tiny.family == "sdxl" else outputs.last_hidden_state
                middle = last[:, 1:-1].reshape(1, max_tokens, -1)
                states.append(torch.cat([last[:1, :1], middle, last[-1:, -1:]], dim=1))
                pooled = outputs.text_embeds[:1] if encoder else None
            torch.testing.assert_close(found.states[row : row + 1], torch.cat(states, dim=-1), rtol=1e-4, atol=1e-5)
            if pooled is not None:
                assert found.pooled is not None
                torch.testing.assert_close(found.pooled[row : row + 1], pooled, rtol=1e-4, atol=1e-5)


def test_what_lies_beyond_75_tokens_matters_only_if_it_is_read(base: Base) -> None:
    tail, other = CAPTIONS[3] + " dog", CAPTIONS[3] + " hat"
    prompts = [
        Prompt(text, size=Size(16, 16), steps=2, max_tokens=read) for read in (75, 150) for text in (tail, other)
    ]
    pictures = [np.asarray(picture).astype(int) for picture in draw(base, prompts)]
    assert np.array_equal(pictures[0], pictures[1])
    assert not np.array_equal(pictures[2], pictures[3])


def test_tokens_are_counted_without_the_base(tiny: TinyBase) -> None:
    family, facts = find_base(str(tiny.file))
    assert family.count_tokens(facts, CAPTIONS, "off") == list(LENGTHS)


def test_trained_and_drawn_at_length(tiny: TinyBase, tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "d", pictures=2)
    for file in dataset.rglob("*.txt"):
        file.write_text(CAPTIONS[4])
    values = {
        "dataset": {"buckets": {"resolution": 32, "step": 8}},
        "training": {"length": "1 step"},
        "previews": {"every": "1 epoch", "steps": 1, "size": "16x16", "prompts": ["cat", CAPTIONS[-1]]},
    }
    told = [text.en for text in make_plan(make_recipe(dataset, tiny.file, values)).warnings]
    assert any("2 of 2 have more than the 75 tokens that are read (the longest 76)" in text for text in told)
    assert any("preview prompts, 1 of 3" in text and "set base.max_tokens = 150" in text for text in told)
    longer = make_recipe(dataset, tiny.file, {**values, "base": {"max_tokens": 150}})
    told = [text.en for text in make_plan(longer).warnings]
    assert not any("captions" in text for text in told)
    run, _ = train(make_recipe(dataset, tiny.file, {**values, "base": {"max_tokens": 225}}), tmp_path / "run")
    assert sum(isinstance(event, Step) for event in read_journal(run.journal)) == 1
    assert len(list(run.preview_folder(1).glob("*.png"))) == 2
