"""Which rate each trained tensor gets: its component's, times its layer's factor, times LoRA+'s ratio on the up side.

LoRA+ (Hayou et al., 2024): with B A of a layer n wide, A's rate must fall as 1/n while B's needn't, so B wants a rate λ
times as high. Tensors of one component with the same factor make one group, whichever pattern gave it to them; where
every factor and ratio is 1, there is one group for each component, as without them.
"""

from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

from danlu.adapters.base import Adapter
from danlu.adapters.targets import COMPONENTS, Component, Target
from danlu.kit.errors import UserError
from danlu.kit.language import Text
from danlu.kit.variants import kind_name
from danlu.optimizers.base import Optimizer
from danlu.training.config import TrainingConfig


class Share(NamedTuple):
    """What is trained at one rate."""

    component: Component
    factor: float = 1.0
    """Of the layers, by the recipe's patterns."""
    is_up: bool = False
    """Whether these are the up matrices, and have LoRA+'s rate."""

    @property
    def name(self) -> str:
        """Such as `unet`, `unet (up)`, `unet ×0.5 (up)`; none is that of another share."""
        short = f"{self.factor:g}"
        factor = short if float(short) == self.factor else repr(self.factor)
        return f"{self.component}{f' ×{factor}' if self.factor != 1 else ''}{' (up)' if self.is_up else ''}"

    def rate(self, optimizer: Optimizer) -> float:
        """As settled, before the schedule."""
        plus = optimizer.lora_plus_of(self.component) if self.is_up else 1.0
        return optimizer.rate_of(self.component) * self.factor * plus


def share_of(optimizer: Optimizer, target: Target, adapter: Adapter, tensor: str) -> Share:
    """What a tensor of a layer's adapter belongs to."""
    is_up = tensor in adapter.up_side and optimizer.lora_plus_of(target.component) != 1
    return Share(target.component, optimizer.factor_of(target.name), is_up)


def possible_shares(optimizer: Optimizer) -> Iterator[Share]:
    """All that there may be, in the order of the groups: by component, plain rates first."""
    for component in COMPONENTS:
        for factor in dict.fromkeys((1.0, *optimizer.rate_factors.values())):
            yield Share(component, factor)
            if optimizer.lora_plus_of(component) != 1:
                yield Share(component, factor, is_up=True)


def planned_shares(optimizer: Optimizer, chosen: Iterable[tuple[Target, Adapter]]) -> dict[Share, int]:
    """The groups of a run and how many layers each has, from what `choose_layers` gave. Raises `UserError` if a setting
    of the rates names nothing that is trained.
    """
    layers = list(chosen)
    _require_matches(optimizer, [target.name for target, _ in layers])
    counts = dict.fromkeys(possible_shares(optimizer), 0)
    for target, adapter in layers:
        plain = Share(target.component, optimizer.factor_of(target.name))
        counts[plain] += 1
        if (up := plain._replace(is_up=True)) in counts:
            counts[up] += adapter.has_up_side(target.shape)
    if any(share.is_up for share in counts) and not any(counts[share] for share in counts if share.is_up):
        raise UserError(
            "optimizer.lora_plus has no effect: no layer of this adapter has an up matrix, all of them are whole. "
            "Leave it out, or lower adapter.rank.",
            "optimizer.lora_plus 不起作用：该 LoRA 的各层都保留完整矩阵，没有上投影矩阵。请删去，或降低 adapter.rank。",
        )
    return {share: count for share, count in counts.items() if count}


def contradictions(adapter: Adapter, optimizer: Optimizer, training: TrainingConfig) -> Iterator[Text]:
    """What the settings of rates and of the largest norm say that can't have its effect with the other choices."""
    kind = kind_name(type(adapter))
    if not adapter.text_encoder and optimizer.text_encoder_lora_plus is not None:
        yield Text(
            "optimizer.text_encoder_lora_plus has no effect with adapter.text_encoder = false: leave it out, or train "
            "the text encoder.",
            "adapter.text_encoder = false 时 optimizer.text_encoder_lora_plus 不起作用：请删去，或训练文本编码器。",
        )
    if not adapter.up_side and any(optimizer.lora_plus_of(component) != 1 for component in COMPONENTS):
        yield Text(
            f"optimizer.lora_plus is the rate of up matrices, and adapter.kind '{kind}' has none: leave it out, or "
            "choose kind 'lora'.",
            f"optimizer.lora_plus 用于上投影矩阵，而 adapter.kind“{kind}”没有：请删去，或选择“lora”。",
        )
    if training.max_weight_norm is None:
        return
    if not adapter.is_product:
        dora = getattr(adapter, "dora", False)
        yield Text(
            "training.max_weight_norm shortens matrices whose product is the change of a layer, and the change of "
            f"adapter.kind '{kind}'{' with dora' if dora else ''} is no such product: leave it out.",
            "training.max_weight_norm 缩短的是相乘得到各层改变量的矩阵，而 adapter.kind"
            f"“{kind}”{'加 dora ' if dora else ''}的改变量不是这样的乘积：请删去。",
        )
    if optimizer.averages:
        yield Text(
            "training.max_weight_norm would limit the weights that the gradient is taken at, and not the average that "
            "this optimizer saves: leave it out, or choose optimizer.kind 'adamw'.",
            "training.max_weight_norm 只会限制计算梯度处的权重，而不是该优化器保存的平均值：请删去，"
            "或把 optimizer.kind 换成“adamw”。",
        )


def _require_matches(optimizer: Optimizer, names: Sequence[str]) -> None:
    for pattern in optimizer.rate_factors:
        if not any(fnmatchcase(name, pattern) for name in names):
            raise UserError(
                f"optimizer.rate_factors: '{pattern}' matches none of the layers that are trained; their names look "
                f"like {names[0]}.",
                f"optimizer.rate_factors：“{pattern}”不符合任何被训练的层；层名形如 {names[0]}。",
            )
