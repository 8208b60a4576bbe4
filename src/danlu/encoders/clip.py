"""CLIP text encoding as Stable Diffusion does it: captions to token ids, token ids to hidden states."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor

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


def tokenize_captions(tokenizer: Any, captions: Sequence[str], length: int) -> Tensor:
    """Token ids (B, length), int64: begin, up to length - 2 tokens, end, padded; what doesn't fit is cut."""
    encoded = tokenizer(list(captions), padding="max_length", max_length=length, truncation=True, return_tensors="pt")
    return encoded.input_ids


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
