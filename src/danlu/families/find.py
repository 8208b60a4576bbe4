"""From what a user writes ("danlu-mini", a file, a folder) to a family and its facts, or to a loaded base."""

import math
import operator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from danlu.families.base import Base, BaseFacts, Family, Prediction
from danlu.kit.errors import UserError
from danlu.kit.places import EMBEDDED_BASE, data_folder
from danlu.kit.variants import kinds_of
from danlu.weights.components import Component
from danlu.weights.folder import open_component, open_folder
from danlu.weights.hub_files import is_hub_name
from danlu.weights.original_vae import SCALE
from danlu.weights.single_file import open_single_file, open_vae_file
from danlu.weights.stored import StoredBase

if TYPE_CHECKING:
    import torch

FIRST_FILTERS = "encoder.conv_in.weight"
KINSHIP = 0.5
"""The cosine between the first filters of two VAEs from which on one was made from the other. Fine-tuning of decoders
leaves it at 1."""


def base_path(name_or_path: str) -> Path:
    """Where a base lies: the embedded one by its name, any other by its path. Raises `UserError` if missing."""
    path = data_folder() / EMBEDDED_BASE if name_or_path == EMBEDDED_BASE else Path(name_or_path).expanduser()
    if path.exists():
        return path
    hub_en = hub_zh = ""
    if is_hub_name(name_or_path) and not path.parent.exists():
        hub_en = f" A model of that name on the hub is fetched by `danlu download {name_or_path}`."
        hub_zh = f"若是模型站上的模型，可用 `danlu download {name_or_path}` 下载。"
    raise UserError(
        f"base '{name_or_path}' doesn't exist: give a .safetensors checkpoint, a folder in diffusers layout, or "
        f"'{EMBEDDED_BASE}' for the embedded base.{hub_en}",
        f"底模“{name_or_path}”不存在：请给出 .safetensors 底模文件、diffusers 格式的文件夹，"
        f"或用“{EMBEDDED_BASE}”表示内置底模。{hub_zh}",
    )


def find_base(
    name_or_path: str, *, vae: str | None = None, prediction: Prediction | None = None
) -> tuple[type[Family], BaseFacts]:
    """The family of a base and its facts, without loading weights.

    `vae` names a file or folder with another VAE; `prediction` is the user's word for what the base predicts. Raises
    `UserError` if it isn't whole or no family recognises it.
    """
    path = base_path(name_or_path)
    stored = open_single_file(path) if path.is_file() else open_folder(path)
    if vae is not None:
        stored = replace(stored, components={**stored.components, "vae": _other_vae(vae, stored)})
    families = kinds_of(Family)
    for family in families.values():
        if family.recognises(stored):
            return family, family.facts(stored, prediction)
    known_en = ", ".join(family.title for family in families.values())
    raise UserError(
        f"base '{name_or_path}' is of no family that this version trains ({known_en}): its U-Net and text encoders "
        "don't fit.",
        f"底模“{name_or_path}”不属于当前版本可训练的系列（{known_en}）：U-Net 与文本编码器不匹配。",
    )


def load_base(
    name_or_path: str,
    *,
    dtype: "torch.dtype",
    device: str = "cpu",
    vae: str | None = None,
    prediction: Prediction | None = None,
) -> Base:
    """Load a base: U-Net and text encoders in `dtype`, the VAE in float32, all frozen."""
    family, facts = find_base(name_or_path, vae=vae, prediction=prediction)
    return family.load(facts, dtype=dtype, device=device)


def require_clip_skip(facts: BaseFacts, clip_skip: int) -> None:
    """Raise `UserError` if a base has no such layer, or always takes the same one."""
    if clip_skip <= facts.max_clip_skip:
        return
    if facts.max_clip_skip == 1:
        raise UserError(
            f"clip_skip = {clip_skip} has no effect on '{facts.name}': this family always takes the layer before the "
            "last (shown elsewhere as clip skip 2). Set it to 1 or leave it out.",
            f"clip_skip = {clip_skip} 对“{facts.name}”不起作用：该系列固定使用倒数第二层"
            "（其他软件显示为 clip skip 2）。请设为 1 或删去。",
            field="base.clip_skip",
        )
    raise UserError(
        f"clip_skip = {clip_skip} is too deep: the text encoder of '{facts.name}' has {facts.max_clip_skip} layers.",
        f"clip_skip = {clip_skip} 过大：“{facts.name}”的文本编码器只有 {facts.max_clip_skip} 层。",
        field="base.clip_skip",
    )


def _other_vae(name: str, stored: StoredBase) -> Component:
    """The VAE that a user gives instead of the base's own. Raises `UserError` if it is missing or doesn't fit."""
    path = Path(name).expanduser()
    own = stored.components["vae"].config
    scale = float(own.get("scaling_factor", SCALE))
    if not path.exists():
        raise UserError(
            f"VAE '{name}' doesn't exist: give a .safetensors file or a folder in diffusers layout.",
            f"VAE“{name}”不存在：请给出 .safetensors 文件或 diffusers 格式的文件夹。",
        )
    inner = path / "vae" if (path / "vae").is_dir() else path
    vae = open_vae_file(path, scale) if path.is_file() else open_component(inner, "vae")
    differing = [key for key in ("latent_channels", "scaling_factor") if vae.config.get(key, own[key]) != own[key]]
    if differing or len(vae.config["block_out_channels"]) != len(own["block_out_channels"]):
        raise UserError(
            f"VAE '{name}' was made for another family of bases: its latents have another form or scale. Choose "
            f"one for '{stored.path.name}', or leave it out.",
            f"VAE“{name}”是为其他系列的底模制作的：潜变量的形状或缩放不同。请选择适合“{stored.path.name}”的 VAE，"
            "或不使用替换 VAE。",
        )
    if path.is_file() and not _is_kin(vae, stored.components["vae"]):
        raise UserError(
            f"VAE '{name}' isn't of the same origin as the VAE of '{stored.path.name}', so its latents mean "
            "nothing to that base: it is probably one for another family. Choose one made for this family, or leave "
            "it out; if it was trained for this base from scratch, give it as a folder with config.json.",
            f"VAE“{name}”与“{stored.path.name}”的 VAE 来源不同，底模无法理解它的潜变量：它很可能属于其他系列。"
            "请选择为该系列制作的 VAE，或不使用替换 VAE；如果它确是为该底模从头训练的，请以带 config.json 的文件夹"
            "给出。",
        )
    return vae


def _is_kin(vae: Component, own: Component) -> bool:
    """Whether a VAE was made from the other by fine-tuning, by the encoder's first filters: trained apart, two such
    tensors of thousands of numbers are at right angles, and a file in the original layout says no scale.
    """
    first, second = (one.read_numbers(FIRST_FILTERS) for one in (vae, own))
    size = math.hypot(*first) * math.hypot(*second)
    return len(first) == len(second) and sum(map(operator.mul, first, second)) > KINSHIP * size
