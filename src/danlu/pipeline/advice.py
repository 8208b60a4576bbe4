"""What an experienced trainer would ask before a run: what is allowed but seldom meant. Notes, never errors."""

import math
from collections import Counter

from danlu.adapters.base import CONVOLUTIONAL
from danlu.adapters.kinds.locon import LoCon
from danlu.kit.language import Text
from danlu.optimizers.base import SelfTuningOptimizer
from danlu.optimizers.kinds.sgd import SGD
from danlu.recipe import Recipe
from danlu.training.order import Order

MANY_SHOWINGS = 1000
"""How often a picture may be shown in a run before it is worth asking: 100 to 300 times are usual."""

LARGEST_FULL_RATE = 5e-5
"""Above this, training all weights with an optimizer that scales its steps as Adam does soon breaks the base."""


def advice(recipe: Recipe, order: Order) -> list[Text]:
    """Notes on a recipe and the steps that follow from it."""
    on_rates = [*_on_full_rate(recipe), *_on_batch(recipe, order)]
    return [*_on_targets(recipe), *_on_showings(order), *_on_restarts(recipe), *on_rates]


def _on_targets(recipe: Recipe) -> list[Text]:
    """A recipe names targets that suited another kind before `kind` was changed."""
    adapter = recipe.adapter
    if not isinstance(adapter, LoCon) or adapter.targets in CONVOLUTIONAL:
        return []
    return [
        Text(
            f"adapter.kind 'locon' with targets '{adapter.targets}' trains no convolution and is a plain LoRA: set "
            "adapter.targets = 'full'.",
            f"adapter.kind“locon”配合 targets“{adapter.targets}”不训练任何卷积，等同于普通 LoRA："
            "请设置 adapter.targets = 'full'。",
        )
    ]


def _on_showings(order: Order) -> list[Text]:
    most = max(max(Counter(items).values()) for items in order.entries.values())
    shown = round(most * order.total_steps / order.steps_per_epoch)
    if shown <= MANY_SHOWINGS:
        return []
    return [
        Text(
            f"A picture is shown {shown} times in this run ({most} times an epoch); 100 to 300 are usual, more is "
            "learnt by heart: lower the repeats (dataset.repeats, or the number in the folder's name) or "
            "training.length.",
            f"同一张图片在本次训练中会出现 {shown} 次（每轮 {most} 次），通常为 100 到 300 次，过多会死记硬背："
            "请减少重复次数（dataset.repeats 或文件夹名中的数字）或 training.length。",
        )
    ]


def _on_restarts(recipe: Recipe) -> list[Text]:
    if recipe.schedule.kind != "cosine_with_restarts" or recipe.schedule.cycles > 1:
        return []
    return [
        Text(
            "schedule.kind 'cosine_with_restarts' with cycles = 1 never restarts, it is 'cosine': set schedule.cycles "
            "to 3 to 5 for restarts.",
            "schedule.kind“cosine_with_restarts”配合 cycles = 1 不会重启，等同于“cosine”：如需重启，"
            "请把 schedule.cycles 设为 3 到 5。",
        )
    ]


def _on_full_rate(recipe: Recipe) -> list[Text]:
    """A rate for LoRA, which is a tenth to a hundredth of the weights, was left when all weights were chosen."""
    optimizer = recipe.optimizer
    scaled = not isinstance(optimizer, SelfTuningOptimizer | SGD)
    if not (recipe.adapter.writes_base and scaled and optimizer.lr > LARGEST_FULL_RATE):
        return []
    return [
        Text(
            f"optimizer.lr = {optimizer.lr:g} is a rate for LoRA; where all weights are trained (adapter.kind 'full'), "
            "it soon breaks the base: 1e-6 to 1e-5 is usual.",
            f"optimizer.lr = {optimizer.lr:g} 是 LoRA 的学习率；训练全部权重（adapter.kind“full”）时会很快破坏底模："
            "通常为 1e-6 到 1e-5。",
        )
    ]


def _on_batch(recipe: Recipe, order: Order) -> list[Text]:
    """A larger batch means fewer steps with steadier gradients: a rate for single pictures learns too little then."""
    optimizer, batch = recipe.optimizer, round(order.mean_batch, 1)
    usual = type(optimizer).model_fields["lr"].default
    if batch <= 1 or isinstance(optimizer, SelfTuningOptimizer) or optimizer.lr > usual:
        return []
    suited = optimizer.lr * math.sqrt(order.mean_batch)
    return [
        Text(
            f"A step averages {batch:g} pictures, so there are fewer steps, and optimizer.lr = {optimizer.lr:g} is "
            f"usual for single pictures: a higher rate suits, about {suited:.2g} (times the root of {batch:g}).",
            f"每一步取 {batch:g} 张图片的平均，步数相应减少，而 optimizer.lr = {optimizer.lr:g} 通常用于批次大小 1："
            f"可以提高学习率，约 {suited:.2g}（乘以 {batch:g} 的平方根）。",
        )
    ]
