"""A base as one safetensors file in the original (LDM) layout, as checkpoints of SD1, SD2 and SDXL are passed around.

In: a file. Out: a `StoredBase` in the names of diffusers and transformers, nothing copied and no weights read. Raises
`UserError` in one sentence if the file is something else.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from danlu.kit.errors import UserError
from danlu.kit.parsing import parse_json
from danlu.weights.components import Component, Part, plain_name
from danlu.weights.headers import Header, read_header
from danlu.weights.original_text import SAVED_WITHOUT_LAST, open_clip_names, read_text_config
from danlu.weights.original_unet import read_unet_config, unet_modules
from danlu.weights.original_vae import SCALE, SCALE_XL, read_vae_config, vae_modules
from danlu.weights.stored import StoredBase

UNET, VAE = "model.diffusion_model.", "first_stage_model."
CLIP, OPEN_CLIP = "cond_stage_model.transformer.", "cond_stage_model.model."
CLIP_XL, OPEN_CLIP_XL = "conditioner.embedders.0.transformer.", "conditioner.embedders.1.model."
CONFIGS = "danlu_configs"
"""The metadata key of the components' configs, as JSON, in files made from a folder."""
REFINER = "conditioner.embedders.0.model."
OTHER_NOISE = ("edm_mean", "edm_vpred.sigma_max")
"""Markers of bases that are trained on another noise schedule (Playground 2.5, CosXL)."""


def open_single_file(path: Path) -> StoredBase:
    """The components of a checkpoint file and what its markers and metadata tell of the noise schedule."""
    header = read_header(path)
    _require_checkpoint(header)
    try:
        components = components_in(header)
    except KeyError as error:
        raise _incomplete(path, str(error.args[0])) from error
    stated = _stated_configs(header)
    told = {one.name: replace(one, config={**one.config, **stated.get(one.name, {})}) for one in components}
    return StoredBase(path, told, _scheduler(header), {})


def components_in(header: Header) -> list[Component]:
    """The components of a checkpoint. Raises `KeyError` with the name of a tensor that must be there and isn't."""
    names = header.entries
    has_two = _holds(names, OPEN_CLIP_XL)
    components = [_unet(header), _vae(header, VAE, SCALE_XL if has_two else SCALE)]
    if has_two:
        return [*components, _clip(header, CLIP_XL), _open_clip(header, OPEN_CLIP_XL, "text_encoder_2")]
    if _holds(names, OPEN_CLIP):
        return [*components, _without_last_layer(_open_clip(header, OPEN_CLIP, "text_encoder"))]
    return [*components, _clip(header, CLIP)]


def _stated_configs(header: Header) -> dict[str, dict[str, Any]]:
    """What files of ours say of bases whose heads, norms or native size aren't what they are in the released ones."""
    try:
        stated = parse_json(header.metadata.get(CONFIGS, "{}"))
        return {name: dict(config) for name, config in stated.items()}
    except (ValueError, TypeError, AttributeError) as error:
        raise UserError(
            f"'{header.path}' has broken metadata ('{CONFIGS}'): get it again.",
            f"“{header.path}”的元数据（“{CONFIGS}”）已损坏：请重新获取。",
        ) from error


def holds_checkpoint(path: Path) -> bool:
    """Whether a safetensors file holds a base in the original layout, whole or not."""
    return _holds(read_header(path).entries, UNET)


def open_vae_file(path: Path, scale: float) -> Component:
    """A VAE that lies alone in a file in the original layout, with or without the prefix that it has in checkpoints."""
    header = read_header(path)
    prefix = VAE if _holds(header.entries, VAE) else ""
    if f"{prefix}decoder.conv_in.weight" not in header.entries or _holds(
        header.entries, f"{prefix}encoder.down_blocks"
    ):
        raise UserError(
            f"base.vae '{path}' holds no VAE in the original layout: give such a .safetensors file, or the folder of a "
            "VAE in diffusers layout (with config.json).",
            f"base.vae“{path}”中没有原始格式的 VAE：请给出这种 .safetensors 文件，或 diffusers 格式的 VAE 文件夹"
            "（含 config.json）。",
        )
    try:
        return _vae(header, prefix, scale)
    except KeyError as error:
        raise _incomplete(path, str(error.args[0])) from error


def _scheduler(header: Header) -> dict[str, Any]:
    """What the file tells of its schedule, in the words of diffusers' scheduler configs; nothing that isn't told."""
    told: dict[str, Any] = {}
    stated = header.metadata.get("modelspec.prediction_type", "").lower()
    if "v_pred" in header.entries or stated in ("v", "v_prediction") or "768-v" in _architecture(header):
        told["prediction_type"] = "v_prediction"
    elif stated == "epsilon":
        told["prediction_type"] = "epsilon"
    if "ztsnr" in header.entries:
        told["rescale_betas_zero_snr"] = True
    return told


def _architecture(header: Header) -> str:
    return header.metadata.get("modelspec.architecture", "")


def _unet(header: Header) -> Component:
    shapes = _shapes(header, UNET)
    config = read_unet_config(shapes)
    return _translated("unet", header, UNET, config=config, modules=unet_modules(config))


def _vae(header: Header, prefix: str, scale: float) -> Component:
    config = read_vae_config(_shapes(header, prefix), scale=scale)
    return _translated("vae", header, prefix, config=config, modules=vae_modules(config))


def _translated(
    name: str, header: Header, prefix: str, *, config: Mapping[str, Any], modules: Mapping[str, str]
) -> Component:
    """A component whose modules have other names in the file. Raises `KeyError` for a module that isn't there."""
    parts: dict[str, Part] = {}
    found: set[str] = set()
    for key in _shapes(header, prefix):
        module = next((one for one in _parents(key) if one in modules), None)
        if module is not None:
            found.add(module)
            own = modules[module] + key[len(module) :]
            parts[own] = Part(header, prefix + key, _flat(own, header.entries[prefix + key].shape))
    optional = ("skip_connection", "nin_shortcut")
    missing = [module for module in modules if module not in found and not module.endswith(optional)]
    if missing:
        raise KeyError(prefix + missing[0])
    return Component(name, header.path, config, parts)


def _clip(header: Header, prefix: str) -> Component:
    parts = {
        plain_name(key): Part(header, prefix + key, shape)
        for key, shape in _shapes(header, prefix).items()
        if not key.endswith("position_ids")
    }
    config = read_text_config(_Shapes(prefix, ((own, part.shape) for own, part in parts.items())), open_clip=False)
    return Component("text_encoder", header.path, config, parts)


def _open_clip(header: Header, prefix: str, name: str) -> Component:
    parts: dict[str, Part] = {}
    for key, shape in _shapes(header, prefix).items():
        for own, third in open_clip_names(key):
            if third is not None:
                parts[own] = Part(header, prefix + key, (shape[0] // 3, *shape[1:]), third=third)
            else:
                turned = own == "text_projection.weight"
                parts[own] = Part(header, prefix + key, shape[::-1] if turned else shape, transposed=turned)
    config = read_text_config(_Shapes(prefix, ((own, part.shape) for own, part in parts.items())), open_clip=True)
    return Component(name, header.path, config, parts)


def _without_last_layer(text: Component) -> Component:
    """SD2's encoder: the last layer isn't used, and files that were written from a folder lack it already."""
    layers = int(text.config["num_hidden_layers"])
    if layers == SAVED_WITHOUT_LAST:
        return text
    last = f"encoder.layers.{layers - 1}."
    parts = {name: part for name, part in text.parts.items() if not name.startswith(last)}
    return replace(text, config={**text.config, "num_hidden_layers": layers - 1}, parts=parts)


def _flat(own: str, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The VAE's attention: 1×1 convolutions in the file, linear layers in diffusers."""
    return shape[:2] if ".mid_block.attentions." in own and own.startswith(("encoder.", "decoder.")) else shape


def _parents(key: str) -> Iterable[str]:
    """The modules that a tensor lies in, from the innermost."""
    while "." in key:
        key = key.rpartition(".")[0]
        yield key


class _Shapes(dict[str, tuple[int, ...]]):
    """Shapes by names without their prefix, which a complaint about a missing one puts back."""

    def __init__(self, prefix: str, shapes: Iterable[tuple[str, tuple[int, ...]]]) -> None:
        super().__init__(shapes)
        self.prefix = prefix

    def __missing__(self, name: str) -> tuple[int, ...]:
        raise KeyError(self.prefix + name)


def _shapes(header: Header, prefix: str) -> _Shapes:
    found = ((name, entry.shape) for name, entry in header.entries.items() if name.startswith(prefix))
    return _Shapes(prefix, ((name.removeprefix(prefix), shape) for name, shape in found))


def _holds(names: Iterable[str], prefix: str) -> bool:
    return any(name.startswith(prefix) for name in names)


def _require_checkpoint(header: Header) -> None:
    """Raise `UserError` for a file that holds anything but a whole checkpoint of SD1, SD2 or SDXL."""
    names, path = header.entries, header.path
    other: tuple[tuple[Callable[[], bool], str, str], ...] = (
        (lambda: _holds(names, "lora_") or any(".lora_" in name for name in names), "a LoRA", "LoRA"),
        (lambda: _holds(names, REFINER), "the SDXL refiner", "SDXL refiner"),
        (
            lambda: any(marker in names for marker in OTHER_NOISE),
            "a base with another noise schedule (Playground 2.5, CosXL)",
            "噪声调度不同的底模（Playground 2.5、CosXL）",
        ),
        (
            lambda: f"{UNET}input_blocks.0.0.weight" not in names and _holds(names, UNET),
            "a base of another family",
            "其他系列的底模",
        ),
        (lambda: not _holds(names, UNET) and _holds(names, VAE), "a VAE alone", "单独的 VAE"),
        (lambda: not _holds(names, UNET), "something else", "其他内容"),
    )
    for is_it, en, zh in other:
        if is_it():
            raise UserError(
                f"'{path}' is no checkpoint that can be trained on: it holds {en}. Give a whole checkpoint of Stable "
                "Diffusion 1, 2 or XL.",
                f"“{path}”不是可用于训练的底模：其中是{zh}。请给出 Stable Diffusion 1、2 或 XL 的完整底模。",
            )


def _incomplete(path: Path, missing: str) -> UserError:
    return UserError(
        f"'{path}' isn't a whole checkpoint of Stable Diffusion 1, 2 or XL: '{missing}' isn't there (a pruned or "
        "rebuilt variant, or a file without VAE or text encoder). Get the full version.",
        f"“{path}”不是完整的 Stable Diffusion 1、2 或 XL 底模：缺少“{missing}”（可能是裁剪或改造的变体，"
        "或不含 VAE、文本编码器）。请获取完整版本。",
    )
