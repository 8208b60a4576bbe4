"""Rates and ranks of single layers, and the largest norm, in kohya's words: by blocks of the U-Net, where all layers of
a block have the same.
"""

from collections.abc import Iterable

from danlu.adapters.base import Adapter
from danlu.adapters.ranked import Ranked, is_wide
from danlu.adapters.targets import Target, choose_layers, planned_targets
from danlu.interop.kohya.facts.blocks import SIDES, all_blocks, block_of, blocks_of
from danlu.interop.kohya.incoming.dims import ALPHAS, DIMS, WIDE_ALPHAS, WIDE_DIMS
from danlu.interop.kohya.incoming.rates import PRODUCTS, WITH_UP
from danlu.interop.kohya.outgoing.export import Export
from danlu.kit.language import Text
from danlu.kit.variants import kind_name

_NAMED_APART = ("adapter.include", "adapter.exclude", "adapter.ranks")
_NO_SUCH = Text("that module has none there", "在那里该模块没有此项")
_NO_BLOCKS = Text(
    "sd-scripts' rates are by block of the U-Net, and these aren't one number for each block",
    "sd-scripts 只能按 U-Net 块设置学习率，而这里并非每块一个值",
)
_KOHYAS = Text("only networks.lora has rates by block", "只有 networks.lora 支持按块设置学习率")

Layers = list[tuple[Target, Adapter]]


def put_rates(export: Export) -> None:
    """Call it when the module is settled."""
    adapter, kind = export.recipe.adapter, kind_name(type(export.recipe.adapter))
    for name in ("lora_plus", "text_encoder_lora_plus"):
        if kind not in WITH_UP and export.at(f"optimizer.{name}"):
            export.tell(f"optimizer.{name}", _NO_SUCH)
    if kind not in PRODUCTS and export.recipe.training.max_weight_norm:
        export.tell("training.max_weight_norm", _NO_SUCH)
    factors = export.recipe.optimizer.rate_factors
    apart = [place for place in _NAMED_APART if export.at(place)]
    if not factors and not apart:
        return
    if export.arguments["network_module"] != "networks.lora" or not isinstance(adapter, Ranked):
        if factors:
            export.tell("optimizer.rate_factors", _KOHYAS)
        return
    held = [target for target in planned_targets(export.facts) if not target.is_norm]  # networks.lora trains none
    trained = choose_layers(adapter, held)
    if apart and (arguments := _dims(export, adapter, held, trained)) is not None:
        export.network_args |= arguments
        export.done |= set(apart)
    if factors:
        weights = _weights(export, trained)
        if weights is None:
            export.tell("optimizer.rate_factors", _NO_BLOCKS)
        else:
            export.network_args |= weights
            export.done.add("optimizer.rate_factors")


def _weights(export: Export, trained: Layers) -> dict[str, str] | None:
    """The weights of the blocks, if they say all of the factors."""
    family, factor_of = export.facts.family, export.recipe.optimizer.factor_of
    blocks, factors = all_blocks(family), dict[int, float]()
    for target, _ in trained:
        factor, place = factor_of(target.name), block_of(blocks, target.name)
        if factors.setdefault(-1 if place is None else place, factor) != factor:
            return None
    if factors.pop(-1, 1.0) != 1:  # the text encoder's
        return None
    places = iter(range(family == "sdxl", len(blocks)))
    sides = {side: [factors.get(next(places), 1.0) for _ in blocks_of(family, side)] for side in SIDES}
    return {side: _listed(weights) for side, weights in sides.items() if set(weights) != {1.0}}


def _dims(export: Export, adapter: Ranked, held: Iterable[Target], trained: Layers) -> dict[str, str] | None:
    """The ranks and alphas of the blocks, if they say which layers are trained, and with which rank."""
    own = {target.name: layer for target, layer in trained if isinstance(layer, Ranked)}
    blocks, found = all_blocks(export.facts.family), dict[tuple[int, bool], tuple[int, float]]()
    usual = {wide: _usual(adapter, wide=wide) for wide in (False, True)}
    for target in held:
        if not target.is_in(adapter.targets) or (target.component != "unet" and not adapter.text_encoder):
            continue
        layer, place = own.get(target.name), block_of(blocks, target.name)
        size = (0, 0.0) if layer is None else (layer.rank, layer.alpha or layer.rank)
        if place is None:
            if size != usual[False]:
                return None
        elif found.setdefault((place, is_wide(target.shape)), size) != size:
            return None
    arguments: dict[str, str] = {}
    for wide, dims, alphas in ((False, DIMS, ALPHAS), (True, WIDE_DIMS, WIDE_ALPHAS)):
        if any(is_so == wide for _, is_so in found):
            sizes = [found.get((place, wide), usual[wide]) for place in range(len(blocks))]
            arguments |= {dims: _listed(rank for rank, _ in sizes), alphas: _listed(alpha for _, alpha in sizes)}
    return arguments


def _usual(adapter: Ranked, *, wide: bool) -> tuple[int, float]:
    """Rank and alpha of layers that no pattern names; a block that this base lacks gets them too."""
    _, rank, alpha = adapter.usual_rank((1, 1, 3, 3) if wide else (1, 1))
    return rank, alpha or rank


def _listed(values: Iterable[float]) -> str:
    return ",".join(f"{value:.10g}" for value in values)
