"""sd-scripts' prompts for previews: lines with options behind them, in the settings' own text or in a file (txt, toml,
json), and the same from Danlu's.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path, PureWindowsPath
from typing import Any

from danlu.generation.prompt_options import (
    NEAREST_SAMPLERS,
    OPTIONS,
    PromptLine,
    join_options,
    read_option,
    split_options,
)
from danlu.generation.prompts import Prompt
from danlu.interop.kohya.incoming.settings import Settings
from danlu.kit.errors import UserError
from danlu.kit.language import Text
from danlu.kit.parsing import parse_json, parse_toml
from danlu.previews.config import PreviewConfig

MOST = PreviewConfig.model_fields["prompts"].metadata[0].max_length
STEP_PX = 8
"""To what sd-scripts rounds the sides of its previews down."""
LEAST_PX = 64
_FILES = (".txt", ".toml", ".json")
_LETTERS = {
    "negative_prompt": "n",
    "width": "w",
    "height": "h",
    "seed": "d",
    "sample_steps": "s",
    "scale": "l",
    "sample_sampler": "ss",
}
"""sd-scripts' names in TOML and JSON, and their letters."""
_SHARED = {"n": ("negative", str), "s": ("steps", int), "l": ("cfg", float)}
"""What stands in the recipe for all prompts where all share it."""
_NO_SUCH = Text("no option of a prompt in Danlu", "丹炉的提示词没有这个参数")
_NEAREST = Text("Danlu hasn't this sampler: the nearest", "丹炉没有该采样器，改用最接近的")


def write_prompts(prompts: Sequence[Prompt]) -> str:
    """The lines that draw what Danlu's previews show."""
    return "".join(f"{_written(prompt)}\n" for prompt in prompts)


def take_prompts(settings: Settings) -> None:
    """The prompts, with what each says of itself; what all of them share stands in the recipe for all."""
    given = settings.take("sample_prompts")
    if not given:
        return
    lines = read_prompts(given, beside=settings.folder)
    if not lines:
        missing = Text("there are no prompts, or no such file", "其中没有提示词，或该文件不存在")
        settings.drop("sample_prompts", given, missing)
        return
    if len(lines) > MOST:
        most = Text(f"{MOST} prompts at most: those after them are left out", f"最多 {MOST} 条提示词，其余已省去")
        settings.drop("sample_prompts", f"{len(lines)}", most)
    mended = [_mended(settings, line) for line in lines[:MOST]]
    for key in _shared(settings, mended):
        mended = [PromptLine(line.text, {k: v for k, v in line.options.items() if k not in key}) for line in mended]
    settings.put("sample_prompts", given, "previews.prompts", [join_options(line) for line in mended])


def read_prompts(prompts: Any, *, beside: Path | None) -> list[PromptLine]:
    """The lines of sd-scripts' prompt file, as it is named or in the folder `beside` (None opens no file), or of the
    text itself (the GUI); none if the file isn't there.
    """
    if not isinstance(prompts, str):
        return []
    suffix = Path(prompts).suffix.lower()
    if "\n" in prompts or suffix not in _FILES:
        return _lines(prompts)
    if beside is None:
        return []
    try:
        path = next(one for one in (Path(prompts), beside / PureWindowsPath(prompts).name) if one.is_file())
        return _READERS[suffix](path.read_text("utf-8-sig"))
    except (StopIteration, OSError, ValueError, KeyError, TypeError, AttributeError):
        return []


def _lines(text: str) -> list[PromptLine]:
    lines = (split_options(line) for line in text.splitlines() if not line.startswith("#"))
    return [line for line in lines if line.text]


def _of_toml(text: str) -> list[PromptLine]:
    table = parse_toml(text)["prompt"]
    above = {key: value for key, value in table.items() if key != "subset"}
    return [_of_table({**above, **subset}) for subset in table["subset"]]


def _of_json(text: str) -> list[PromptLine]:
    return [split_options(one) if isinstance(one, str) else _of_table(one) for one in parse_json(text)]


def _of_table(table: Mapping[str, Any]) -> PromptLine:
    options = {_LETTERS.get(key, key): str(value) for key, value in table.items() if key not in ("prompt", "enum")}
    return PromptLine(" ".join(str(table.get("prompt", "")).split()), options)


_READERS: dict[str, Callable[[str], list[PromptLine]]] = {".txt": _lines, ".toml": _of_toml, ".json": _of_json}


def _mended(settings: Settings, line: PromptLine) -> PromptLine:
    """A line with options that Danlu can draw; what is left out or rounded is told."""
    kept: dict[str, str] = {}
    for key, value in line.options.items():
        name = f"sample_prompts --{key}"
        if key not in OPTIONS:
            settings.drop(name, value, _NO_SUCH)
            continue
        mended = NEAREST_SAMPLERS.get(value.lower(), value) if key == "ss" else value
        if mended != value:
            settings.put(name, value, "previews.prompts", mended, reason=_NEAREST)
        if key in ("w", "h") and value.isdecimal() and (side := _side(int(value))) != int(value):
            rounded = Text(
                f"sides are multiples of {STEP_PX}, as in kohya", f"边长须为 {STEP_PX} 的倍数，与 kohya 相同"
            )
            settings.put(name, value, "previews.prompts", side, reason=rounded)
            mended = str(side)
        try:
            read_option(key, mended)
        except UserError as error:
            settings.drop(name, value, error.text)
        else:
            kept[key] = mended
    return PromptLine(line.text, kept)


def _side(side: int) -> int:
    return max(LEAST_PX, side - side % STEP_PX)


def _shared(settings: Settings, lines: Sequence[PromptLine]) -> list[tuple[str, ...]]:
    """Put what all lines share into the recipe; returns the letters that needn't stand in the lines."""
    taken: list[tuple[str, ...]] = []
    first = lines[0].options
    for key, (field, read) in _SHARED.items():
        if key in first and all(line.options.get(key) == first[key] for line in lines):
            settings.put(f"sample_prompts --{key}", first[key], f"previews.{field}", read(first[key]))
            taken.append((key,))
    sizes = {(line.options.get("w"), line.options.get("h")) for line in lines}
    if len(sizes) == 1 and None not in (size := next(iter(sizes))):
        settings.put("sample_prompts --w", f"{size[0]}x{size[1]}", "previews.size", f"{size[0]}x{size[1]}")
        taken.append(("w", "h"))
    seeds = [line.options.get("d") for line in lines]
    if seeds[0] is not None and seeds == [str(int(seeds[0]) + index) for index in range(len(lines))]:
        settings.put("sample_prompts --d", seeds[0], "previews.seed", int(seeds[0]))
        taken.append(("d",))
    return taken


def _written(prompt: Prompt) -> str:
    negative = f" --n {_one_line(prompt.negative)}" if _one_line(prompt.negative) else ""
    width, height = prompt.size
    rest = f"--w {width} --h {height} --d {prompt.seed} --s {prompt.steps} --l {prompt.cfg:g}"
    return f"{_one_line(prompt.text)}{negative} {rest}"


def _one_line(text: str) -> str:
    """A prompt as it can stand in a line: sd-scripts takes ` --` for the start of an option."""
    return re.sub(r"\s--+", " ", " ".join(text.split()))
