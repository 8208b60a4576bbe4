"""Which adapter kohya's settings choose, and what follows from the choice."""

import math
from typing import Any, Literal

from pydantic import BaseModel

from danlu.adapters.base import Adapter
from danlu.adapters.ranked import Convolving, Ranked
from danlu.interop.kohya.facts.names import LORA_TYPES, NEAREST_TYPES, ours
from danlu.interop.kohya.facts.values import TARGETS, number, truth, whole
from danlu.interop.kohya.incoming.files import split_arguments
from danlu.interop.kohya.incoming.settings import OFF, Settings
from danlu.interop.kohya.incoming.weights import take_weights
from danlu.kit.language import Text
from danlu.kit.variants import kinds_of
from danlu.optimizers.base import Optimizer
from danlu.recipe import Recipe

WHOLE_MATRIX = 10_000
"""From this rank on, LyCORIS' users mean LoKr's matrix as a whole."""
_PRESETS = {
    **{name: TARGETS.read(name) for name in ("full", "attn-mlp", "attn-only")},
    "full-lin": "attention+mlp",
    "unet-transformer-only": "attention+mlp",
}
_UNTRAINED = Text("the text encoder isn't trained", "没有训练文本编码器")
_IN_UNET = ("unet-transformer-only", "unet-convblock-only")


def model_at(settings: Settings, place: str) -> tuple[type[BaseModel] | None, str]:
    """The settings class that a place belongs to (of the chosen kind), and the field's name."""
    *tables, last = place.split(".")
    model: Any = Recipe
    for table in tables:
        model = model.model_fields[table].annotation
        for kinds in (Adapter, Optimizer):
            if table == kinds.__name__.lower():
                model = kinds_of(kinds)[settings.recipe[table]["kind"]]
    return model, last


def take_adapter(settings: Settings) -> bool:
    """`network_module` with its arguments, or the GUI's "LoRA type"; tells whether it is one of LyCORIS'."""
    arguments = split_arguments(settings.take("network_args"))
    settings.values = {**arguments, **settings.values}
    module, algorithm = settings.take("network_module"), settings.take("algo")
    if algorithm and not module and str(algorithm).lower() not in ("lora", "locon", "dylora"):
        module = "lycoris.kohya"  # as LoRA_Easy_Training_Scripts writes it
    elif algorithm and not module:
        module = {"dylora": "networks.dylora"}.get(str(algorithm).lower(), "networks.lora")
    shown_type = settings.take("LoRA_type")
    is_lycoris = "lycoris" in str(module or shown_type or "").lower()
    preset = settings.take("preset")
    if preset and not is_lycoris:
        alone = Text("LyCORIS alone has presets", "只有 LyCORIS 有预设")
        settings.drop("preset", preset, alone)
    shown = shown_type or (f"LyCORIS/{algorithm or 'lora'}" if is_lycoris else module)
    _choose(settings, shown, _PRESETS.get(str(preset)) if is_lycoris else None, is_lycoris=is_lycoris)
    chosen = kinds_of(Adapter)[settings.recipe["adapter"]["kind"]]
    if settings.recipe["adapter"]["kind"] == "full":  # there, norms are trained only if asked for
        _imply(settings, "train_norm", False)
    if is_lycoris:
        _targets(settings, chosen, preset)
    elif chosen.takes_convolutions and "conv_dim" in settings.values:
        settings.recipe["adapter"]["targets"] = "full"
    take_weights(settings)
    _take_sizes(settings, chosen, is_lycoris=is_lycoris)
    _take_parts(settings)
    return is_lycoris


def choose_kind(
    settings: Settings, table: Literal["adapter", "optimizer"], key: str, value: Any, *, kind: str, is_exact: bool
) -> None:
    """Put a kind into the recipe, with a word if it is only the nearest."""
    nearest = Text(f"Danlu hasn't this one: '{kind}' is nearest", f"丹炉没有该类型，改用最接近的“{kind}”")
    settings.put(key, value, f"{table}.kind", kind, reason=None if is_exact else nearest)


def _choose(settings: Settings, shown: Any, targets: Any, *, is_lycoris: bool) -> None:
    """The kind by its name; whatever LoRA and LoCon are called, convolutions make the difference."""
    name = str(shown or "networks.lora")
    exact, near = ours(LORA_TYPES, name), ours(NEAREST_TYPES, name) or "lora"
    kind = exact or near
    if kind in ("lora", "locon"):
        if is_lycoris:
            kind = "lora" if targets in ("attention", "attention+mlp") else "locon"
        elif "conv_dim" in settings.values and (kind == "locon" or "LoRA_type" not in settings.given):
            kind = "locon"
    choose_kind(settings, "adapter", "network_module", shown, kind=kind, is_exact=exact is not None)


def _imply(settings: Settings, key: str, value: Any) -> None:
    """What a setting is there if the file doesn't hold it."""
    if key not in settings.values:
        settings.values[key] = value
        settings.implied.add(key)


def _take_parts(settings: Settings) -> None:
    """What of the base is trained."""
    unet_only, text_only = (
        settings.meaning(key, value, truth, False) if (value := settings.take(key)) is not None else False
        for key in ("network_train_unet_only", "network_train_text_encoder_only")
    )
    if text_only:
        always = Text("Danlu always trains the U-Net", "丹炉总会训练 U-Net")
        settings.drop("network_train_text_encoder_only", True, always)
    if unet_only:
        settings.put("network_train_unet_only", True, "adapter.text_encoder", False)
        for key in ("text_encoder_lr", "loraplus_text_encoder_lr_ratio"):
            if (rate := settings.take(key)) is not None and rate not in OFF:
                settings.drop(key, rate, _UNTRAINED)


def _take_sizes(settings: Settings, chosen: type[Adapter], *, is_lycoris: bool) -> None:
    """Ranks and alphas, and what stands for them in single kinds. kohya's alpha 0 means as much as the rank."""
    values = settings.values
    if issubclass(chosen, Convolving) and "conv_dim" in values and "conv_alpha" not in values:
        _imply(settings, "conv_alpha", values.get("network_alpha", 1.0) if is_lycoris else 1.0)
    if "block_size" in chosen.model_fields:
        _take_block_size(settings, is_lycoris=is_lycoris)
    if "unit" in chosen.model_fields and is_lycoris:
        values["unit"] = settings.take("block_size") or values.get("unit") or 4
    if "full_matrix" in chosen.model_fields:
        _take_whole_matrix(settings)
    if issubclass(chosen, Ranked):
        _take_alphas(settings, chosen)


def _take_block_size(settings: Settings, *, is_lycoris: bool) -> None:
    size = settings.take("network_dim")
    if not is_lycoris:
        if size is not None:
            counts = Text(
                "there it is how many blocks a layer has, here how large they are: adapter.block_size",
                "在 sd-scripts 中它是块数，此处为块的大小：adapter.block_size",
            )
            settings.drop("network_dim", size, counts)
        if (limit := settings.take("network_alpha")) is not None:
            settings.put(
                "network_alpha", limit, "adapter.constraint", settings.meaning("network_alpha", limit, number, 0.0)
            )
        return
    found = settings.meaning("network_dim", size or 4, whole, 4)
    settings.put("network_dim", size, "adapter.block_size", max(2, found))


def _take_whole_matrix(settings: Settings) -> None:
    """A huge rank is LyCORIS' word for LoKr's `full_matrix`."""
    for key in ("network_dim", "conv_dim"):
        rank = settings.values.get(key)
        if rank in (None, "") or settings.meaning(key, rank, number, 0.0) < WHOLE_MATRIX:
            continue
        settings.values.pop(key)
        settings.put(key, rank, "adapter.full_matrix", True)
        alpha = "network_alpha" if key == "network_dim" else "conv_alpha"
        if (given := settings.take(alpha)) is not None:
            settings.drop(alpha, given, Text("whole matrices aren't scaled", "完整矩阵不作缩放"))
        if key == "network_dim":
            settings.recipe["adapter"]["alpha"] = None


def _take_alphas(settings: Settings, chosen: type[Ranked]) -> None:
    for alpha, rank, place in (("network_alpha", "network_dim", "alpha"), ("conv_alpha", "conv_dim", "conv_alpha")):
        given, size = settings.values.get(alpha), settings.values.get(rank)
        if given in (None, "") or place not in chosen.model_fields:
            continue
        ranked = settings.meaning(rank, size, whole, 0) if size not in (None, "") else 4 * (rank == "network_dim")
        if ranked and settings.meaning(alpha, given, number, 1.0) == 0:
            settings.values[alpha] = ranked
        limit = chosen.model_fields["rank"].metadata[1].le
        if ranked > limit:  # alpha/rank, the strength, stays what it is
            settings.values[alpha] = settings.meaning(alpha, settings.values[alpha], number, 1.0) * limit / ranked
    unit, rank = settings.values.get("unit"), settings.values.get("network_dim") or 4
    if "unit" in chosen.model_fields and unit:
        whole_unit = settings.meaning("unit", unit, whole, 1)
        dividing = math.gcd(whole_unit, settings.meaning("network_dim", rank, whole, whole_unit))
        if dividing != whole_unit:
            del settings.values["unit"]
            divides = Text("it must divide the rank", "必须能整除 rank")
            settings.put("unit", unit, "adapter.unit", max(1, dividing), reason=divides)


def _targets(settings: Settings, chosen: type[Adapter], preset: Any) -> None:
    """LyCORIS' preset, of which "full" is its own default."""
    if preset in _IN_UNET:
        settings.put("preset", preset, "adapter.text_encoder", False)
        for key in ("text_encoder_lr", "loraplus_text_encoder_lr_ratio"):
            if (rate := settings.take(key)) is not None and rate not in OFF:
                settings.drop(key, rate, _UNTRAINED)
    found = _PRESETS.get(str(preset or "full"))
    if "on_input" in chosen.model_fields and preset == "ia3":
        found = "attention+mlp"  # with the kind's own patterns
    if found is None or (found == "full" and not chosen.takes_convolutions):
        if preset:
            settings.drop("preset", preset, Text("Danlu has no such preset", "丹炉没有该预设"))
    else:
        settings.put("preset", preset, "adapter.targets", found)
