"""Captions as ids: equal to what CLIP's tokenizer makes of the text, varied truthfully, never too long."""

import random
from functools import cache

import pytest
import torch
from embedded.muon import orthogonalise
from embedded.tokenizer import FOLDER, LENGTH, made_up_word, pieces, to_ids, training_ids, vary
from embedded.vocabulary import tags
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import CLIPTokenizer


@cache
def opened() -> CLIPTokenizer:
    return CLIPTokenizer.from_pretrained(FOLDER)


def test_known_ids() -> None:
    tokenizer = opened()
    assert tokenizer("a photo of a cat").input_ids == [49406, 320, 1125, 539, 320, 2368, 49407]
    assert len(tokenizer) == 49408 and tokenizer.model_max_length == LENGTH


@given(st.lists(st.sampled_from(tags()), min_size=1, max_size=14, unique=True))
@settings(max_examples=40, deadline=None)
def test_ids_equal_the_tokenizer(caption: list[str]) -> None:
    ids = opened()(", ".join(caption), padding="max_length", max_length=LENGTH, truncation=True).input_ids
    assert to_ids(caption) == ids


@given(st.integers(0, 10**6))
def test_variation_only_leaves_out_and_reorders(seed: int) -> None:
    caption = list(tags()[::7])
    kept = vary(caption, random.Random(seed))
    assert set(kept) <= set(caption) and len(set(kept)) == len(kept)


@given(st.integers(0, 10**6), st.integers(0, 5))
def test_made_up_word_is_inserted_whole(seed: int, place: int) -> None:
    caption = ["smile", "blue background", "solo", "portrait", "mohawk"]
    word = made_up_word(random.Random(seed))
    ids = to_ids(caption, word, place)
    assert len(ids) == LENGTH and 1 <= len(word) <= 3
    assert any(tuple(ids[at : at + len(word)]) == word for at in range(len(ids)))
    assert ids.count(pieces().comma) == len(caption)


def test_a_tenth_of_training_captions_is_empty() -> None:
    ids = training_ids([["smile", "solo"]] * 600, random.Random(0))
    empty = (ids[:, 1] == pieces().end).float().mean()
    assert 0.05 < empty < 0.45


@pytest.mark.parametrize("shape", [(2, 16, 64), (3, 64, 16)])
def test_orthogonalised_matrices_have_singular_values_near_one(shape: tuple[int, int, int]) -> None:
    values = torch.linalg.svdvals(orthogonalise(torch.randn(shape, generator=torch.Generator().manual_seed(0))))
    assert float(values.min()) > 0.4 and float(values.max()) < 1.4
