"""How many tokens CLIP makes of a text, without torch or transformers: for checks that must start at once.

The tokenizer is put together from the embedded base's vocabulary and merges, which are CLIP's own, by the rules that
transformers' `CLIPTokenizer` follows; a test holds the two against each other. All bases of Stable Diffusion share it.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

from danlu.kit.places import EMBEDDED_BASE, data_folder

PORTION = 75
"""Tokens that CLIP reads at once, between begin and end."""
_WORDS = r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"


def count_tokens(texts: Sequence[str]) -> list[int]:
    """The number of CLIP tokens of each text, without begin and end."""
    return [len(encoded.ids) for encoded in _tokenizer().encode_batch(list(texts), add_special_tokens=False)]


@cache
def _tokenizer() -> Any:
    from tokenizers import Regex, Tokenizer, normalizers, pre_tokenizers
    from tokenizers.models import BPE

    folder = data_folder() / EMBEDDED_BASE / "tokenizer"
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
