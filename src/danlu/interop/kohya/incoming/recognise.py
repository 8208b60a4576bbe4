"""What a file of settings is before it is read: another program's, another tab's, another base's, or no settings at
all, each refused in a sentence that names it.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, NoReturn

from danlu.interop.kohya.facts.blocks import SIDES
from danlu.interop.kohya.facts.keys import ALIASES, NETWORK_ARGS, OPTIMIZER_ARGS, PLACES
from danlu.interop.kohya.facts.names import OTHER_BASES
from danlu.interop.kohya.facts.reasons import KNOWN, REASONS
from danlu.interop.kohya.incoming.settings import UNSET
from danlu.kit.errors import UserError
from danlu.kit.language import Text

Values = Mapping[str, Any]
_OURS = {*PLACES, *REASONS, *ALIASES, *NETWORK_ARGS, *OPTIMIZER_ARGS, *KNOWN, *SIDES}
_OWN_RECIPE = Text(
    "is a recipe of Danlu's: train it with `danlu train`, nothing needs to be imported",
    "是丹炉自己的配方：直接用 `danlu train` 训练，无需导入",
)
_BY_HAND = Text(
    "Make a recipe with `danlu init`, and set there what you need.", "请用 `danlu init` 生成配方，再填写所需的设置。"
)


class Kind(NamedTuple):
    """A kind of file that isn't kohya's LoRA settings."""

    fits: Callable[[Values], bool]
    said: Text
    """What it is and what to do, behind the file's name."""


def _of_program(program: str) -> Text:
    return Text(
        f"holds settings of {program}, which Danlu doesn't read, only those of kohya. {_BY_HAND.en}",
        f"是 {program} 的设置，丹炉只能读取 kohya GUI 与 sd-scripts 的设置。{_BY_HAND.zh}",
    )


def _has(*keys: str) -> Callable[[Values], bool]:
    return lambda values: all(key in values for key in keys)


def _is_metadata(values: Values) -> bool:
    entries = list(values.values())
    known = {"caption", "tags", "train_resolution", "image_size"}
    return bool(entries) and all(isinstance(one, Mapping) and known & one.keys() for one in entries)


def _is_recipe(values: Values) -> bool:
    dataset, adapter = values.get("dataset"), values.get("adapter")
    return isinstance(dataset, Mapping) and ("path" in dataset or isinstance(adapter, Mapping))


def _is_prompts(values: Values) -> bool:
    prompts = values.get("prompts")
    return isinstance(prompts, list) and any(isinstance(one, Mapping) and "target" in one for one in prompts)


_KINDS = (
    Kind(_is_recipe, _OWN_RECIPE),
    Kind(
        _is_metadata,
        Text(
            "is kohya's metadata file (captions of pictures), not settings: take its captions with "
            "`danlu dataset import PICTURES`.",
            "是 kohya 的元数据文件（图片的标注），不是设置：请用 `danlu dataset import 图片文件夹` 导入其中的标注。",
        ),
    ),
    Kind(_is_prompts, _of_program("LECO (prompts of a concept slider)")),
    Kind(_has("training_method", "optimizer"), _of_program("OneTrainer")),
    Kind(lambda values: "training_method" in values or "concept_file_name" in values, _of_program("OneTrainer")),
    Kind(
        lambda values: (
            any(key.startswith("--") for key in values)
            or "data_backend_config" in values
            or ("model_family" in values and "model_type" in values)
        ),
        _of_program("SimpleTuner"),
    ),
    Kind(
        lambda values: isinstance(values.get("config"), Mapping) and "process" in values["config"],
        _of_program("ai-toolkit"),
    ),
    Kind(lambda values: "dit" in values or "dit_path" in values, _of_program("Musubi Tuner")),
    Kind(
        lambda values: "transformer_path" in str(values.get("model", "")) or "micro_batch_size_per_gpu" in values,
        _of_program("diffusion-pipe"),
    ),
    Kind(
        lambda values: "token_string" in values or "init_word" in values,
        Text(
            "was saved in the Textual Inversion tab: it trains an embedding, which Danlu doesn't. For a LoRA of the "
            "same pictures: `danlu init PICTURES`.",
            "来自 Textual Inversion 标签页：它训练的是 embedding，丹炉不支持。若要用同样的图片训练 LoRA："
            "`danlu init 图片文件夹`。",
        ),
    ),
)


def require_kohya(values: Values, shown: str) -> None:
    """Raise `UserError` for a parsed file that isn't kohya's settings; `shown` is what it is called."""
    for kind in _KINDS:
        if kind.fits(values):
            _refuse(shown, kind.said)


def require_known_keys(values: Values, shown: str) -> None:
    """Raise `UserError` if most of the (flat) settings are nothing that kohya knows, or are of another base."""
    if base := _other_base(values):
        _refuse(
            shown,
            Text(
                f"trains {base}: Danlu trains Stable Diffusion 1, 2 and XL only.",
                f"用于训练 {base}：丹炉目前只支持 Stable Diffusion 1、2 与 XL。",
            ),
        )
    known = [key for key in values if key in _OURS]
    if len(known) * 2 < len(values) or not known:
        example = next((key for key in values if key not in _OURS), "")
        named = Text(f" ('{example}', for one, is none of its settings)", f"（例如“{example}”不是它的设置项）")
        _refuse(
            shown,
            Text(
                f"isn't a settings file of kohya's GUI (JSON) or sd-scripts (TOML){named.en if example else ''}.",
                f"不是 kohya GUI（JSON）或 sd-scripts（TOML）的设置文件{named.zh if example else ''}。",
            ),
        )


def require_readable(text: str, shown: str) -> None:
    """Raise `UserError` for the text of a file that is no JSON or TOML, but known."""
    if re.search(r"^(job|config)\s*:", text, re.MULTILINE) and re.search(
        r"^\s*-?\s*(process|type)\s*:", text, re.MULTILINE
    ):
        _refuse(shown, _of_program("ai-toolkit"))
    if re.search(r"^\s*-\s*target\s*:", text, re.MULTILINE):
        _refuse(shown, _of_program("LECO (prompts of a concept slider)"))
    if text.lstrip().startswith(("accelerate launch", "#!", "python ")):
        _refuse(
            shown,
            Text(
                "is a command line, not a settings file: save its settings with --output_config, or as TOML.",
                "是命令行而不是设置文件：请用 --output_config 保存设置，或写成 TOML。",
            ),
        )


def _other_base(values: Values) -> str | None:
    """The base that the settings are for, if Danlu can't train it."""
    for key, value in values.items():
        if key.endswith("_checkbox") and value in (True, "true", 1) and (found := _base_in(key)):
            return found
    for key in ("network_module", "LoRA_type"):
        if found := _base_in(str(values.get(key) or "")):
            return found
    if "LoRA_type" not in values and any(values.get(key) not in UNSET for key in ("t5xxl", "clip_l", "clip_g")):
        return "Flux / Stable Diffusion 3"
    return None


def _base_in(name: str) -> str | None:
    return next((base for word, base in OTHER_BASES.items() if word in name.lower()), None)


def _refuse(shown: str, said: Text) -> NoReturn:
    raise UserError(f"'{shown}' {said.en}", f"“{shown}”{said.zh}")
