"""What PEFT keeps beside the tensors: alpha is a setting, in the metadata as JSON; without one it is the rank."""

import math
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from danlu.adapters.tensor_names import ALPHA, DOWN
from danlu.kit.errors import UserError
from danlu.kit.parsing import parse_json

SETTINGS = "lora_adapter_metadata"
"""The metadata key of PEFT's settings, each under `<component>.<name>`."""
KOHYA = "danlu_kohya"
"""The metadata key of what the layout has no place for: how a file in kohya's layout kept alpha."""
_FORMATS = {str(one).removeprefix("torch."): one for one in (torch.float16, torch.bfloat16, torch.float64)}

Layers = Mapping[str, Mapping[str, Tensor]]


@dataclass(frozen=True)
class PeftSettings:
    """What a file's metadata say of alpha."""

    settings: Mapping[str, Any]
    kept: Mapping[str, Any]

    @classmethod
    def read(cls, metadata: Mapping[str, str], path: Path) -> "PeftSettings":
        """Raises `UserError` if they are broken."""
        return cls(_read_json(metadata, SETTINGS, path), _read_json(metadata, KOHYA, path))

    def alpha_tensor(self, component: str, inner: str, *, rank: int) -> dict[str, Tensor]:
        """The alpha of a layer that has none of its own, in the format in which it was kept; nothing if the file that
        it was made from had none.
        """
        kept = self.kept.get("alpha", "float32")
        if kept is None:
            return {}
        return {ALPHA: torch.tensor(self._alpha_in(component, inner, rank), dtype=_FORMATS.get(kept, torch.float32))}

    def _alpha_in(self, component: str, inner: str, rank: int) -> float:
        """The alpha by which readers of alpha/rank get the scale that PEFT's settings ask for."""
        alpha = self.settings.get(f"{component}.lora_alpha")
        if alpha is None:
            return float(rank)
        for pattern, value in (self.settings.get(f"{component}.alpha_pattern") or {}).items():
            if re.fullmatch(rf"(.*\.)?({pattern})", f"text_model.{inner}"):  # as PEFT looks them up
                alpha = value
                break
        return float(alpha) * (math.sqrt(rank) if self.settings.get(f"{component}.use_rslora") else 1.0)


def settings_of(layers: Mapping[str, tuple[int, float]]) -> dict[str, Any]:
    """PEFT's settings for the layers of one component, from their ranks and alphas."""
    (rank, _), *_ = Counter(rank for rank, _ in layers.values()).most_common(1)
    (alpha, _), *_ = Counter(alpha for _, alpha in layers.values()).most_common(1)
    return {
        "r": rank,
        "lora_alpha": alpha,
        "rank_pattern": {inner: own for inner, (own, _) in layers.items() if own != rank},
        "alpha_pattern": {inner: own for inner, (_, own) in layers.items() if own != alpha},
        "target_modules": list(layers),
    }


def how_alpha_is_kept(layers: Layers) -> dict[str, str | None]:
    """The number format of all alphas, None if there are none; where layers differ, nothing is told."""
    formats = {str(layer[ALPHA].dtype).removeprefix("torch.") if ALPHA in layer else None for layer in layers.values()}
    return {"alpha": formats.pop()} if len(formats) == 1 else {}


def rank_and_alpha(layer: Mapping[str, Tensor]) -> tuple[int, float]:
    """Those of a layer; a missing alpha, and 0, equal the rank."""
    rank = layer[DOWN].shape[0]
    return rank, (float(layer[ALPHA]) if ALPHA in layer else 0.0) or float(rank)


def _read_json(metadata: Mapping[str, str], key: str, path: Path) -> dict[str, Any]:
    try:
        return dict(parse_json(metadata.get(key, "{}")))
    except (ValueError, TypeError) as error:
        raise UserError(
            f"'{path}' has broken metadata ('{key}'): get it again.",
            f"“{path}”的元数据（“{key}”）已损坏：请重新获取。",
        ) from error
