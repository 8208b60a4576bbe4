"""Adding and removing views of a picture, and saying from which side pictures are shown."""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from danlu.composition.named import changed_pictures, picture_named, pictures_named
from danlu.datasets.asymmetry import sided_things
from danlu.datasets.formats import PICTURE_SUFFIXES
from danlu.datasets.history import Contents
from danlu.datasets.manifest import PictureFacts, ViewFacts, read_manifest
from danlu.datasets.pictures import Dataset, Mirror, Picture
from danlu.kit.errors import UserError


def add_view(dataset: Dataset, picture: str, name: str, facts: ViewFacts) -> Contents:
    """What the manifest is to hold with a further view of a picture; one of this name is replaced.

    Raises `UserError` for an unknown picture, a name that can't be one, a box outside of the picture, and a view that
    shows just what the picture shows.
    """
    whole = _whole(dataset, picture)
    _require_name(whole, name)
    if facts.crop and not facts.crop.lies_within(whole.size):
        box = ",".join(map(str, facts.crop))
        raise UserError(
            f"--box {box} doesn't lie within '{whole.name}' ({whole.size}): give left,top,right,bottom in pixels of "
            "the upright picture.",
            f"--box {box} 超出“{whole.name}”的范围（{whole.size}）：请给出 左,上,右,下（像素，图片转正后）。",
        )
    if facts.crop == whole.crop and facts.mirror in (None, whole.mirror):
        raise UserError(
            f"The view '{name}' would show what '{whole.name}' shows: give it a --box or --mirror always, or raise the "
            "picture's repeats.",
            f"视图“{name}”与“{whole.name}”显示的内容相同：请给出 --box 或 --mirror always，或直接增加该图的重复次数。",
        )
    return changed_pictures(dataset, {whole.name: PictureFacts(views={**_views(dataset, whole), name: facts})})


def remove_view(dataset: Dataset, picture: str, name: str) -> Contents:
    """What the manifest is to hold without a view. Raises `UserError` if there is none of this name."""
    whole = _whole(dataset, picture)
    views = _views(dataset, whole)
    if name not in views:
        there = ", ".join(views) or "–"
        raise UserError(
            f"'{whole.name}' has no view '{name}'; it has: {there}.", f"“{whole.name}”没有视图“{name}”；现有：{there}。"
        )
    rest = {other: facts for other, facts in views.items() if other != name}
    return changed_pictures(dataset, {whole.name: PictureFacts(views=rest)})


@dataclass(frozen=True)
class Mirroring:
    """What setting the side of pictures does."""

    contents: Contents
    sided: Sequence[tuple[str, str]]
    """Pictures or concepts that will be mirrored though they have sides, and the word that says so."""


def set_mirror(dataset: Dataset, pictures: Sequence[str], mirror: Mirror | None) -> Mirroring:
    """Let pictures and views, by name, be shown from these sides; without names all pictures, and views follow theirs.

    Raises `UserError` for an unknown name.
    """
    chosen = pictures_named(dataset, pictures) or list(dataset.files)
    contents = changed_pictures(dataset, {one.name: PictureFacts(mirror=mirror) for one in chosen})
    return Mirroring(contents, sided_things(dataset, iter(chosen)) if mirror else [])


def _whole(dataset: Dataset, picture: str) -> Picture:
    found = picture_named(dataset, picture)
    if found.view is not None:
        raise UserError(
            f"'{found.name}' is a view itself: name the picture, '{found.file_name}'.",
            f"“{found.name}”本身就是视图：请指定图片“{found.file_name}”。",
        )
    return found


def _views(dataset: Dataset, picture: Picture) -> dict[str, ViewFacts]:
    return dict(read_manifest(dataset.root).about(picture.name).views or {})


def _require_name(picture: Picture, name: str) -> None:
    try:
        PictureFacts(views={name: ViewFacts()})
    except ValidationError as error:
        raise UserError(
            f"'{name}' can't name a view: letters, digits, blanks, - and _ may be used.",
            f"“{name}”不能作为视图名称：只能使用文字、数字、空格、- 和 _。",
        ) from error
    beside = f"{picture.path.stem}.{name}"
    taken = [one for one in picture.path.parent.iterdir() if one.stem == beside and one.suffix in PICTURE_SUFFIXES]
    if taken:
        raise UserError(
            f"The view '{name}' can't be told from the picture '{taken[0].name}', whose caption file it would share: "
            "choose another name.",
            f"视图“{name}”会与图片“{taken[0].name}”共用标注文件：请换一个名称。",
        )
