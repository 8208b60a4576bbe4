"""kohya's settings of single rates (LoRA+ ratios, weights of U-Net blocks) and of the largest norm of a layer, where
they don't go over one by one.
"""

import math
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from typing import Any

from danlu.families.find import find_base
from danlu.interop.kohya.facts.blocks import SIDES, blocks_of
from danlu.interop.kohya.facts.values import number, truth
from danlu.interop.kohya.incoming.settings import UNSET, Settings
from danlu.kit.errors import UserError
from danlu.kit.language import Text

LORA_PLUS = ("loraplus_unet_lr_ratio", "loraplus_lr_ratio", "loraplus_text_encoder_lr_ratio")
WITH_UP = ("lora", "locon", "dylora")
"""Kinds whose up matrices kohya and LyCORIS find, by their name in the file."""
NO_EFFECT = Text("it has no effect there on this kind", "在原程序中对该类型不起作用")
UNKNOWN_LAYERS = Text(
    "which layers it means depends on the base, which isn't here: write optimizer.rate_factors yourself",
    "具体对应哪些层取决于底模，而底模不在此处：请自行填写 optimizer.rate_factors",
)
_COUNTS = {
    family: {(side, len(blocks_of(family, side))) for side in SIDES if len(blocks_of(family, side)) > 1}
    for family in ("sd15", "sdxl")
}
"""How many weights each side has, where that tells the family."""
PRODUCTS = ("lora", "locon", "loha", "lokr")


def take_rates(settings: Settings, *, is_lycoris: bool) -> None:
    """Carry them over. Call it when base, adapter kind and optimizer are settled."""
    _lora_plus(settings)
    _largest_norm(settings)
    _block_weights(settings, is_known=not is_lycoris and settings.recipe["adapter"]["kind"] in ("lora", "locon"))


def _lora_plus(settings: Settings) -> None:
    adapter = settings.recipe["adapter"]
    if adapter["kind"] not in WITH_UP:
        for key in LORA_PLUS:
            if value := settings.number(key):
                settings.drop(key, value, NO_EFFECT)
        return
    is_trained = adapter.get("text_encoder", True)
    if not is_trained and (text := settings.number(LORA_PLUS[2])):
        settings.drop(LORA_PLUS[2], text, Text("the text encoder isn't trained", "没有训练文本编码器"))
    if not (unet := settings.number(LORA_PLUS[0])):
        return  # the others mean what ours do
    settings.put(LORA_PLUS[0], unet, "optimizer.lora_plus", unet)
    overall, text = settings.number(LORA_PLUS[1]), settings.number(LORA_PLUS[2])
    if is_trained:
        key = LORA_PLUS[2] if text else LORA_PLUS[1] if overall else LORA_PLUS[0]
        settings.put(key, text or overall or unet, "optimizer.text_encoder_lora_plus", text or overall or 1.0)
    if overall and (text or not is_trained):
        settings.drop(LORA_PLUS[1], overall, Text("the ratios of the parts replace it", "已被各部分的倍数取代"))


def _largest_norm(settings: Settings) -> None:
    dora = settings.meaning("dora_wd", settings.values.get("dora_wd") or False, truth, False)
    if settings.recipe["adapter"]["kind"] in PRODUCTS and not dora:
        return
    if largest := settings.number("scale_weight_norms"):
        reason = Text("the change of this kind isn't a product of matrices", "该类型的改变量不是矩阵的乘积")
        settings.drop("scale_weight_norms", largest, reason)


def _block_weights(settings: Settings, *, is_known: bool) -> None:
    given = {key: settings.take(key) for key in SIDES}
    threshold = settings.number("block_lr_zero_threshold") or 0.0
    named = {key: value for key, value in given.items() if value is not None}
    settings.values |= named
    kind, family = settings.recipe["adapter"]["kind"], family_of(settings) if named else None
    for key in named:
        del settings.values[key]
    if not is_known or family is None:
        for key, value in named.items():
            settings.drop(key, value, UNKNOWN_LAYERS if is_known else NO_EFFECT)
        return
    factors = {
        pattern: weight if weight > threshold else 0.0
        for key, value in named.items()
        for pattern, weight in _by_pattern(settings, (key, value), family, wide=kind == "locon")
    }
    kept = {pattern: factor for pattern, factor in factors.items() if factor not in (0.0, 1.0)}
    left_out = [pattern for pattern, factor in factors.items() if not factor]
    for key, value in named.items():
        if kept:
            settings.put(key, value, "optimizer.rate_factors", kept)
        if left_out:
            settings.put(key, value, "adapter.exclude", left_out)
        if not kept and not left_out:
            settings.drop(key, value, Text("all of its weights are 1", "其中的倍数全为 1"))
    if threshold and left_out:
        settings.put("block_lr_zero_threshold", threshold, "adapter.exclude", left_out)


def _by_pattern(settings: Settings, given: tuple[str, Any], family: str, *, wide: bool) -> Iterator[tuple[str, float]]:
    """The layers of each block of a side, and its weight."""
    key, value = given
    blocks = blocks_of(family, key)
    weights = settings.meaning(key, value, partial(_weights, count=len(blocks)), [1.0] * len(blocks))
    for block, weight in zip(blocks, weights, strict=True):
        for part in block:
            if part.attends or wide:
                yield part.pattern, weight


def family_of(settings: Settings) -> str | None:
    """The base's family: as told, by the GUI's word for it, by the file if it is here, or by how many weights there
    are. None if nothing tells it, or two of them differ.
    """
    chosen, said = settings.family, _said_family(settings)
    if chosen and said and (chosen == "sdxl") != (said == "sdxl"):
        return None
    if chosen or said:
        return chosen or said
    base = settings.recipe.get("base", {}).get("path")
    if base and settings.folder is not None:
        with suppress(UserError):
            return find_base(base)[1].family
    counts = {(key, str(settings.values.get(key) or "").count(",") + 1) for key in SIDES}
    return next((family for family in ("sd15", "sdxl") if counts & _COUNTS[family]), None)


def _said_family(settings: Settings) -> str | None:
    for key in ("sdxl", "sdxl_checkbox"):
        if settings.values.get(key) not in UNSET:
            return "sdxl" if settings.meaning(key, settings.values[key], truth, False) else "sd15"
    return None


def _weights(given: object, count: int) -> list[float]:
    """The weights of `count` blocks: numbers, of which missing ones are 1 and empty ones 0, or a curve by name, such as
    `cosine+.25`.
    """
    name, _, floor = str(given).partition("+")
    if name in CURVES and count > 3:
        return [
            round(CURVES[name](place / (count - 1)) + (number(floor) if floor else 0.0), 4) for place in range(count)
        ]
    found = [number(part) if part.strip() else 0.0 for part in str(given).split(",")]
    return [*found, *[1.0] * count][:count]


CURVES = {
    "sine": lambda x: math.sin(math.pi * x / 2),
    "cosine": lambda x: math.cos(math.pi * x / 2),
    "linear": lambda x: x,
    "reverse_linear": lambda x: 1 - x,
    "zeros": lambda _: 0.0,
}
