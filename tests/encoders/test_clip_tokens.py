"""Tokens are counted as transformers' CLIP tokenizer makes them."""

from hypothesis import given
from hypothesis import strategies as st

from danlu.encoders.clip import load_tokenizer
from danlu.encoders.clip_tokens import count_tokens

TEXTS = [
    "",
    "a photo of a cat",
    "宁光, 1girl, (blue eyes:1.2), hair_ornament, it's 2024!!",
    "ＦＵＬＬ ｗｉｄｔｈ é e\u0301 🐱🐱 <|endoftext",
    "x" * 300,
    " \n\ttabs and   blanks ",
]


def test_known_texts() -> None:
    tokenizer = load_tokenizer(None)
    assert count_tokens(TEXTS) == [len(tokenizer(text, add_special_tokens=False).input_ids) for text in TEXTS]


@given(st.text(max_size=80))
def test_any_text(text: str) -> None:
    tokenizer = load_tokenizer(None)
    assert count_tokens([text]) == [len(tokenizer(text, add_special_tokens=False).input_ids)]
