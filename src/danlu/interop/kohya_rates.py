"""kohya's settings of single rates (LoRA+ ratios, weights of U-Net blocks) and of the largest norm of a layer."""

import math
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import partial

from danlu.families.find import find_base
from danlu.interop.kohya_values import number, truth
from danlu.interop.settings import UNSET, Settings, read
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
PRODUCTS = ("lora", "locon", "loha", "lokr")
SIDES = ("down_lr_weight", "mid_lr_weight", "up_lr_weight")


def take_rates(settings: Settings) -> None:
    """Carry them over. Call it when base, adapter kind and optimizer are settled."""
    _lora_plus(settings)
    _largest_norm(settings)
    _block_weights(settings)


def _lora_plus(settings: Settings) -> None:
    adapter = settings.recipe["adapter"]
    given = {key: settings.number(key) for key in LORA_PLUS}
    if adapter["kind"] not in WITH_UP:
        for key, value in given.items():
            if value:
                settings.drop(key, value, NO_EFFECT)
        return
    unet, overall, text = (given[key] for key in LORA_PLUS)
    if unet or overall:
        settings.put(LORA_PLUS[0] if unet else LORA_PLUS[1], unet or overall, "optimizer.lora_plus", unet or overall)
    theirs, is_trained = text or overall or 1.0, adapter.get("text_encoder", True)
    key = LORA_PLUS[2] if text else LORA_PLUS[1] if overall else LORA_PLUS[0]
    if is_trained and (text or theirs != (unet or overall or 1.0)):
        settings.put(key, given[key], "optimizer.text_encoder_lora_plus", theirs)
    elif text:
        settings.drop(key, text, Text("the text encoder isn't trained", "没有训练文本编码器"))
    if overall and unet and (text or not is_trained):
        settings.drop(LORA_PLUS[1], overall, Text("the ratios of the parts replace it", "已被各部分的倍数取代"))


def _largest_norm(settings: Settings) -> None:
    if not (largest := settings.number("scale_weight_norms")):
        return
    dora = read("dora_wd", settings.values.get("dora_wd") or False, truth)
    if settings.recipe["adapter"]["kind"] in PRODUCTS and not dora:
        settings.put("scale_weight_norms", largest, "training.max_weight_norm", largest)
    else:
        reason = Text("the change of this kind isn't a product of matrices", "该类型的改变量不是矩阵的乘积")
        settings.drop("scale_weight_norms", largest, reason)


def _block_weights(settings: Settings) -> None:
    given = {key: settings.take(key) for key in SIDES}
    threshold = settings.number("block_lr_zero_threshold") or 0.0
    named = {key: value for key, value in given.items() if value is not None}
    kind, family = settings.recipe["adapter"]["kind"], _family(settings) if named else None
    if kind not in ("lora", "locon") or family is None:
        for key, value in named.items():
            settings.drop(key, value, NO_EFFECT if kind not in ("lora", "locon") else UNKNOWN_LAYERS)
        return
    factors: dict[str, float] = {}
    for key, value in named.items():
        blocks = _patterns(key, family, wide=kind == "locon")
        weights = read(key, value, partial(_weights, count=len(blocks)))
        for patterns, weight in zip(blocks, weights, strict=True):
            factors |= dict.fromkeys(patterns, weight if weight > threshold else 0.0)
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


def _family(settings: Settings) -> str | None:
    """The base's family: by the GUI's word for it, or else by the file, if it is here."""
    for key in ("sdxl", "sdxl_checkbox"):
        if settings.values.get(key) not in UNSET:
            return "sdxl" if read(key, settings.values[key], truth) else "sd15"
    with suppress(UserError):
        return find_base(settings.recipe.get("base", {}).get("path", ""))[1].family
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


def _patterns(key: str, family: str, *, wide: bool) -> list[Sequence[str]]:
    """The patterns of the layers of each block of a side, as far as they are trained (`wide`: convolutions too)."""
    blocks = _sdxl_blocks(key) if family == "sdxl" else _sd_blocks(key)
    return [[f"lora_unet_{name}_*" for name, is_wide in block if wide or not is_wide] for block in blocks]


Block = list[tuple[str, bool]]
"""The modules of a block, and whether they are trained with convolutions only."""


def _sd_blocks(key: str) -> Iterator[Block]:
    if key == "mid_lr_weight":
        yield [("mid_block", False)]
        return
    is_down = key == SIDES[0]
    side, attending, layers = ("down", (0, 1, 2), 2) if is_down else ("up", (1, 2, 3), 3)
    if is_down:
        yield []  # the first convolution, which has no LoRA
    for place in range(11 if is_down else 12):
        block, layer = divmod(place, 3)
        name, parts = f"{side}_blocks_{block}", list[tuple[str, bool]]()
        if layer < layers:
            parts += [(f"{name}_attentions_{layer}", False)] if block in attending else []
            parts += [(f"{name}_resnets_{layer}", True)]
        if layer == 2 and block < 3:
            parts += [(f"{name}_{side}samplers_0", True)]
        yield parts


def _sdxl_blocks(key: str) -> Iterator[Block]:
    side, count = {SIDES[0]: ("input_blocks", 9), SIDES[1]: ("middle_block", 3), SIDES[2]: ("output_blocks", 9)}[key]
    attending = {SIDES[0]: (4, 5, 7, 8), SIDES[1]: (1,), SIDES[2]: (0, 1, 2, 3, 4, 5)}[key]
    for place in range(count):
        # input_blocks_0 is the first convolution, which has no LoRA.
        yield [(f"{side}_{place}", place not in attending)] if (side, place) != ("input_blocks", 0) else []
