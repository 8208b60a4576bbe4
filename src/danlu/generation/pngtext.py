"""Generation parameters in a PNG's text, in A1111's form, so that any tool's "PNG info" reads them and ours reads back.

ohwx girl, smile <lora:ohwx:0.8>
Negative prompt: blurry
Steps: 20, Sampler: DPM++ 2M Karras, CFG scale: 7, Seed: 1, Size: 512x768, Model: base, Clip skip: 2
"""

import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from PIL import Image, PngImagePlugin

from danlu.datasets.pictures import Size
from danlu.families.base import MAX_TOKENS, MaxTokens
from danlu.generation.prompts import DEFAULT_SAMPLER, Prompt
from danlu.kit.errors import UserError
from danlu.kit.files import atomic_path
from danlu.kit.parsing import parse_json

KEY = "parameters"
NEGATIVE = "Negative prompt: "
_SETTING = re.compile(r'\s*(\w[\w \-/]+):\s*("(?:\\.|[^\\"])+"|[^,]*)(?:,|$)')
_LORA = re.compile(r" ?<lora:([^:>]+):([^:>]+)>")


@dataclass(frozen=True)
class Parameters:
    """What a PNG says about how it was drawn."""

    prompt: Prompt
    adapters: tuple[tuple[str, float], ...] = ()
    """Names of adapter files (without folder and ending) and their strengths."""
    extra: Mapping[str, str] = field(default_factory=dict[str, str])
    """Further settings, e.g. `Model`."""


def write_parameters(
    prompt: Prompt, *, adapters: Sequence[tuple[str, float]] = (), extra: Mapping[str, str] | None = None
) -> str:
    """The text for one picture."""
    settings = {
        "Steps": str(prompt.steps),
        "Sampler": prompt.sampler,
        "CFG scale": f"{prompt.cfg:g}",
        "Seed": str(prompt.seed),
        "Size": str(prompt.size),
        **(extra or {}),
    }
    if prompt.clip_skip > 1:
        settings["Clip skip"] = str(prompt.clip_skip)
    if prompt.max_tokens > MAX_TOKENS[0]:
        settings["Max tokens"] = str(prompt.max_tokens)
    lines = [prompt.text + "".join(f" <lora:{name}:{strength:g}>" for name, strength in adapters)]
    if prompt.negative:
        lines.append(NEGATIVE + prompt.negative)
    lines.append(", ".join(f"{name}: {_quoted(value)}" for name, value in settings.items()))
    return "\n".join(lines)


def read_parameters(text: str) -> Parameters:
    """Read a text that `write_parameters` or A1111 wrote. Raises ValueError if its last line holds no settings."""
    *lines, last = text.strip("\n").split("\n")
    settings = {name: _unquoted(value.strip()) for name, value in _SETTING.findall(last)}
    if "Steps" not in settings:
        raise ValueError("the text has no line of settings that names 'Steps'")
    start = next((number for number, line in enumerate(lines) if line.startswith(NEGATIVE)), len(lines))
    positive = "\n".join(lines[:start])
    width, _, height = settings.pop("Size", "512x512").partition("x")
    prompt = Prompt(
        text=_LORA.sub("", positive),
        negative="\n".join(lines[start:]).removeprefix(NEGATIVE),
        seed=int(settings.pop("Seed", "0")),
        size=Size(int(width), int(height)),
        steps=int(settings.pop("Steps")),
        cfg=float(settings.pop("CFG scale", "7")),
        sampler=settings.pop("Sampler", DEFAULT_SAMPLER),
        clip_skip=int(settings.pop("Clip skip", "1")),
        max_tokens=cast(MaxTokens, int(settings.pop("Max tokens", "75"))),
    )
    adapters = tuple((name, float(strength)) for name, strength in _LORA.findall(positive))
    return Parameters(prompt, adapters, settings)


def with_adapter_called(text: str, name: str) -> str:
    """The same parameters, with the adapters of the prompt called by the name of the file that is passed on."""
    return _LORA.sub(lambda found: f"{' ' * found[0].startswith(' ')}<lora:{name}:{found[2]}>", text)


def save_png(picture: Image.Image, path: Path, parameters: str) -> None:
    """Write a picture with its parameters, whole or not at all."""
    info = PngImagePlugin.PngInfo()
    info.add_text(KEY, parameters)
    with atomic_path(path) as temporary:
        picture.save(temporary, format="PNG", pnginfo=info)


def png_bytes(picture: Image.Image, parameters: str) -> bytes:
    """A picture with its parameters, as a file's bytes."""
    info, buffer = PngImagePlugin.PngInfo(), io.BytesIO()
    info.add_text(KEY, parameters)
    picture.save(buffer, format="PNG", pnginfo=info)
    return buffer.getvalue()


def read_png(path: Path) -> Parameters:
    """The parameters of a PNG file. Raises `UserError` if it carries none."""
    with Image.open(path) as picture:
        text = picture.info.get(KEY, "")
    try:
        return read_parameters(text)
    except ValueError as error:
        raise UserError(
            f"'{path}' carries no generation parameters: choose a PNG that Danlu or A1111 wrote.",
            f"“{path}”中没有出图参数：请选择由 Danlu 或 A1111 保存的 PNG。",
        ) from error


def _quoted(value: str) -> str:
    return json.dumps(value, ensure_ascii=False) if set(value) & set(',:"\n') else value


def _unquoted(value: str) -> str:
    if value.startswith('"') and value.endswith('"'):
        try:
            return str(parse_json(value))
        except ValueError:
            return value
    return value
