"""Settings of other programs that lie beside pictures and say how they are to be trained on.

OneTrainer's `concepts.json` and SimpleTuner's `multidatabackend.json` name folders, how often their pictures are shown
and where captions come from. Captions that come from the files' names, or that are one for all, are taken over; how
often pictures are shown is told, for Danlu keeps that in the folder's name or in danlu.toml.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, cast

from danlu.kit.language import Text
from danlu.kit.parsing import parse_json


@dataclass(frozen=True)
class FolderWish:
    """What settings say of one folder of pictures."""

    folder: str
    """The last part of its path."""
    repeats: float
    """How often each picture is shown in an epoch."""
    from_names: bool = False
    """Whether captions are the files' names."""
    caption: str | None = None
    """The caption of all pictures."""


@dataclass(frozen=True)
class Project:
    """The settings of one program."""

    program: str
    file: str
    folders: tuple[FolderWish, ...]

    def caption_of(self, name: str) -> str | None:
        """The caption of a picture (POSIX path, beginning with its source's name) that has no other."""
        path = PurePosixPath(name)
        wish = next((one for one in self.folders if one.folder in path.parent.parts), None)
        if wish is None:
            return None
        return path.stem.replace("_", " ").strip() if wish.from_names else wish.caption

    def notice(self) -> Text:
        """What of it isn't taken over."""
        shown = [(one.folder, f"{one.repeats:g}") for one in self.folders if one.repeats != 1]
        en = ", ".join(f"{times} times for '{folder}'" for folder, times in shown)
        zh = "、".join(f"“{folder}” {times} 次" for folder, times in shown)
        told = Text(f" (repeats: {en})", f"（重复次数：{zh}）") if shown else Text("", "")
        return Text(
            f"'{self.file}' holds settings of {self.program}: of these only captions are taken over, not how the "
            f"pictures are shown{told.en}; `danlu dataset repeats` sets that.",
            f"“{self.file}”是 {self.program} 的设置：只采用其中的标注，不采用图片的训练方式{told.zh}；"
            "重复次数请用 `danlu dataset repeats` 设置。",
        )


def read_project(file: str, content: bytes) -> Project | None:
    """The settings in a JSON file of this name; None if they are of no program that is known here."""
    try:
        document: Any = parse_json(content.decode("utf-8-sig"))
    except ValueError:
        return None
    if not isinstance(document, list) or not document:
        return None
    entries = [cast(dict[str, Any], one) for one in cast(list[Any], document) if isinstance(one, dict)]
    if any("instance_data_dir" in one or "caption_strategy" in one for one in entries):
        return Project("SimpleTuner", file, _of_simpletuner(entries))
    if all("path" in one and ("text" in one or "balancing" in one or "image" in one) for one in entries) and entries:
        return Project("OneTrainer", file, _of_onetrainer(entries))
    return None


def _of_onetrainer(entries: Sequence[dict[str, Any]]) -> tuple[FolderWish, ...]:
    wishes: list[FolderWish] = []
    for one in entries:
        text: Any = one.get("text")
        source = cast(dict[str, Any], text).get("prompt_source") if isinstance(text, dict) else None
        repeats = _number(one.get("balancing"), 1) if one.get("balancing_strategy", "REPEATS") == "REPEATS" else 1
        wishes.append(FolderWish(_last(one.get("path")), repeats, from_names=source == "filename"))
    return tuple(wishes)


def _of_simpletuner(entries: Sequence[dict[str, Any]]) -> tuple[FolderWish, ...]:
    """Its repeats are those after the first time."""
    wishes: list[FolderWish] = []
    for one in entries:
        strategy, prompt = one.get("caption_strategy"), one.get("instance_prompt")
        for_all = prompt.strip() if strategy == "instanceprompt" and isinstance(prompt, str) else None
        wish = FolderWish(
            _last(one.get("instance_data_dir")),
            _number(one.get("repeats"), 0) + 1,
            from_names=strategy == "filename",
            caption=for_all or None,
        )
        wishes += [wish] if wish.folder else []
    return tuple(wishes)


def _last(path: Any) -> str:
    return PurePosixPath(path.replace("\\", "/")).name if isinstance(path, str) else ""


def _number(value: Any, usual: float) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else usual
