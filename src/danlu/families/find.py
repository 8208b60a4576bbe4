"""From what a user writes ("danlu-mini", a folder) to a family and its facts, or to a loaded base."""

from pathlib import Path
from typing import TYPE_CHECKING

from danlu.families.base import Base, BaseFacts, Family
from danlu.kit.errors import UserError
from danlu.kit.places import EMBEDDED_BASE, data_folder
from danlu.kit.variants import kinds_of

if TYPE_CHECKING:
    import torch


def base_path(name_or_path: str) -> Path:
    """The folder of a base: the embedded one by its name, any other by its path. Raises `UserError` if missing."""
    path = data_folder() / EMBEDDED_BASE if name_or_path == EMBEDDED_BASE else Path(name_or_path).expanduser()
    if not path.exists():
        raise UserError(
            f"base '{name_or_path}' doesn't exist: give a folder in diffusers layout, or '{EMBEDDED_BASE}' for the "
            "embedded base.",
            f"底模“{name_or_path}”不存在：请给出 diffusers 格式的文件夹，或用“{EMBEDDED_BASE}”表示内置底模。",
        )
    if path.is_file():
        raise UserError(
            f"base '{name_or_path}' is a single file; this version reads bases in diffusers layout (a folder with "
            "unet/, vae/, text_encoder/ and tokenizer/): convert it first, for example with diffusers' "
            "StableDiffusionPipeline.from_single_file(…).save_pretrained(…).",
            f"底模“{name_or_path}”是单个文件；当前版本读取 diffusers 格式的文件夹（含 unet/、vae/、text_encoder/、"
            "tokenizer/）：请先转换，例如用 diffusers 的 "
            "StableDiffusionPipeline.from_single_file(…).save_pretrained(…)。",
        )
    return path


def find_base(name_or_path: str) -> tuple[type[Family], BaseFacts]:
    """The family of a base and its facts, without loading weights. Raises `UserError` if no family recognises it."""
    path = base_path(name_or_path)
    families = kinds_of(Family)
    for family in families.values():
        if family.recognises(path):
            return family, family.facts(path)
    known_en = ", ".join(family.title for family in families.values())
    raise UserError(
        f"base '{name_or_path}' is of no family that this version trains ({known_en}): its unet/config.json doesn't "
        "fit.",
        f"底模“{name_or_path}”不属于当前版本可训练的系列（{known_en}）：unet/config.json 不匹配。",
    )


def load_base(name_or_path: str, *, dtype: "torch.dtype", device: str = "cpu") -> Base:
    """Load a base: U-Net and text encoder in `dtype`, the VAE in float32, all frozen."""
    family, facts = find_base(name_or_path)
    return family.load(facts.path, dtype=dtype, device=device)
