"""LoRA: the change of a weight is a product of two thin matrices (Hu et al., 2021).

y = W x + (α/r) · B (A x), with A [r, in], B [out, r]; A starts Kaiming-uniform, B at zero. Files as kohya writes them;
with `dora` also `dora_scale` [1, in], as LyCORIS does.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, Literal, Self

from danlu.adapters.base import Network
from danlu.adapters.ranked import Factored, alpha_in, factor_shapes, is_wide

if TYPE_CHECKING:
    from torch import Tensor


class LoRA(Factored):
    """The standard: small files, loads everywhere, right for characters, styles and things alike.

    中文: 标准 LoRA：文件小、到处可用，适合角色、画风和物品。
    """

    kind: Literal["lora"] = "lora"
    takes_convolutions: ClassVar[bool] = False
    suffixes: ClassVar[Mapping[str, str]] = {
        "down": "lora_down.weight",
        "up": "lora_up.weight",
        "magnitude": "dora_scale",
        "bias": "diff_b",
    }
    up_side: ClassVar[frozenset[str]] = frozenset({"up"})

    def shapes(self, shape: Sequence[int]) -> dict[str, tuple[int, ...]]:
        """A [r, in(, 1, 1)] and B [out, r(, 1, 1)]."""
        return factor_shapes(shape, self.rank)

    @classmethod
    def from_file(cls, found: "Mapping[str, Tensor]") -> Self | None:
        """Rank from A's rows; a missing alpha means alpha = rank."""
        if not cls.is_all_of(found, "lora_down.weight", "lora_up.weight") or is_wide(found["lora_down.weight"].shape):
            return None
        rank = found["lora_down.weight"].shape[0]
        return cls.model_construct(rank=rank, alpha=alpha_in(found), dora="dora_scale" in found)

    def network(self) -> Network:
        """kohya's own module where it can do it."""
        network = super().network()
        own = not self.dora and not self.rs_lora and not self.norms
        return network.having({}, "networks.lora") if own else network.having({"algo": "lora"})
