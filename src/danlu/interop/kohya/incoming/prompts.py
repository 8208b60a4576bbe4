"""sd-scripts' prompts for previews, one a line with options behind it (`--n bad --w 512`), and Danlu's."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from danlu.interop.kohya.facts.values import number, whole
from danlu.interop.kohya.incoming.settings import Settings, read
from danlu.kit.language import Text
from danlu.previews.config import PreviewConfig

MOST = PreviewConfig.model_fields["prompts"].metadata[0].max_length


_FILES = (".txt", ".toml", ".json")


class Line(NamedTuple):
    """A prompt and its options by letter."""

    text: str
    options: dict[str, str]


def write_prompts(config: PreviewConfig, prompts: Sequence[str], native_px: int) -> str:
    """The lines that draw what Danlu's previews show."""
    width, _, height = (config.size or f"{native_px}x{native_px}").partition("x")
    negative = f" --n {_one_line(config.negative)}" if _one_line(config.negative) else ""
    rest = f"--s {config.steps} --l {config.cfg:g}"
    lines = (
        f"{_one_line(prompt)}{negative} --w {width} --h {height} --d {config.seed + index} {rest}"
        for index, prompt in enumerate(prompts)
    )
    return "".join(f"{line}\n" for line in lines)


def read_prompts(prompts: str) -> list[Line]:
    """The lines of sd-scripts' prompt file (.txt), or of the text itself (the GUI); none if it is another kind of file,
    or not there.
    """
    path = Path(prompts) if "\n" not in prompts and Path(prompts).suffix in _FILES else None
    if path is not None:
        if path.suffix != ".txt" or not path.is_file():
            return []
        prompts = path.read_text("utf-8-sig")
    lines = (_read_line(line.strip()) for line in prompts.splitlines() if not line.startswith("#"))
    return [line for line in lines if line.text]


def take_prompts(settings: Settings) -> None:
    """The prompts, and those of their options that all of them share: here they count for all."""
    given = settings.take("sample_prompts")
    if not given:
        return
    is_file = "\n" not in str(given) and Path(str(given)).suffix in _FILES
    lines = read_prompts(str(given))[:MOST] if settings.opens_files or not is_file else []
    if not lines:
        missing = Text("there are no prompts, or no such text file", "其中没有提示词，或该文本文件不存在")
        settings.drop("sample_prompts", given, missing)
        return
    settings.put("sample_prompts", given, "previews.prompts", [line.text for line in lines])
    for key in dict.fromkeys(key for line in lines for key in line.options):
        if key != "h":
            _take_option(settings, key, [line.options for line in lines])


def _take_option(settings: Settings, key: str, options: Sequence[Mapping[str, str]]) -> None:
    values = [one.get(key) for one in options]
    if key == "d":
        values = [
            None if value is None else str(read("sample_prompts", value, whole) - index)
            for index, value in enumerate(values)
        ]
    if key == "w":
        values = [f"{one[key]}x{one['h']}" if {key, "h"} <= one.keys() else None for one in options]
    shown = next((value for value in values if value is not None), "")
    field, reader = _OPTIONS.get(key, ("", str))
    if field and all(value == shown for value in values):
        settings.put(f"sample_prompts --{key}", shown, f"previews.{field}", read("sample_prompts", shown, reader))
    else:
        settings.drop(f"sample_prompts --{key}", shown, _NOT_SHARED if field else _NO_SUCH)


_OPTIONS = {
    "n": ("negative", str),
    "w": ("size", str),
    "d": ("seed", whole),
    "s": ("steps", whole),
    "l": ("cfg", number),
}
_NO_SUCH = Text("this version has no such setting", "当前版本没有该设置")
_NOT_SHARED = Text("here it counts for all prompts, and they differ in it", "此处该项对所有提示词相同，而它们各不相同")


def _read_line(line: str) -> Line:
    text, *options = re.split(r"(?:^|\s+)--(?=\w)", line)
    pairs = (option.strip().partition(" ") for option in options)
    return Line(text.strip(), {key.lower(): value.strip() for key, _, value in pairs})


def _one_line(text: str) -> str:
    """A prompt as it can stand in a line: sd-scripts takes ` --` for the start of an option."""
    return re.sub(r"\s--+", " ", " ".join(text.split()))
