"""Which number format a device computes in, and why. The adapter's own weights are always trained in float32."""

from dataclasses import dataclass
from typing import Literal

import torch

from danlu.kit.errors import UserError
from danlu.kit.language import Text

Precision = Literal["auto", "fp32", "bf16", "fp16"]
DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


@dataclass(frozen=True)
class Compute:
    """Where and in which format a run computes."""

    device: str
    precision: Literal["fp32", "bf16", "fp16"]
    reason: Text

    @property
    def dtype(self) -> torch.dtype:
        """The format of the frozen weights and of activations."""
        return DTYPES[self.precision]


def choose_compute(precision: Precision = "auto", device: str = "auto") -> Compute:
    """Settle device and precision. Raises `UserError` if the device is missing or can't compute in the precision."""
    chosen = _choose_device() if device == "auto" else device
    _require_device(chosen)
    if precision == "auto":
        best, reason = _best_precision(chosen)
        return Compute(chosen, best, reason)
    if precision == "fp16" and chosen == "cpu":
        raise UserError(
            "training.precision 'fp16' doesn't work on the CPU: use 'auto', 'bf16' or 'fp32'.",
            "training.precision 的“fp16”不能在 CPU 上使用：请改用“auto”“bf16”或“fp32”。",
        )
    if precision == "fp16" and chosen == "mps":
        raise UserError(
            "training.precision 'fp16' fails on Apple chips (losses become NaN): use 'auto' or 'fp32'.",
            "training.precision 的“fp16”在 Apple 芯片上会出错（Loss 变为 NaN）：请改用“auto”或“fp32”。",
        )
    return Compute(chosen, precision, Text("asked for by the recipe", "由配方指定"))


def has_fast_bf16() -> bool:
    """Whether the CPU multiplies bf16 in hardware (AVX512-BF16 or AMX)."""
    cpu = torch.cpu
    return bool(cpu._is_avx512_bf16_supported() or cpu._is_amx_tile_supported())  # pyright: ignore[reportPrivateUsage]


def _choose_device() -> str:
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def _require_device(device: str) -> None:
    kind, _, index = device.partition(":")
    there = {"cpu": 1, "cuda": torch.cuda.device_count(), "mps": int(torch.backends.mps.is_available())}
    if (index and not index.isdecimal()) or int(index or 0) >= there.get(kind, 0):
        raise UserError(
            f"training.device '{device}' isn't there: use 'auto', or one of those that `danlu doctor` shows.",
            f"training.device“{device}”不可用：请用“auto”，或 `danlu doctor` 列出的设备。",
        )


def _best_precision(device: str) -> tuple[Literal["fp32", "bf16", "fp16"], Text]:
    if device == "cpu":
        if has_fast_bf16():
            return "bf16", Text("the CPU multiplies bf16 in hardware", "CPU 硬件支持 bf16")
        return "fp32", Text("the CPU has no bf16 in hardware", "CPU 硬件不支持 bf16")
    if device.startswith("cuda"):
        if torch.cuda.is_bf16_supported(including_emulation=False):
            return "bf16", Text("the GPU supports bf16", "GPU 支持 bf16")
        if torch.cuda.get_device_capability(device) >= (7, 0):
            return "fp16", Text(
                "the GPU has no bf16, but multiplies fp16 in hardware", "GPU 不支持 bf16，但硬件支持 fp16"
            )
        return "fp32", Text("the GPU has no bf16, and is slow in fp16", "GPU 不支持 bf16，且 fp16 较慢")
    return "fp32", Text("fp16 fails on Apple chips", "Apple 芯片上 fp16 会出错")
