"""LoCon: LoRA for convolutions too (KohakuBlueleaf & kohya, 2023).

ΔW[o, i, …] = (α/r) · Σ_r B[o, r] · A[r, i, …], with A [r, in, k, k] and B [out, r, 1, 1]. With `tucker` a core stands
between them: ΔW = (α/r) · Σ_pq B[o, p] · C[p, q, …] · A[q, i], with C [r, r, k, k] (`lora_mid`) and a 1×1 A.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, Literal, Self

from danlu.adapters.base import Network, Preset
from danlu.adapters.ranked import Convolving, Factored, alpha_in, factor_shapes, is_wide

if TYPE_CHECKING:
    from torch import Tensor


class LoCon(Factored, Convolving):
    """LoRA with the convolutions: learns textures and styles more fully, with a larger file.

    中文: 包含卷积层的 LoRA：对纹理和画风学得更完整，文件更大。
    """

    kind: Literal["locon"] = "locon"
    targets: Preset = "full"
    """As for the other kinds; "full" holds the convolutions.
    中文: 与其他类型相同；"full" 包含卷积层。
    Label: Target layers / 训练的层"""
    suffixes: ClassVar[Mapping[str, str]] = {
        "down": "lora_down.weight",
        "mid": "lora_mid.weight",
        "up": "lora_up.weight",
        "magnitude": "dora_scale",
        "bias": "diff_b",
    }
    up_side: ClassVar[frozenset[str]] = frozenset({"up"})

    def shapes(self, shape: Sequence[int]) -> dict[str, tuple[int, ...]]:
        """A and B, with Tucker also C."""
        if not self.uses_tucker(shape):
            return factor_shapes(shape, self.rank)
        core = {"mid": (self.rank, self.rank, *shape[2:])}
        return factor_shapes((*shape[:2], *(1 for _ in shape[2:])), self.rank) | core

    @classmethod
    def from_file(cls, found: "Mapping[str, Tensor]") -> Self | None:
        """Convolutions larger than 1×1; the other layers of such a file are plain LoRA."""
        if not cls.is_all_of(found, "lora_down.weight", "lora_up.weight"):
            return None
        down, core = found["lora_down.weight"], found.get("lora_mid.weight")
        if core is None and not is_wide(down.shape):
            return None
        return cls.model_construct(
            rank=down.shape[0], alpha=alpha_in(found), tucker=core is not None, dora="dora_scale" in found
        )

    def network(self) -> Network:
        """kohya's own module where it can do it."""
        network = super().network()
        own = not (self.dora or self.rs_lora or self.tucker or self.norms)
        return network.having({}, "networks.lora") if own else network.having({"algo": "locon"})
