"""How many tokens CLIP makes of a text, without torch or transformers: for checks that must start at once.

The tokenizer is put together from a base's vocabulary and merges (those of the embedded base are CLIP's own, which all
bases of Stable Diffusion share) by the rules that transformers' `CLIPTokenizer` follows; a test holds the two against
each other.
"""

from collections.abc import Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from danlu.kit.places import EMBEDDED_BASE, data_folder

PORTION = 75
"""Tokens that CLIP reads at once, between begin and end."""
_WORDS = r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"


def count_tokens(texts: Sequence[str], folder: Path | None = None) -> list[int]:
    """The number of CLIP tokens of each text, without begin and end, by the tokenizer in a diffusers folder."""
    folder = folder or data_folder() / EMBEDDED_BASE / "tokenizer"
    return [_count(text, folder) for text in texts]


@lru_cache(maxsize=20_000)
def _count(text: str, folder: Path) -> int:
    """Captions are counted again and again while a recipe is thought over."""
    return len(_tokenizer(folder).encode(text, add_special_tokens=False).ids)


@cache
def _tokenizer(folder: Path) -> Any:
    from tokenizers import Regex, Tokenizer, normalizers, pre_tokenizers
    from tokenizers.models import BPE

    if not (folder / "vocab.json").is_file():
        return Tokenizer.from_file(str(folder / "tokenizer.json"))
    vocabulary, merges = BPE.read_file(str(folder / "vocab.json"), str(folder / "merges.txt"))
    model = BPE(vocabulary, merges, end_of_word_suffix="</w>", unk_token="<|endoftext|>")
    tokenizer = Tokenizer(model)
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_WORDS), behavior="removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    return tokenizer
