"""Boxes of single pictures, set by hand: what the review sheet's commands do.

Each edit is a function from a picture to its box (None: the whole picture), written into the manifest as one change.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from danlu.cropping.base import Detector
from danlu.cropping.boxes import point_box
from danlu.cropping.crop import Crop, CropOptions, choose_crops
from danlu.cropping.focus import find_focus
from danlu.datasets.buckets import choose_bucket
from danlu.datasets.decode import decode_picture
from danlu.datasets.extension import may_lie
from danlu.datasets.history import Change, apply_change
from danlu.datasets.manifest import MANIFEST_NAME, PictureFacts, manifest_with
from danlu.datasets.pictures import Box, Dataset, Picture, Size
from danlu.datasets.scan import scan_dataset
from danlu.kit.errors import UserError, nearest
from danlu.kit.language import Text

Edit = Callable[[Picture], PictureFacts]
"""The facts about a picture's crop after an edit."""


def edit_boxes(root: Path, names: Sequence[str], edit: Edit) -> dict[str, PictureFacts]:
    """What the manifest is to say of some pictures after an edit, by their names; nothing is written.

    Pictures are given by their path, from the dataset's root or from where the user stands. Raises `UserError` for one
    that isn't there.
    """
    dataset = scan_dataset(root)
    chosen = [find_picture(dataset, name) for name in names]
    return {picture.name: edit(picture) for picture in chosen}


def write_boxes(root: Path, facts: Mapping[str, PictureFacts]) -> Change | None:
    """Write edited boxes into the manifest, as a change that can be undone; None if nothing changes."""
    named = next(iter(facts)) if len(facts) == 1 else None
    title = Text(
        f"set the crop of {named or f'{len(facts)} pictures'}", f"设置 {named or f'{len(facts)} 张图片'} 的裁剪"
    )
    return apply_change(root, title, {MANIFEST_NAME: manifest_with(root, pictures=facts).encode()})


def find_picture(dataset: Dataset, name: str) -> Picture:
    """A picture by its path. Raises `UserError` with the nearest name if there is none."""
    wanted = name.replace("\\", "/").removeprefix("./")
    resolved = Path(name).expanduser().resolve()
    for picture in dataset.files:
        if picture.name == wanted or picture.path.resolve() == resolved:
            return picture
    hint = nearest(wanted, [picture.name for picture in dataset.files][:1000])
    raise UserError(
        f"There is no picture '{name}' in '{dataset.root}'; {hint.en}",
        f"“{dataset.root}”中没有图片“{name}”；{hint.zh}",
    )


def to_box(box: Box, extend: str | None) -> Edit:
    """This very box. Raises `UserError` for a picture that it doesn't fit, if it isn't extended."""

    def edit(picture: Picture) -> PictureFacts:
        if may_lie(box, picture.size, extend):
            return PictureFacts(crop=box, extend=None if box.lies_within(picture.size) else extend)
        edges = ",".join(str(edge) for edge in box)
        raise UserError(
            f"The box {edges} doesn't fit '{picture.name}' ({picture.size}): left, top, right, bottom must lie "
            "within it, or reach a little over its edge with --extend edge.",
            f"裁剪框 {edges} 不适合“{picture.name}”（{picture.size}）：左、上、右、下须在图片之内，"
            "或用 --extend edge 略微向外扩边。",
        )

    return edit


def to_point(point: tuple[float, float], *, is_share: bool, sizes: Sequence[Size]) -> Edit:
    """The largest box of the nearest bucket's shape around a point, in pixels or as shares (0 to 1) of the sides.

    Raises `UserError` for a point outside of the picture.
    """

    def edit(picture: Picture) -> PictureFacts:
        width, height = picture.size
        x, y = (point[0] * width, point[1] * height) if is_share else point
        if not (0 <= x <= width and 0 <= y <= height):
            raise UserError(
                f"The point {x:g},{y:g} lies outside of '{picture.name}' ({picture.size}).",
                f"点 {x:g},{y:g} 在“{picture.name}”（{picture.size}）之外。",
            )
        return PictureFacts(crop=point_box(picture.size, (x, y), choose_bucket(picture.size, sizes)), extend=None)

    return edit


def to_mode(options: CropOptions, detectors: Sequence[Detector]) -> Edit:
    """The box that cropping would choose for this picture alone."""

    def edit(picture: Picture) -> PictureFacts:
        seeks = options.mode == "focus"
        focus = find_focus(decode_picture(picture.path), detectors) if seeks else None
        crop: Crop = choose_crops([(picture, focus)], options)[0]
        return PictureFacts(crop=crop.box, extend=crop.extend)

    return edit


def to_whole(_picture: Picture) -> PictureFacts:
    """No box: the whole picture."""
    return PictureFacts(crop=None, extend=None)
