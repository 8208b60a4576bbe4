"""From a folder to a dataset: which pictures there are, which concept each teaches, what its caption says.

Layouts that are understood, at any depth and under any Unicode path: a plain folder (one concept, named as the
folder); kohya's `REPEATS_NAME` folders below the given one; such a folder itself; any of these below a folder named
`reg`, whose pictures are for regularization (see `regularization`). Only headers of pictures are read.
"""

import os
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from danlu.datasets.captions import CAPTION_SUFFIXES, read_caption
from danlu.datasets.extension import may_lie
from danlu.datasets.formats import PICTURE_SUFFIXES, UNREAD_SUFFIXES
from danlu.datasets.history import recover
from danlu.datasets.manifest import MANIFEST_NAME, ConceptFacts, Manifest, PictureFacts, read_manifest
from danlu.datasets.pictures import Concept, Dataset, Picture, Problem
from danlu.datasets.scan_notices import tell_captions, tell_outside, tell_unmatched, tell_unread
from danlu.datasets.sizes import known_size
from danlu.datasets.views import views_of
from danlu.kit.errors import UserError
from danlu.kit.language import Text

MASK_SUFFIX = ".mask.png"
"""`a.mask.png` tells which parts of `a.png` (or `a.jpg` …) count; it is no picture to train on."""
REGULARIZATION_NAMES = frozenset({"reg", "reg_images", "regularization", "regularisation", "正则", "正则化"})
REPEATS_NAME = re.compile(r"([1-9]\d{0,2})_(.+)")
"""kohya's name for a concept's folder: how often its pictures are shown, and what they are called."""


class _Place(NamedTuple):
    """What the folders above a picture say of its concept."""

    regularization: bool
    name: str
    folder_repeats: int
    """0 if no folder's name gives a number."""


@dataclass
class _Finds:
    """What a walk through the folder gathers, all by POSIX path below the root."""

    pictures: list[tuple[str, _Place]] = field(default_factory=list[tuple[str, _Place]])
    captions: set[str] = field(default_factory=set[str])
    caption_notices: list[Text] = field(default_factory=list[Text])
    masks: dict[str, Path] = field(default_factory=dict[str, Path])
    unread: list[str] = field(default_factory=list[str])
    problems: list[Problem] = field(default_factory=list[Problem])


class _Known(NamedTuple):
    """What is known of a picture before it is looked at."""

    concept: int
    repeats: int
    finds: _Finds


def scan_dataset(
    root: Path,
    *,
    repeats: int | None = None,
    manifest: bool = True,
    regularization: bool = False,
    without: Collection[Path] = (),
) -> Dataset:
    """Find the pictures of a dataset with their sizes, captions and concepts.

    A picture's repeats are the first of: its own in the manifest, `repeats` (not for regularization pictures), its
    concept's in the manifest, the number in its folder's name, 1. Views of a picture follow it. A picture that can't be
    used becomes a `Problem`.
    What a killed process was writing is taken back first, so that captions are of one state (see `history`).
    With `regularization` all pictures are for that; the folders `without` (resolved) are passed over.
    Raises `UserError` if the folder is missing, is no folder, or holds no usable picture.
    """
    _require_folder(root)
    recover(root)
    facts = read_manifest(root) if manifest else Manifest()
    finds = _walk(root, regularization, without)
    kept, outside = _keep_within_concepts(finds.pictures)
    places = sorted({place for _, place in kept})
    concept_facts = _match_concepts(facts, places)
    concepts = [_make_concept(place, known, repeats) for place, known in zip(places, concept_facts, strict=True)]
    notices = [
        *tell_unread(finds.unread),
        *tell_outside(outside),
        *tell_unmatched(facts, concept_facts, [name for name, _ in kept]),
    ]
    pictures: list[Picture] = []
    problems = finds.problems
    for name, place in kept:
        about = facts.pictures.get(name, PictureFacts())
        if about.excluded:
            continue
        index = places.index(place)
        repeated = about.repeats or concepts[index].repeats
        try:
            pictures += _read_picture(root / name, name, about, _Known(index, repeated, finds))
        except UserError as error:
            problems.append(Problem(name, error.text))
    if not (regularization and pictures):
        _require_pictures(root, concepts, pictures, problems)
    notices += tell_captions(finds.caption_notices)
    return Dataset(root, tuple(concepts), tuple(pictures), tuple(problems), tuple(notices), finds.masks)


def _require_folder(root: Path) -> None:
    if not root.exists():
        raise UserError(
            f"The dataset folder '{root}' doesn't exist: check the path.", f"数据集文件夹“{root}”不存在：请检查路径。"
        )
    if not root.is_dir():
        raise UserError(
            f"The dataset '{root}' is a file: give the folder that holds the pictures.",
            f"数据集“{root}”是一个文件：请指定存放图片的文件夹。",
        )


def _walk(root: Path, regularization: bool, without: Collection[Path]) -> _Finds:
    """Every picture, caption and mask below the root, sorted by path; hidden files and folders are passed over."""
    finds = _Finds()
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith((".", "__MACOSX")) and Path(folder, name).resolve() not in without
        )
        below = Path(folder).relative_to(root)
        place = _place_of(root, below, regularization)
        for file in sorted(files):
            name, suffix = (below / file).as_posix(), Path(file).suffix.lower()
            if file.startswith("."):
                continue
            if suffix in CAPTION_SUFFIXES:
                finds.captions.add(name)
            elif name.lower().endswith(MASK_SUFFIX):
                finds.masks[name[: -len(MASK_SUFFIX)]] = root / name
            elif suffix in UNREAD_SUFFIXES:
                finds.unread.append(name)
            elif suffix in PICTURE_SUFFIXES:
                if name.isprintable() or _is_encodable(name):
                    finds.pictures.append((name, place))
                else:
                    finds.problems.append(_misnamed(name))
    finds.pictures.sort()
    return finds


def _is_encodable(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _misnamed(name: str) -> Problem:
    shown = name.encode(errors="replace").decode()
    return Problem(
        shown,
        Text(
            f"The name of '{shown}' isn't valid Unicode: rename the file.",
            f"“{shown}”的文件名不是有效的 Unicode：请重命名。",
        ),
    )


def _place_of(root: Path, below: Path, regularization: bool) -> _Place:
    """The concept of a folder's pictures: the nearest folder, up to the root, that names one."""
    parts = below.parts
    regularization = regularization or any(part.lower() in REGULARIZATION_NAMES for part in parts)
    root_name = root.resolve().name
    for part in (*reversed(parts), root_name):
        if match := REPEATS_NAME.fullmatch(part):
            return _Place(regularization, match[2], int(match[1]))
        if regularization and part.lower() in REGULARIZATION_NAMES:
            return _Place(True, part, 0)
    return _Place(regularization, root_name or "dataset", 0)


def _keep_within_concepts(pictures: Sequence[tuple[str, _Place]]) -> tuple[list[tuple[str, _Place]], list[str]]:
    """Pictures to use, and names of those outside of kohya's folders where there are such folders.

    A kohya project also holds samples and logs, which must not be trained on.
    """
    if not any(place.folder_repeats and not place.regularization for _, place in pictures):
        return list(pictures), []
    kept = [(name, place) for name, place in pictures if place.folder_repeats or place.regularization]
    return kept, [name for name, place in pictures if not (place.folder_repeats or place.regularization)]


def _match_concepts(facts: Manifest, places: Sequence[_Place]) -> list[ConceptFacts | None]:
    """The manifest's facts for each concept, by name.

    A plain folder's concept is named as the folder: its only entry still counts after the folder was renamed.
    """
    matched = [facts.concepts.get(place.name) for place in places]
    trained = [index for index, place in enumerate(places) if not place.regularization]
    if len(trained) == 1 and len(facts.concepts) == 1 and not any(matched):
        matched[trained[0]] = next(iter(facts.concepts.values()))
    return matched


def _make_concept(place: _Place, known: ConceptFacts | None, repeats: int | None) -> Concept:
    known = known or ConceptFacts()
    given = None if place.regularization else repeats
    return Concept(
        name=place.name,
        repeats=given or known.repeats or place.folder_repeats or 1,
        trigger=known.trigger,
        regularization=place.regularization,
        traits=known.traits or (),
    )


def _read_picture(path: Path, name: str, about: PictureFacts, known: _Known) -> list[Picture]:
    """A picture and its views. Raises `UserError` if it can't be read or a crop box doesn't fit into it."""
    finds = known.finds
    caption = _read_caption_of(path, name, finds)
    whole = Picture(
        path,
        name,
        known.concept,
        known_size(path),
        known.repeats,
        caption,
        about.crop,
        mirror=about.mirror,
        held_out=bool(about.held_out),
        extend=about.extend,
    )
    stem = PurePosixPath(name).with_suffix("")
    views = views_of(whole, about.views, lambda view: _read_caption_of(path, f"{stem}.{view.view}.png", finds))
    for one in (whole, *views):
        _require_box_suits(one)
    return [whole, *views]


def _require_box_suits(picture: Picture) -> None:
    name, size = picture.name, picture.size
    if picture.crop and not may_lie(picture.crop, size, picture.extend):
        raise UserError(
            f"The crop box of '{name}' in {MANIFEST_NAME} doesn't fit into the picture ({size}); was it replaced? "
            "Crop it again, or let it be extended (extend = 'edge').",
            f"{MANIFEST_NAME} 中“{name}”的裁剪框超出图片范围（{size}），图片是否被替换过？"
            "请重新裁剪，或设置 extend = 'edge' 以填充边缘。",
        )


def _read_caption_of(path: Path, name: str, finds: _Finds) -> str | None:
    """The caption of the picture at `path`, which lies beside it under `name` with another suffix."""
    for suffix in CAPTION_SUFFIXES:
        beside = PurePosixPath(name).with_suffix(suffix)
        if str(beside) in finds.captions:
            caption = read_caption(path.with_name(beside.name))
            finds.caption_notices += [caption.notice] if caption.notice else []
            return caption.text
    return None


def _require_pictures(
    root: Path, concepts: Sequence[Concept], pictures: Sequence[Picture], problems: Sequence[Problem]
) -> None:
    """Refuse a dataset that has nothing to train on."""
    if any(not concepts[picture.concept].regularization for picture in pictures):
        return
    if problems:
        raise UserError(
            f"None of the pictures in '{root}' can be used; the first: {problems[0].text.en}",
            f"“{root}”中的图片都不可用；第一个问题：{problems[0].text.zh}",
        )
    if pictures:
        raise UserError(
            f"'{root}' holds regularization pictures only: add pictures of what is to be learnt.",
            f"“{root}”中只有正则化图片：请加入要学习的图片。",
        )
    if concepts:
        raise UserError(
            f"All pictures in '{root}' are excluded by {MANIFEST_NAME}: take 'excluded' away from some.",
            f"“{root}”中的图片都被 {MANIFEST_NAME} 排除：请去掉部分图片的 excluded。",
        )
    kinds = ", ".join(sorted(suffix[1:] for suffix in PICTURE_SUFFIXES))
    raise UserError(
        f"There are no pictures in '{root}': put {kinds} files there or check the path.",
        f"“{root}”中没有图片：请放入 {kinds} 文件，或检查路径。",
    )
