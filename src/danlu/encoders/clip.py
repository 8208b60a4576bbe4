"""CLIP text encoding as Stable Diffusion does it: captions to token ids, token ids to hidden states."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast

import torch
from torch import Tensor

from danlu.encoders.clip_tokens import PORTION
from danlu.encoders.emphasis import Emphasis, Piece
from danlu.kit.places import EMBEDDED_BASE, data_folder

ZERO_PAD = "!"
"""The token with id 0, with which OpenCLIP fills captions up."""


def make_text_encoder(config: Mapping[str, Any], *, projected: bool) -> torch.nn.Module:
    """A text encoder as transformers builds it, with or without the projection of its pooled output."""
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

    make = CLIPTextModelWithProjection if projected else CLIPTextModel
    return make(CLIPTextConfig.from_dict(dict(config)))


def load_tokenizer(folder: Path | None, *, pad: int | None = None) -> Any:
    """The CLIP tokenizer of a diffusers folder's `tokenizer/`; without one, that of the embedded base, which is CLIP's
    own, filling up with id 0 if `pad` is 0 and with the end of the caption otherwise.
    """
    from transformers import CLIPTokenizer

    if folder is not None:
        return CLIPTokenizer.from_pretrained(folder, local_files_only=True)
    tokenizer = CLIPTokenizer.from_pretrained(data_folder() / EMBEDDED_BASE / "tokenizer", local_files_only=True)
    if pad == 0:
        tokenizer.pad_token = ZERO_PAD
    return tokenizer


def weighted_ids(tokenizer: Any, pieces: Sequence[Piece]) -> list[tuple[int, float]]:
    """The token ids of a caption's pieces, however many, each with its weight; without begin and end."""
    return [
        (token, piece.weight)
        for piece in pieces
        for token in tokenizer(piece.text, add_special_tokens=False, verbose=False).input_ids
    ]


class Portion(NamedTuple):
    """A stretch of a caption that is read at once."""

    text: str
    tokens: int


def split_portions(tokenizer: Any, pieces: Sequence[Piece]) -> list[Portion]:
    """The text of a caption's pieces, cut where each portion of 75 tokens ends; one empty portion if there is none.

    Words are tokenized one by one, which gives the same tokens: CLIP joins none over a blank.
    """

    def count(text: str) -> int:
        return len(tokenizer(text, add_special_tokens=False, verbose=False).input_ids)

    portions = [Portion("", 0)]
    for word in re.findall(r"\S+\s*|\s+", "".join(piece.text for piece in pieces)):
        rest = word
        while (tokens := count(rest)) and tokens > PORTION - portions[-1].tokens:
            left = PORTION - portions[-1].tokens
            end = max((end for end in range(1, len(rest)) if count(rest[:end]) <= left), default=0) if left else 0
            portions[-1] = Portion(portions[-1].text + rest[:end], PORTION)
            portions.append(Portion("", 0))
            rest = rest[end:]
        portions[-1] = Portion(portions[-1].text + rest, portions[-1].tokens + tokens)
    return portions


def tokenize_captions(tokenizer: Any, captions: Sequence[Sequence[Piece]], max_tokens: int) -> tuple[Tensor, Tensor]:
    """Token ids (B, K, 77), int64, of captions in K = max_tokens / 75 portions, each framed and filled up as a caption
    of its own: begin, up to 75 tokens, end, padding; and the tokens' weights, float32. What doesn't fit is cut. So
    sd-scripts reads long captions.
    """
    rows: list[list[tuple[int, float]]] = []
    for caption in captions:
        ids = weighted_ids(tokenizer, caption)
        for start in range(0, max_tokens, PORTION):
            own = [(tokenizer.bos_token_id, 1.0), *ids[start : start + PORTION], (tokenizer.eos_token_id, 1.0)]
            rows.append(own + [(tokenizer.pad_token_id, 1.0)] * (PORTION + 2 - len(own)))
    shape = len(captions), -1, PORTION + 2
    ids = torch.tensor([[token for token, _ in row] for row in rows])
    weights = torch.tensor([[weight for _, weight in row] for row in rows])
    return ids.view(shape), weights.view(shape)


def emphasise(states: Tensor, weights: Tensor | None, emphasis: Emphasis) -> Tensor:
    """Hidden states (B, L, C) scaled by the weights (B, L) of their tokens; if they are to be balanced, each caption's
    then all by one number, so that their mean is what it was.
    """
    if weights is None:
        return states
    exact = states.float()
    scaled = exact * weights[:, :, None]
    if emphasis == "balanced":
        scaled = scaled * (exact.mean((1, 2), keepdim=True) / scaled.mean((1, 2), keepdim=True))
    return scaled.to(states.dtype)


def join_portions(states: Tensor, portions: int) -> Tensor:
    """Hidden states (B, 75 K + 2, C) of captions from those of their K portions (B · K, 77, C): the first one's begin,
    all portions' tokens, the last one's end. One portion stays as it is.
    """
    if portions == 1:
        return states
    apart = states.unflatten(0, (-1, portions))
    return torch.cat([apart[:, 0, :1], apart[:, :, 1:-1].flatten(1, 2), apart[:, -1, -1:]], dim=1)


def hidden_states(encoder: torch.nn.Module, tokens: Tensor, clip_skip: int) -> Tensor:
    """Hidden states (B, L, C) of token ids (B, L).

    `clip_skip` n takes the output of the n-th layer from the end (1 = the last) and applies the final layer norm, the
    meaning that A1111 and sd-scripts give it.
    """
    if clip_skip == 1:
        return encoder(tokens).last_hidden_state
    outputs = encoder(tokens, output_hidden_states=True)
    final_norm = cast(torch.nn.Module, encoder.final_layer_norm)
    return final_norm(outputs.hidden_states[-clip_skip])


def hidden_states_before_last(encoder: torch.nn.Module, tokens: Tensor) -> tuple[Tensor, Any]:
    """Hidden states (B, L, C) of the layer before the last, without the final norm, and all outputs."""
    outputs = encoder(tokens, output_hidden_states=True)
    return outputs.hidden_states[-2], outputs
