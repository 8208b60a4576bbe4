"""Tokens are counted as transformers' CLIP tokenizer makes them."""

from hypothesis import given
from hypothesis import strategies as st

from danlu.encoders.clip import load_tokenizer
from danlu.encoders.clip_tokens import count_tokens

TOKENIZER = load_tokenizer(None)
TEXTS = [
    "",
    "a photo of a cat",
    "宁光, 1girl, (blue eyes:1.2), hair_ornament, it's 2024!!",
    "ＦＵＬＬ ｗｉｄｔｈ é e\u0301 🐱🐱 <|endoftext",
    "x" * 300,
    " \n\ttabs and   blanks ",
]


def known(text: str) -> int:
    return len(TOKENIZER(text, add_special_tokens=False, verbose=False).input_ids)


def test_known_texts() -> None:
    assert count_tokens(TEXTS) == [known(text) for text in TEXTS]


@given(st.text(max_size=80))
def test_any_text(text: str) -> None:
    assert count_tokens([text]) == [known(text)]
