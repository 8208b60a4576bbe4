"""The real CLIP tokenizer's files, and captions as token ids without going through text every time.

In: OpenAI's BPE merges as shipped by the `open_clip_torch` package (MIT). Out: the package's `danlu-mini/tokenizer`
(vocab.json, merges.txt, tokenizer_config.json, special_tokens_map.json), as in Stable Diffusion 1.5.
Run `python -m embedded.tokenizer WHEEL` with the downloaded wheel (`pip download --no-deps open_clip_torch`).
"""

import argparse
import gzip
import json
import random
import zipfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import torch
from torch import Tensor
from transformers import CLIPTokenizer

from embedded.vocabulary import styles, tags

FOLDER = Path("src/danlu/data/danlu-mini/tokenizer")
LENGTH = 77
START, END = "<|startoftext|>", "<|endoftext|>"
MERGES = 49152 - 256 - 2


def byte_symbols() -> list[str]:
    """GPT-2's printable stand-ins for the 256 bytes, in CLIP's order."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    rest = [byte for byte in range(256) if byte not in printable]
    return [chr(byte) for byte in printable] + [chr(256 + place) for place in range(len(rest))]


def write_tokenizer(wheel: Path, folder: Path) -> None:
    """vocab.json and merges.txt from the wheel's `bpe_simple_vocab_16e6.txt.gz`."""
    with zipfile.ZipFile(wheel) as archive:
        packed = archive.read("open_clip/bpe_simple_vocab_16e6.txt.gz")
    merges = gzip.decompress(packed).decode("utf-8").split("\n")[1 : MERGES + 1]
    symbols = byte_symbols()
    words = symbols + [symbol + "</w>" for symbol in symbols] + ["".join(merge.split()) for merge in merges]
    vocabulary = {word: place for place, word in enumerate([*words, START, END])}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.json").write_text(json.dumps(vocabulary, ensure_ascii=False), encoding="utf-8")
    (folder / "merges.txt").write_text("#version: 0.2\n" + "\n".join(merges) + "\n", encoding="utf-8")
    special = {"bos_token": START, "eos_token": END, "pad_token": END, "unk_token": END}
    (folder / "special_tokens_map.json").write_text(json.dumps(special, indent=2) + "\n", encoding="utf-8")
    config = {**special, "model_max_length": LENGTH, "tokenizer_class": "CLIPTokenizer", "add_prefix_space": False}
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


@dataclass(frozen=True)
class Pieces:
    """Token ids of every tag, of the comma, and the pieces that made-up words are built from."""

    tags: dict[str, tuple[int, ...]]
    comma: int
    start: int
    end: int
    inner: tuple[int, ...]
    final: tuple[int, ...]


@cache
def pieces() -> Pieces:
    """Tokenise the vocabulary once; joining tag ids with comma ids equals tokenising the joined caption."""
    tokenizer = CLIPTokenizer.from_pretrained(FOLDER)
    words = [*tags(), *(style.tag for style in styles().values())]
    ids = {tag: tuple(tokenizer(tag, add_special_tokens=False).input_ids) for tag in words}
    (comma,) = tokenizer(",", add_special_tokens=False).input_ids
    letters = {word: place for word, place in tokenizer.get_vocab().items() if word.removesuffix("</w>").isalpha()}
    ours = {token for found in ids.values() for token in found}
    final = tuple(place for word, place in letters.items() if word.endswith("</w>") and place not in ours)
    inner = tuple(place for word, place in letters.items() if not word.endswith("</w>") and place not in ours)
    return Pieces(ids, comma, tokenizer.bos_token_id, tokenizer.eos_token_id, inner, final)


def vary(found: list[str], rng: random.Random) -> list[str]:
    """A caption as a user might write it: tags shuffled, some or many left out, now and then none at all.

    The style leads in half of them. One in ten is empty (for guidance), one in four has few tags.
    """
    if rng.random() < 0.1:
        return []
    keep = rng.uniform(0.15, 0.6) if rng.random() < 0.25 else 0.92
    kept = [tag for tag in found if rng.random() < keep]
    if rng.random() < 0.7:
        rng.shuffle(kept)
    if rng.random() < 0.5:
        kept.sort(key=lambda tag: not tag.endswith(" style"))
    return kept


def made_up_word(rng: random.Random) -> tuple[int, ...]:
    """The ids of one word that means nothing: up to two inner pieces and a final one."""
    known = pieces()
    return (*rng.choices(known.inner, k=rng.randrange(3)), rng.choice(known.final))


def to_ids(caption: list[str], word: tuple[int, ...] | None = None, place: int = 0) -> list[int]:
    """Ids of a caption with start, commas and ends, `LENGTH` long; `word` is inserted before tag number `place`."""
    known = pieces()
    parts = [known.tags[tag] for tag in caption]
    if word is not None:
        parts.insert(place, word)
    ids = [known.start]
    for number, part in enumerate(parts):
        ids += ([known.comma] if number else []) + list(part)
    ids = ids[: LENGTH - 1]
    return ids + [known.end] * (LENGTH - len(ids))


def training_ids(captions: list[list[str]], rng: random.Random, *, vary_tags: bool = True) -> Tensor:
    """Varied captions as ids (N, 77); three in ten carry a made-up word, mostly first."""
    rows: list[list[int]] = []
    for found in captions:
        kept = vary(found, rng) if vary_tags else found
        word = made_up_word(rng) if kept and rng.random() < 0.3 else None
        place = 0 if rng.random() < 0.6 else rng.randint(0, len(kept))
        rows.append(to_ids(kept, word, place))
    return torch.tensor(rows)


def main() -> None:
    """Build the tokenizer folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheel", type=Path)
    write_tokenizer(parser.parse_args().wheel, FOLDER)


if __name__ == "__main__":
    main()
