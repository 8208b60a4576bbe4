"""The blocks of a U-Net as kohya counts them: which layers of the adapter file are in each."""

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

SIDES = ("down_lr_weight", "mid_lr_weight", "up_lr_weight")


class Part(NamedTuple):
    """A module of a block."""

    name: str
    attends: bool = False
    """Whether it has layers that are trained without convolutions too."""
    wide: tuple[str, ...] = ()
    """Where its convolutions larger than 1×1 lie in it."""
    thin: bool = True
    """Whether it has other layers than those."""

    @property
    def pattern(self) -> str:
        """What its layers are called."""
        return f"lora_unet_{self.name}_*"

    @property
    def wide_patterns(self) -> list[str]:
        """What its convolutions larger than 1×1 are called."""
        return [f"lora_unet_{self.name}_{name}" if self.thin else self.pattern for name in self.wide]


Block = list[Part]


def blocks_of(family: str, side: str) -> list[Block]:
    """The blocks of a side, in the order of its weights."""
    return list(_sdxl_blocks(side) if family == "sdxl" else _sd_blocks(side))


def all_blocks(family: str) -> list[Block]:
    """All blocks in the order of `block_dims`; of SDXL, also what lies before and behind them, which has no LoRA."""
    blocks = [block for side in SIDES for block in blocks_of(family, side)]
    return [[], *blocks, []] if family == "sdxl" else blocks


def block_of(blocks: Sequence[Block], layer: str) -> int | None:
    """Which of the blocks a layer is in, by its name in the adapter file."""
    return next(
        (place for place, block in enumerate(blocks) if any(fnmatchcase(layer, part.pattern) for part in block)), None
    )


def _sd_blocks(side: str) -> Iterator[Block]:
    if side == "mid_lr_weight":
        yield [Part("mid_block", attends=True, wide=("resnets_*_conv[12]",))]
        return
    is_down = side == SIDES[0]
    way, attending, layers = ("down", (0, 1, 2), 2) if is_down else ("up", (1, 2, 3), 3)
    if is_down:
        yield []  # the first convolution, which has no LoRA
    for place in range(11 if is_down else 12):
        block, layer = divmod(place, 3)
        name, parts = f"{way}_blocks_{block}", Block()
        if layer < layers:
            parts += [Part(f"{name}_attentions_{layer}", attends=True)] if block in attending else []
            parts += [Part(f"{name}_resnets_{layer}", wide=("conv[12]",))]
        if layer == 2 and block < 3:
            parts += [Part(f"{name}_{way}samplers_0", wide=("conv",), thin=False)]
        yield parts


_RESIDUAL = ("0_*_layers_[23]",)
_SDXL_WIDE: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("input_blocks_3", "input_blocks_6"), ("0_op",)),
    **dict.fromkeys(("output_blocks_2", "output_blocks_5"), (*_RESIDUAL, "2_conv")),
    **dict.fromkeys(("middle_block_0", "middle_block_2"), ("*_layers_[23]",)),
    "middle_block_1": (),
}


def _sdxl_blocks(side: str) -> Iterator[Block]:
    way, count = {SIDES[0]: ("input_blocks", 9), SIDES[1]: ("middle_block", 3), SIDES[2]: ("output_blocks", 9)}[side]
    attending = {SIDES[0]: (4, 5, 7, 8), SIDES[1]: (1,), SIDES[2]: (0, 1, 2, 3, 4, 5)}[side]
    for place in range(count):
        name = f"{way}_{place}"
        wide = _SDXL_WIDE.get(name, _RESIDUAL)
        # input_blocks_0 is the first convolution, which has no LoRA.
        is_first = name == "input_blocks_0"
        yield [] if is_first else [Part(name, place in attending, wide, thin=wide != ("0_op",))]
