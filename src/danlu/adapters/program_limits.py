"""What other programs do with an adapter file: one table, held against the programs' own code (`bench/programs.py`).

Files hold *traits* (see `programs`); `LIMITS` says which program can't do what with which trait. A program that no
limit names loads the file whole.
"""

from dataclasses import dataclass
from typing import Literal

from danlu.kit.language import Text

Program = Literal["A1111", "Forge", "ComfyUI", "InvokeAI", "diffusers"]
PROGRAMS: tuple[Program, ...] = ("A1111", "Forge", "ComfyUI", "InvokeAI", "diffusers")
VERSIONS: dict[Program, str] = {
    "A1111": "1.10.1",
    "Forge": "dfdcbab",
    "ComfyUI": "0.3.64",
    "InvokeAI": "8e71a8a",
    "diffusers": "0.42",
}
Outcome = Literal["whole", "partly", "refused"]
Trait = Literal[
    "tucker",
    "dora",
    "dora_tucker",
    "dora_product",
    "loha",
    "lokr",
    "lokr_low_rank",
    "lokr_tucker",
    "ia3",
    "ia3_text",
    "ia3_convolutions",
    "oft",
    "oft_rescale",
    "full",
    "norms",
    "norms_text",
    "bare_norms",
]
TRAITS: dict[Trait, Text] = {
    "tucker": Text("Tucker convolutions", "Tucker 卷积"),
    "dora": Text("DoRA", "DoRA"),
    "dora_tucker": Text("DoRA with Tucker convolutions", "带 Tucker 卷积的 DoRA"),
    "dora_product": Text("LoHa or LoKr with DoRA", "带 DoRA 的 LoHa 或 LoKr"),
    "loha": Text("LoHa", "LoHa"),
    "lokr": Text("LoKr", "LoKr"),
    "lokr_low_rank": Text("LoKr with a low-rank larger matrix", "大矩阵为低秩的 LoKr"),
    "lokr_tucker": Text("LoKr with Tucker convolutions", "带 Tucker 卷积的 LoKr"),
    "ia3": Text("(IA)³", "(IA)³"),
    "ia3_text": Text("(IA)³ of an OpenCLIP text encoder (SD2, SDXL)", "OpenCLIP 文本编码器（SD2、SDXL）的 (IA)³"),
    "ia3_convolutions": Text("(IA)³ of convolutions", "卷积层的 (IA)³"),
    "oft": Text("OFT", "OFT"),
    "oft_rescale": Text("OFT with `rescale`", "带 `rescale` 的 OFT"),
    "full": Text("differences of whole weights (`full`)", "完整权重的差值（`full`）"),
    "norms": Text("norms of the U-Net", "U-Net 的归一化层"),
    "norms_text": Text("norms of text encoders", "文本编码器的归一化层"),
    "bare_norms": Text("norms without their biases", "不含偏置的归一化层"),
}
IMPLIED: dict[Trait, tuple[Trait, ...]] = {
    "dora_tucker": ("dora", "tucker"),
    "dora_product": ("loha",),
    "lokr_low_rank": ("lokr",),
    "lokr_tucker": ("lokr", "tucker"),
    "ia3_text": ("ia3",),
    "ia3_convolutions": ("ia3",),
    "oft_rescale": ("oft",),
    "bare_norms": ("norms",),
}
"""What a file holds too that holds this."""
NO_TEXT_NORMS = Text(
    'set adapter.exclude = ["lora_te*norm*"] to leave them out', '设置 adapter.exclude = ["lora_te*norm*"] 可不训练它们'
)
AS_LORA = Text(
    "`danlu resize --base BASE --rank 32` makes a LoRA of it", "可用 `danlu resize --base 底模 --rank 32` 转为 LoRA"
)
INTO_BASE = Text("`danlu merge --into BASE` puts it into a base", "可用 `danlu merge --into 底模` 融入底模")
NO_TUCKER = Text("set adapter.tucker = false", "请设置 adapter.tucker = false")


@dataclass(frozen=True)
class Limit:
    """What some programs don't do with a trait."""

    programs: tuple[Program, ...]
    trait: Trait
    outcome: Outcome | Literal["nothing"]
    """Of the file; "nothing": of this trait nothing is loaded, but what else the file holds."""
    what: Text
    """What becomes of the file."""
    way: Text
    """What to do instead."""
    families: tuple[str, ...] = ("sd15", "sd2", "sdxl")


def _refused(en: str, zh: str) -> Text:
    return Text(f"the whole file is refused, since {en} can't be read", f"会拒绝整个文件：不支持{zh}")


_NOT_IN_DIFFUSERS: dict[Trait, Text] = {
    "tucker": NO_TUCKER,
    "loha": AS_LORA,
    "lokr": AS_LORA,
    "ia3": AS_LORA,
    "oft": AS_LORA,
    "full": INTO_BASE,
    "norms": INTO_BASE,
    "norms_text": INTO_BASE,
}
LIMITS: tuple[Limit, ...] = (
    Limit(
        ("Forge",), "norms_text", "refused", _refused("norms of text encoders", "文本编码器的归一化层"), NO_TEXT_NORMS
    ),
    Limit(
        ("ComfyUI",),
        "norms_text",
        "partly",
        Text("the norms of text encoders are left out", "会忽略文本编码器的归一化层"),
        NO_TEXT_NORMS,
    ),
    Limit(
        ("A1111",),
        "norms_text",
        "partly",
        Text("the norms of the OpenCLIP text encoder are left out", "会忽略 OpenCLIP 文本编码器的归一化层"),
        NO_TEXT_NORMS,
        ("sd2", "sdxl"),
    ),
    Limit(
        ("A1111",),
        "bare_norms",
        "refused",
        Text(
            "the whole file is refused, since norms without their biases can't be read",
            "会拒绝整个文件：不支持没有偏置的归一化层",
        ),
        Text("set adapter.biases = true", "请设置 adapter.biases = true"),
    ),
    Limit(("Forge",), "ia3", "refused", _refused("(IA)³", " (IA)³"), AS_LORA),
    Limit(("ComfyUI",), "ia3", "nothing", Text("nothing of (IA)³ is loaded", "不会加载 (IA)³ 的任何内容"), AS_LORA),
    Limit(
        ("A1111",),
        "ia3_text",
        "partly",
        Text("(IA)³ of the OpenCLIP text encoder is left out", "会忽略 OpenCLIP 文本编码器中的 (IA)³"),
        Text("set adapter.text_encoder = false", "可设置 adapter.text_encoder = false"),
        ("sd2", "sdxl"),
    ),
    Limit(
        ("A1111",),
        "ia3_convolutions",
        "partly",
        Text("(IA)³ of convolutions fails, and can run out of memory", "无法应用卷积层的 (IA)³，还可能耗尽内存"),
        Text("leave them out of adapter.include", "请不要在 adapter.include 中包含它们"),
    ),
    Limit(("Forge",), "oft", "refused", _refused("OFT", " OFT"), AS_LORA),
    Limit(
        ("ComfyUI",),
        "oft_rescale",
        "partly",
        Text("the lengths that `rescale` trains are left out", "会忽略 `rescale` 训练的长度"),
        Text("set adapter.rescale = false", "请设置 adapter.rescale = false"),
    ),
    Limit(
        ("ComfyUI",),
        "oft",
        "partly",
        Text("OFT is right at strength 1 only", "只有强度为 1 时 OFT 才正确"),
        AS_LORA,
    ),
    Limit(
        ("ComfyUI",),
        "lokr_tucker",
        "partly",
        Text("the convolutions of a LoKr with Tucker are left out", "会忽略 Tucker LoKr 的卷积层"),
        NO_TUCKER,
    ),
    Limit(("Forge",), "lokr_tucker", "refused", _refused("a LoKr with Tucker", " Tucker LoKr"), NO_TUCKER),
    Limit(("InvokeAI",), "oft", "refused", _refused("OFT", " OFT"), AS_LORA),
    Limit(
        ("InvokeAI",), "dora_product", "refused", _refused("LoHa or LoKr with DoRA", "带 DoRA 的 LoHa、LoKr"), AS_LORA
    ),
    Limit(
        ("InvokeAI",),
        "dora_tucker",
        "partly",
        Text("the convolutions of DoRA with Tucker fail", "无法应用带 Tucker 的 DoRA 卷积层"),
        NO_TUCKER,
    ),
    Limit(
        ("InvokeAI",),
        "lokr_low_rank",
        "refused",
        Text("a LoKr whose larger matrix is low-rank isn't recognised", "无法识别大矩阵为低秩的 LoKr"),
        Text("set adapter.full_matrix = true", "请设置 adapter.full_matrix = true"),
    ),
    Limit(
        ("diffusers",),
        "dora",
        "partly",
        Text("DoRA's magnitudes are dropped, with a warning", "会丢弃 DoRA 的幅值并给出警告"),
        AS_LORA,
    ),
    *(
        Limit(("diffusers",), trait, "refused", _refused(TRAITS[trait].en, f" {TRAITS[trait].zh}"), way)
        for trait, way in _NOT_IN_DIFFUSERS.items()
    ),
)
