"""Which number format is chosen on which device, and why, without having the device."""

from typing import Any

import pytest
import torch

from danlu.kit.errors import UserError
from danlu.training import precision
from danlu.training.precision import choose_compute


def pretend(monkeypatch: pytest.MonkeyPatch, *, cuda: bool = False, mps: bool = False, **of_gpu: Any) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: int(cuda))
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda **_: of_gpu.get("bf16", False))
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: of_gpu.get("capability", (9, 0)))


@pytest.mark.parametrize(
    ("bf16", "capability", "expected"),
    [(True, (8, 6), "bf16"), (False, (7, 5), "fp16"), (False, (7, 0), "fp16"), (False, (6, 1), "fp32")],
    ids=["RTX 3090", "T4", "V100", "GTX 1080"],
)
def test_nvidia(monkeypatch: pytest.MonkeyPatch, bf16: bool, capability: tuple[int, int], expected: str) -> None:
    pretend(monkeypatch, cuda=True, bf16=bf16, capability=capability)
    chosen = choose_compute()
    assert (chosen.device, chosen.precision) == ("cuda", expected)
    assert (expected in chosen.reason.en and expected in chosen.reason.zh) or expected == "fp32"


def test_apple(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, mps=True)
    chosen = choose_compute()
    assert (chosen.device, chosen.precision) == ("mps", "fp32") and "fp16 fails" in chosen.reason.en
    with pytest.raises(UserError, match="fails on Apple chips") as caught:
        choose_compute("fp16")
    assert "Apple 芯片" in caught.value.text.zh


@pytest.mark.parametrize(("fast", "expected"), [(True, "bf16"), (False, "fp32")])
def test_cpu(monkeypatch: pytest.MonkeyPatch, fast: bool, expected: str) -> None:
    pretend(monkeypatch)
    monkeypatch.setattr(precision, "has_fast_bf16", lambda: fast)
    assert (choose_compute().device, choose_compute().precision) == ("cpu", expected)
    with pytest.raises(UserError, match="doesn't work on the CPU"):
        choose_compute("fp16")


def test_a_device_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch)
    with pytest.raises(UserError, match="'cuda:1' isn't there") as caught:
        choose_compute("auto", "cuda:1")
    assert "不可用" in caught.value.text.zh


@pytest.mark.parametrize("device", ["cuda:1", "cuda:x", "cuda:-1", "tpu"])
def test_there_is_one_nvidia_card(monkeypatch: pytest.MonkeyPatch, device: str) -> None:
    pretend(monkeypatch, cuda=True, bf16=True)
    assert choose_compute("auto", "cuda:0").precision == "bf16"
    with pytest.raises(UserError, match="isn't there"):
        choose_compute("auto", device)


def test_what_is_asked_for_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, cuda=True, bf16=True)
    assert choose_compute("fp16", "cuda:0").dtype == torch.float16
