"""CLIP text encoding as Stable Diffusion 1.x does it: captions to token ids, token ids to hidden states."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor


def load_tokenizer(folder: Path) -> Any:
    """The CLIP tokenizer of a diffusers folder's `tokenizer/`."""
    from transformers import CLIPTokenizer

    return CLIPTokenizer.from_pretrained(folder, local_files_only=True)


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
