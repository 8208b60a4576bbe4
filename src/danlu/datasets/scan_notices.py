"""What a scan has to tell: files that were passed over, captions in other encodings, entries that fit nothing."""

import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from danlu.datasets.file_kinds import SortedFiles, stem_key
from danlu.datasets.formats import way_out
from danlu.datasets.manifest import MANIFEST_NAME, ConceptFacts, Manifest
from danlu.datasets.walk import Walk
from danlu.kit.language import Text


def tell_walk(walk: Walk) -> list[Text]:
    """Folders that were not looked into."""
    notices: list[Text] = []
    if walk.closed:
        count, first = len(walk.closed), walk.closed[0]
        notices.append(
            Text(
                f"{count} folders can't be read and are passed over, as '{first}': change their permissions.",
                f"有 {count} 个文件夹无法读取，已跳过（如“{first}”）：请修改权限。",
            )
        )
    if walk.passed_over:
        count, first = len(walk.passed_over), walk.passed_over[0]
        notices.append(
            Text(
                f"{count} links to folders are passed over, as '{first}': what they lead to is in the dataset already.",
                f"跳过了 {count} 个文件夹链接（如“{first}”）：其内容已在数据集中。",
            )
        )
    return notices


def tell_files(files: SortedFiles) -> list[Text]:
    """Files that are passed over, or taken for something else than one may think."""
    return [
        *_tell_unread(files.unread),
        *tell_foreign_masks(files.foreign_masks),
        *_tell_conditions(files.conditions),
        *_tell_sidecars(files),
    ]


def _tell_unread(unread: Sequence[str]) -> list[Text]:
    if not unread:
        return []
    out = way_out(Path(unread[0]).suffix)
    return [
        Text(
            f"{len(unread)} files of kinds that aren't read are passed over, as '{unread[0]}': {out.en}.",
            f"跳过了 {len(unread)} 个格式不支持的文件（如“{unread[0]}”）：{out.zh}。",
        )
    ]


def tell_foreign_masks(masks: Sequence[str]) -> list[Text]:
    """Pictures that are taken for masks because other programs name theirs so."""
    if not masks:
        return []
    return [
        Text(
            f"{len(masks)} pictures are masks by their names, as '{masks[0]}', and aren't trained on: rename those "
            "that are none.",
            f"{len(masks)} 张图片按名称视为蒙版（如“{masks[0]}”），不参与训练：如不是蒙版请改名。",
        )
    ]


def _tell_conditions(conditions: Sequence[str]) -> list[Text]:
    if not conditions:
        return []
    return [
        Text(
            f"{len(conditions)} conditioning pictures of another program are left out, as '{conditions[0]}'.",
            f"未使用其他程序的 {len(conditions)} 张条件图（如“{conditions[0]}”）。",
        )
    ]


def _tell_sidecars(files: SortedFiles) -> list[Text]:
    """Captions that only an import understands, of pictures that have no other."""
    bare = [name for name in files.pictures if stem_key(name) not in files.captions]
    found = [files.sidecars[key][0] for name in bare if (key := stem_key(name)) in files.sidecars]
    found = found or list(files.folder_files if bare else ())
    if found:
        return [
            Text(
                f"Captions as other programs keep them, as in '{found[0]}', aren't read here: bring the folder into a "
                "new one with `danlu dataset import`, which understands them.",
                f"此处不读取其他程序格式的标注（如“{found[0]}”）：请用 `danlu dataset import` 导入到新文件夹。",
            )
        ]
    return _tell_unknown(bare, files.others)


def _tell_unknown(bare: Sequence[str], others: Sequence[str]) -> list[Text]:
    """Files of some kind beside most of the pictures that have no caption: perhaps these are what is missing."""
    stems = {stem_key(name) for name in bare}
    beside = [name for name in others if stem_key(name) in stems]
    suffixes = Counter(suffix for name in beside if (suffix := Path(name).suffix.lower()) not in _NO_TEXTS)
    suffix, count = next(iter(suffixes.most_common(1)), ("", 0))
    if not suffix or 2 * count < len(bare):
        return []
    return [
        Text(
            f"Beside {count} pictures without a caption lies a '{suffix}' file: if these are captions, rename them to "
            "'.txt'.",
            f"{count} 张没有标注的图片旁有“{suffix}”文件：如果是标注，请改名为“.txt”。",
        )
    ]


_NO_TEXTS = frozenset({".npz", ".npy", ".pt", ".pth", ".safetensors", ".bin", ".db", ".mp4", ".zip", ".bak", ".tmp"})
"""Caches and the like, of which everybody knows that they are no captions."""


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
    there = {unicodedata.normalize("NFC", name) for name in found}
    strangers += sorted(name for name in facts.pictures if unicodedata.normalize("NFC", name) not in there)
    if not strangers:
        return []
    names: Mapping[str, str] = {"en": ", ".join(f"'{name}'" for name in strangers[:3]), "zh": "、".join(strangers[:3])}
    return [
        Text(
            f"{MANIFEST_NAME} speaks of {len(strangers)} things that aren't in the folder, as {names['en']}.",
            f"{MANIFEST_NAME} 中有 {len(strangers)} 项在文件夹中找不到：{names['zh']}。",
        )
    ]
