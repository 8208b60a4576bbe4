"""A part of a base that nothing needs isn't loaded."""

from pathlib import Path
from typing import Any

import pytest
import torch

from danlu.adapters.injection import inject
from danlu.adapters.kinds.lora import LoRA
from danlu.families.find import load_base
from danlu.weights import loading


def test_training_the_unet_loads_the_unet_alone(base_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[str] = []
    real = loading.load_module

    def noting(component: Any, *arguments: Any, **named: Any) -> Any:
        loaded.append(component.name)
        return real(component, *arguments, **named)

    monkeypatch.setattr(loading, "load_module", noting)
    base = load_base(str(base_folder), dtype=torch.float32)
    assert not loaded
    assert "text_encoder" in base.components
    assert "text_encoder_2" not in base.components
    injection = inject(base, LoRA(rank=2, text_encoder=False), seed=1)
    assert loaded == ["unet"]
    injection.eject()
    base.encode_captions(["a"])
    inject(base, LoRA(rank=2), seed=1)
    assert loaded == ["unet", "text_encoder"]


def test_how_much_of_a_module_is_read_is_told(base_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "_TOLD_EVERY_S", 0)
    base = load_base(str(base_folder), dtype=torch.bfloat16)
    told: list[tuple[int, int]] = []
    base.on_bytes = lambda done, total: told.append((done, total))
    numbers = sum(tensor.numel() for tensor in base.text_encoder.parameters())
    assert told[-1] == (4 * numbers, 4 * numbers)  # as the file has them, in float32
    assert len(told) > 10 and told == sorted(set(told))
