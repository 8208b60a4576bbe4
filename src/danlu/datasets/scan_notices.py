"""What a scan has to tell: files that were passed over, captions in other encodings, entries that fit nothing."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from danlu.datasets.formats import way_out
from danlu.datasets.manifest import MANIFEST_NAME, ConceptFacts, Manifest
from danlu.kit.language import Text


def tell_unread(unread: Sequence[str]) -> list[Text]:
    """Files whose kinds aren't read."""
    if not unread:
        return []
    out = way_out(Path(unread[0]).suffix)
    return [
        Text(
            f"{len(unread)} files of kinds that aren't read are passed over, as '{unread[0]}': {out.en}.",
            f"跳过了 {len(unread)} 个格式不支持的文件（如“{unread[0]}”）：{out.zh}。",
        )
    ]


def tell_outside(outside: Sequence[str]) -> list[Text]:
    """Pictures beside the folders that name concepts."""
    if not outside:
        return []
    return [
        Text(
            f"{len(outside)} pictures lie outside of the REPEATS_NAME folders and are left out, as '{outside[0]}'.",
            f"有 {len(outside)} 张图片不在“重复次数_概念名”文件夹中，未使用（如“{outside[0]}”）。",
        )
    ]


def tell_captions(notices: Sequence[Text]) -> list[Text]:
    """The first of many notices of one kind, and how many more there are."""
    if len(notices) <= 1:
        return list(notices)
    more = len(notices) - 1
    return [Text(f"{notices[0].en} (and {more} more files)", f"{notices[0].zh}（另有 {more} 个文件）")]


def tell_unmatched(facts: Manifest, matched: Sequence[ConceptFacts | None], found: Sequence[str]) -> list[Text]:
    """Entries of the manifest that fit nothing in the folder: a name that changed, or a slip of the pen.

    `matched` are the facts that belong to a concept, `found` the names of the pictures that are there.
    """
    used = [id(known) for known in matched if known]
    strangers = [name for name, known in facts.concepts.items() if id(known) not in used]
    strangers += sorted(facts.pictures.keys() - set(found))
    if not strangers:
        return []
    names: Mapping[str, str] = {"en": ", ".join(f"'{name}'" for name in strangers[:3]), "zh": "、".join(strangers[:3])}
    return [
        Text(
            f"{MANIFEST_NAME} speaks of {len(strangers)} things that aren't in the folder, as {names['en']}.",
            f"{MANIFEST_NAME} 中有 {len(strangers)} 项在文件夹中找不到：{names['zh']}。",
        )
    ]
