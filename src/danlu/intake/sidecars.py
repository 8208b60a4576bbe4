"""What other programs write beside a picture, made into a caption: plain texts under other names, and JSON of boorus.

gallery-dl and Hydrus write one tag a line, boorus part tags by blanks and write `long_hair`; as captions, tags are
parted by commas and blanks stand in them. Tags of names come before the general ones, those about the file (`highres`)
and ratings are left out.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, cast

from danlu.datasets.captions import decode_caption
from danlu.kit.parsing import parse_json

_TEXTS = ("caption", "text", "prompt", "description", "caption_text", "txt")
_KINDS = ("character", "species", "copyright", "series", "artist", "general", "lore")
"""Categories of boorus in the order of captions; `meta`, `invalid` and `rating` aren't among them."""
_ABOUT_FILES = ("meta", "metadata", "invalid", "rating", "deprecated")


def read_sidecar(name: str, content: bytes) -> str:
    """The caption in a file that another program wrote about one picture; empty if it says nothing.

    Raises `UserError` if it is no text.
    """
    text = decode_caption(name, content)[0].strip()
    suffix = PurePosixPath(name).suffix.lower()
    if suffix == ".json":
        try:
            return _caption_of_json(parse_json(text))
        except ValueError:
            return ""
    if "," in text or "，" in text:
        return text
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) > 1:
        return _joined(lines)
    words = text.split()
    return _joined(words) if suffix in (".tags", ".tag", ".booru") and any("_" in word for word in words) else text


def caption_in(about: Mapping[str, Any]) -> str:
    """The caption of what is said of a picture: its text, then its tags."""
    # gallery-dl names the site as "category"; what it calls a caption is what the artist wrote below the picture.
    texts = () if "category" in about else tuple(about.get(key) for key in _TEXTS)
    text = next((one.strip() for one in texts if isinstance(one, str) and one.strip()), "")
    return ", ".join(part for part in (text, _tags_in(about)) if part)


def _caption_of_json(document: Any) -> str:
    if isinstance(document, str):
        return document.strip()
    if isinstance(document, list):
        return _joined(_strings(cast(list[Any], document)))
    if not isinstance(document, dict):
        return ""
    about = cast(dict[str, Any], document)
    inner = about.get("post")
    return caption_in(cast(dict[str, Any], inner) if isinstance(inner, dict) else about)


def _tags_in(about: Mapping[str, Any]) -> str:
    for stem in ("tag_string", "tags"):
        whole = about.get(stem)
        if isinstance(whole, dict):
            return _joined(_tags_of_mapping(cast(dict[str, Any], whole)))
        parts = {kind: _split(about.get(f"{stem}_{kind}")) for kind in (*_KINDS, *_ABOUT_FILES)}
        named = [tag for kind in _KINDS for tag in parts[kind]]
        aside = {tag for kind in _ABOUT_FILES for tag in parts[kind]}
        if isinstance(whole, str) and not named and not _is_parted_by_blanks(whole, about):
            return whole.strip()
        if found := [*named, *(tag for tag in _split(whole) if tag not in aside)]:
            return _joined(found)
    return ""


def _is_parted_by_blanks(tags: str, about: Mapping[str, Any]) -> bool:
    """Whether a string of tags is a booru's, where "long_hair smile" are two; else "long hair" is one."""
    if re.search("[,，]", tags):
        return False
    return "_" in tags or any(key in about for key in ("tag_string", "rating", "md5", "category", "file_url"))


def _tags_of_mapping(tags: Mapping[str, Any]) -> list[str]:
    """e621 sorts tags into lists by kind, taggers give each a score."""
    if all(isinstance(score, int | float) for score in tags.values()):
        return sorted(tags, key=lambda tag: -float(tags[tag]))
    known = [kind for kind in _KINDS if kind in tags]
    others = [kind for kind in tags if kind not in _KINDS and kind not in _ABOUT_FILES]
    return [tag for kind in (*known, *others) for tag in _split(tags[kind])]


def _split(value: Any) -> list[str]:
    """Tags in a list, or parted by blanks (by commas, if there are any)."""
    if isinstance(value, str):
        return [
            tag.strip() for tag in re.split(r"[,，]" if re.search("[,，]", value) else r"\s+", value) if tag.strip()
        ]
    return _strings(cast(Sequence[Any], value)) if isinstance(value, list) else []


def _strings(values: Sequence[Any]) -> list[str]:
    return [one.strip() for one in values if isinstance(one, str) and one.strip()]


def _joined(tags: Sequence[str]) -> str:
    """Tags as a caption: each once, with blanks; `^_^` and the like stay."""
    spelled = (tag.replace("_", " ") if re.search(r"[^\W_]{2}", tag) else tag for tag in tags)
    return ", ".join(dict.fromkeys(tag.replace(",", " ") for tag in spelled))
