"""What suits which pictures: bases, taggers and captioners, how large they are, from where and under which licence.

In: `data/suitable.toml`. Out: rows for the documents, `danlu doctor`, `danlu download` and the web app, and the way out
that a sentence names where the embedded models can't help.
"""

import tomllib
from functools import cache
from typing import Literal

from pydantic import BaseModel, ConfigDict

from danlu.kit.language import Text
from danlu.kit.places import data_folder

Role = Literal["base", "tagger", "captioner"]
THEMES = {
    "anime": Text("anime drawings", "动漫插画"),
    "real": Text("photographs", "照片"),
    "2.5d": Text("2.5D", "2.5D"),
    "standard": Text("anything else", "其他"),
}
"""What pictures show, by the theme of a recipe that suits them."""
ROLES = {
    "base": Text("base", "底模"),
    "tagger": Text("tagger", "打标器"),
    "captioner": Text("captioner", "描述模型"),
}
PICTURES = Text("PICTURES", "图片文件夹")


class SuitableModel(BaseModel):
    """One model on the hub that suits some themes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    """owner/name, as `danlu download` takes it."""
    role: Role
    family: str = ""
    """Of a base."""
    gigabytes: float
    """To download, about."""
    licence: str
    themes: tuple[str, ...]
    en: str
    zh: str

    @property
    def draws(self) -> Text:
        """What it draws, or what it can tell."""
        return Text(self.en, self.zh)

    @property
    def size(self) -> Text:
        """About how much there is to download."""
        return Text(f"about {self.gigabytes:g} GB", f"约 {self.gigabytes:g} GB")

    @property
    def command(self) -> str:
        """What gets it."""
        return f"danlu download {self.name}"

    @property
    def folder(self) -> str:
        """Where `danlu download` puts it."""
        return f"models/{self.name.rpartition('/')[2]}"

    @property
    def use(self) -> Text:
        """What is done with it when it is there."""
        verb = "danlu init" if self.role == "base" else "danlu tag"
        return Text(*(f"{verb} {pictures} --{self.role} {self.folder}" for pictures in PICTURES))


@cache
def suitable_models() -> tuple[SuitableModel, ...]:
    """All rows, bases first."""
    rows = tomllib.loads((data_folder() / "suitable.toml").read_text("utf-8"))["model"]
    return tuple(SuitableModel(**row) for row in rows)


def suitable(role: Role, theme: str | None = None) -> list[SuitableModel]:
    """The models of a role, for a theme if one is given; the most suitable first."""
    return [one for one in suitable_models() if one.role == role and (theme is None or theme in one.themes)]


def way_out(role: Role, theme: str) -> Text:
    """The part of a sentence that tells how to get a model of a role for a theme, with size and licence."""
    best = suitable(role, theme)[0]
    return Text(
        f"`{best.command}` ({best.size.en}, {best.licence}) gets one for {THEMES[theme].en}",
        f"可用 `{best.command}` 下载适合{THEMES[theme].zh}的模型（{best.size.zh}，{best.licence}）",
    )
