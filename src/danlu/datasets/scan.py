"""From a folder to a dataset: which pictures there are, which concept each teaches, what its caption says.

Layouts that are understood, at any depth and under any Unicode path: a plain folder (one concept, named as the
folder); kohya's `REPEATS_NAME` folders below the given one; such a folder itself; any of these below a folder named
`reg`, whose pictures are for regularization (see `regularization`). Only headers of pictures are read.
"""

import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from danlu.datasets.captions import read_caption
from danlu.datasets.extension import may_lie
from danlu.datasets.file_kinds import CAPTION_SUFFIXES, SortedFiles, sort_files
from danlu.datasets.folder_names import Place, place_of
from danlu.datasets.formats import PICTURE_SUFFIXES
from danlu.datasets.history import interrupted
from danlu.datasets.manifest import MANIFEST_NAME, ConceptFacts, Manifest, PictureFacts, read_manifest
from danlu.datasets.pictures import Concept, Dataset, Picture, Problem
from danlu.datasets.scan_notices import tell_captions, tell_files, tell_outside, tell_unmatched, tell_walk
from danlu.datasets.sizes import known_size
from danlu.datasets.views import views_of
from danlu.datasets.walk import Walk, walk_files
from danlu.kit.errors import UserError
from danlu.kit.language import Text


@dataclass
class _Finds:
    """What a walk through the folder gathers, all by POSIX path below the root."""

    walk: Walk
    files: SortedFiles
    pictures: list[tuple[str, Place]]
    before: Mapping[str, bytes | None]
    """What files hold that a change was writing which didn't come to its end (see `history`)."""
    caption_notices: list[Text] = field(default_factory=list[Text])
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
    What a killed process was writing is read as it was before, so that captions are of one state (see `history`).
    With `regularization` all pictures are for that; the folders `without` (resolved) are passed over.
    Raises `UserError` if the folder is missing, is no folder, or holds no usable picture.
    """
    _require_folder(root)
    facts = read_manifest(root) if manifest else Manifest()
    finds = _walk(root, regularization, without)
    kept, outside = _keep_within_concepts(finds.pictures)
    places = sorted({place for _, place in kept})
    concept_facts = _match_concepts(facts, places)
    concepts = [_make_concept(place, known, repeats) for place, known in zip(places, concept_facts, strict=True)]
    notices = [
        *tell_walk(finds.walk),
        *tell_files(finds.files),
        *tell_outside(outside),
        *tell_unmatched(facts, concept_facts, [name for name, _ in kept]),
    ]
    pictures: list[Picture] = []
    problems = finds.problems
    indexes = {place: index for index, place in enumerate(places)}
    for name, place in kept:
        about = facts.about(name)
        if about.excluded:
            continue
        index = indexes[place]
        repeated = about.repeats or concepts[index].repeats
        try:
            pictures += _read_picture(root / name, name, about, _Known(index, repeated, finds))
        except UserError as error:
            problems.append(Problem(name, error.text))
    if not (regularization and pictures):
        _require_pictures(root, concepts, pictures, problems)
    notices += tell_captions(finds.caption_notices)
    masks = {stem: root / name for stem, name in finds.files.masks.items()}
    return Dataset(root, tuple(concepts), tuple(pictures), tuple(problems), tuple(notices), masks)


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
    _require_encodable(root)


def _require_encodable(root: Path) -> None:
    """Recipes, manifests and reports name the folder, in UTF-8."""
    whole = root.resolve()
    odd = next((part for part in reversed(whole.parts) if not _is_encodable(part)), None)
    if odd is not None:
        shown = _shown(odd)
        raise UserError(
            f"The name of the folder '{shown}' isn't valid Unicode (unpacked from a zip that wrote it in GBK?): rename "
            "it, or bring its pictures into a new folder with `danlu dataset import`.",
            f"文件夹“{shown}”的名称不是有效的 Unicode（可能来自用 GBK 写文件名的 zip）：请重命名，"
            "或用 `danlu dataset import` 导入到新文件夹。",
        )


def _walk(root: Path, regularization: bool, without: Collection[Path]) -> _Finds:
    """Every file below the root by what it is, pictures with what their folders say."""
    walk, before = walk_files(root, without), interrupted(root)
    texts = [name for name in before if PurePosixPath(name).suffix.lower() in CAPTION_SUFFIXES]
    there = {name for name in texts if before[name] is not None}
    files = sort_files([*(name for name in walk.files if name not in texts), *there])
    places: dict[PurePosixPath, Place] = {}
    finds = _Finds(walk, files, [], before)
    for name in files.pictures:
        if not _is_encodable(name):
            finds.problems.append(_misnamed(name))
            continue
        folder = PurePosixPath(name).parent
        if folder not in places:
            places[folder] = place_of(root, folder, regularization=regularization)
        finds.pictures.append((name, places[folder]))
    return finds


def _is_encodable(name: str) -> bool:
    if name.isprintable():
        return True
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _shown(name: str) -> str:
    return name.encode(errors="replace").decode()


def _misnamed(name: str) -> Problem:
    folder = next((part for part in PurePosixPath(name).parts[:-1] if not _is_encodable(part)), None)
    if folder is not None:
        shown = _shown(folder)
        text = Text(
            f"The name of the folder '{shown}' isn't valid Unicode: rename the folder.",
            f"文件夹“{shown}”的名称不是有效的 Unicode：请重命名。",
        )
        return Problem(_shown(name), text)
    shown = _shown(name)
    text = Text(
        f"The name of '{shown}' isn't valid Unicode: rename the file.",
        f"“{shown}”的文件名不是有效的 Unicode：请重命名。",
    )
    return Problem(shown, text)


def _keep_within_concepts(pictures: Sequence[tuple[str, Place]]) -> tuple[list[tuple[str, Place]], list[str]]:
    """Pictures to use, and names of those outside of kohya's folders where there are such folders.

    A kohya project also holds samples and logs, which must not be trained on.
    """
    if not any(place.folder_repeats and not place.regularization for _, place in pictures):
        return list(pictures), []
    kept = [(name, place) for name, place in pictures if place.folder_repeats or place.regularization]
    return kept, [name for name, place in pictures if not (place.folder_repeats or place.regularization)]


def _match_concepts(facts: Manifest, places: Sequence[Place]) -> list[ConceptFacts | None]:
    """The manifest's facts for each concept, by name.

    A plain folder's concept is named as the folder: its only entry still counts after the folder was renamed.
    """
    by_name = {unicodedata.normalize("NFC", name): known for name, known in facts.concepts.items()}
    matched = [by_name.get(unicodedata.normalize("NFC", place.name)) for place in places]
    trained = [index for index, place in enumerate(places) if not place.regularization]
    if len(trained) == 1 and len(facts.concepts) == 1 and not any(matched):
        matched[trained[0]] = next(iter(facts.concepts.values()))
    return matched


def _make_concept(place: Place, known: ConceptFacts | None, repeats: int | None) -> Concept:
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
    file, caption = _read_caption_of(path, name, finds)
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
        caption_file=file,
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


def _read_caption_of(path: Path, name: str, finds: _Finds) -> tuple[Path | None, str | None]:
    """The caption file of the picture at `path`, which lies beside it as `name` with another suffix, and its text."""
    beside = next(iter(finds.files.captions_of(name)), None)
    if beside is None:
        return None, None
    file = path.with_name(PurePosixPath(beside).name)
    caption = read_caption(file, finds.before.get(beside))
    finds.caption_notices += [caption.notice] if caption.notice else []
    return file, caption.text


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
