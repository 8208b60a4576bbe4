"""kohya's ranks of single U-Net blocks (`block_dims` and what belongs to it) as `adapter.ranks`, where that is exact:
in Danlu alpha/rank is the same in all blocks.
"""

from collections.abc import Callable, Mapping
from typing import Any

from danlu.interop.kohya.facts.blocks import SIDES, Block, all_blocks
from danlu.interop.kohya.facts.values import number, whole
from danlu.interop.kohya.incoming.rates import NO_EFFECT, UNKNOWN_LAYERS, family_of
from danlu.interop.kohya.incoming.settings import Settings
from danlu.kit.language import Text

DIMS, ALPHAS, WIDE_DIMS, WIDE_ALPHAS = KEYS = ("block_dims", "block_alphas", "conv_block_dims", "conv_block_alphas")
_ALONE = Text("it has no effect without block_dims", "没有 block_dims 时不起作用")
_OTHER_STRENGTH = Text(
    "here alpha/rank is the same in all blocks, and there it isn't: write adapter.ranks yourself",
    "此处各块的 alpha/rank 相同，而其中并不相同：请自行填写 adapter.ranks",
)
_NO_WIDE = Text("it has no effect here without conv_dim", "此处没有 conv_dim 时不起作用")


def take_dims(settings: Settings, *, is_lycoris: bool) -> None:
    """Carry them over. Call it when base and adapter kind are settled, and before block weights."""
    given = {key: value for key in KEYS if (value := settings.take(key)) is not None}
    if not given:
        return
    kind, is_by_block = settings.recipe["adapter"]["kind"], DIMS in given or any(settings.values.get(s) for s in SIDES)
    family = family_of(settings)
    reason = next(
        (
            reason
            for reason, applies in (
                (NO_EFFECT, is_lycoris or kind not in ("lora", "locon")),
                (_ALONE, not is_by_block),
                (UNKNOWN_LAYERS, family is None),
            )
            if applies
        ),
        None,
    )
    if reason is None and family is not None:
        reason = _take(settings, given, all_blocks(family), wide=kind == "locon")
    if reason is not None:
        for key, value in given.items():
            settings.drop(key, value, reason)


def _take(settings: Settings, given: Mapping[str, Any], blocks: list[Block], *, wide: bool) -> Text | None:
    """Put the ranks into the recipe, or say why not."""
    rank, alpha = (_usual(settings, *one) for one in (("network_dim", 4), ("network_alpha", 1.0)))
    conv_rank, conv_alpha = (_usual(settings, *one) for one in (("conv_dim", rank), ("conv_alpha", 1.0)))

    def per_block(key: str, usual: float, reader: Callable[[Any], float]) -> list[float]:
        usually = [usual] * len(blocks)
        said = given.get(key, ",".join([f"{usual:g}"] * len(blocks)))
        return settings.meaning(key, said, lambda text: _list(text, len(blocks), reader), usually)

    dims, alphas = per_block(DIMS, rank, whole), per_block(ALPHAS, alpha, number)
    wide_dims, wide_alphas = per_block(WIDE_DIMS, conv_rank, whole), per_block(WIDE_ALPHAS, conv_alpha, number)
    there = [place for place, block in enumerate(blocks) if any(part.attends or wide for part in block)]
    if any(dims[place] and not _same(alphas[place] * rank, alpha * dims[place]) for place in there) or (
        wide
        and any(
            wide_dims[place] and not _same(wide_alphas[place] * conv_rank, conv_alpha * wide_dims[place])
            for place in there
        )
    ):
        return _OTHER_STRENGTH
    ranks: dict[str, int] = {}
    for place in there:
        for part in blocks[place]:
            thin, thick = int(dims[place]), int(wide_dims[place])
            if wide and part.wide and (thick != conv_rank or (part.thin and thin != rank)):
                ranks |= dict.fromkeys(part.wide_patterns, thick)
            if part.thin and (part.attends or wide) and thin != rank:
                ranks[part.pattern] = thin
    for key, value in given.items():
        if key in (WIDE_DIMS, WIDE_ALPHAS) and not wide:
            settings.drop(key, value, _NO_WIDE)
        elif ranks:
            settings.put(key, value, "adapter.ranks", ranks)
        else:
            settings.drop(key, value, Text("all of its blocks have the usual rank", "其中各块的 rank 与通常相同"))
    return None


def _usual(settings: Settings, key: str, unsaid: float) -> float:
    value = settings.values.get(key)
    return settings.meaning(key, value, number, unsaid) if value not in (None, "") else unsaid


def _list(text: Any, count: int, reader: Callable[[Any], float]) -> list[float]:
    found = [reader(one) for one in str(text).split(",")]
    if len(found) != count or min(found) < 0:
        raise ValueError(text)
    return found


def _same(one: float, other: float) -> bool:
    return abs(one - other) <= 1e-6 * max(abs(one), abs(other))
