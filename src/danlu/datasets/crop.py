"""Crops: which part of each picture is trained on, written as boxes into the manifest; originals stay untouched.

*Centre* takes the largest centred box of the nearest bucket's shape. *Focus* finds the subject, then takes, of all
buckets, the one whose shape holds it with the least cut and the least waste: a tall figure gets a tall bucket. Boxes
never leave the picture; where the box has fewer pixels than its bucket, the crop tells by how much it is enlarged.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, log, sqrt
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from danlu.datasets.buckets import choose_bucket
from danlu.datasets.decode import decode_picture
from danlu.datasets.manifest import PictureFacts, update_manifest
from danlu.datasets.pictures import Box, Picture, Size
from danlu.datasets.scan import scan_dataset
from danlu.kit.errors import UserError
from danlu.kit.files import atomic_path

if TYPE_CHECKING:
    from PIL.Image import Image

CropMode = Literal["focus", "centre"]
MARGIN = 0.06
"""Room left around a subject, as a part of its longer side."""
_CUT_COST = 8.0
_UPSCALE_COST = 0.3
_SHAPE_COST = 0.1
_NEW_SIZE_COST = 0.15
"""A further bucket must save this much over all pictures: pictures in buckets of their own can't share a batch."""


@dataclass(frozen=True)
class Crop:
    """The crop of one picture."""

    path: Path
    name: str
    size: Size
    """Of the upright picture."""
    box: Box
    bucket: Size
    subject: Box | None
    """Where the subject was found; None in centre mode, or if nothing stands out."""
    was_there: bool = False
    """The box stood in the manifest already and was left as it is."""

    @property
    def subject_kept(self) -> float:
        """The part (0 to 1) of the subject's area inside the box; 1 without a subject."""
        return share_inside(self.subject, self.box) if self.subject else 1.0

    @property
    def upscale(self) -> float:
        """The factor by which the box is scaled to its bucket; above 1 it is enlarged."""
        return max(self.bucket.width / self.box.size.width, self.bucket.height / self.box.size.height)


def share_inside(inner: Box, outer: Box) -> float:
    """The part of `inner`'s area that lies inside `outer`."""
    width = min(inner.right, outer.right) - max(inner.left, outer.left)
    height = min(inner.bottom, outer.bottom) - max(inner.top, outer.top)
    return max(0, width) * max(0, height) / max(1, inner.size.width * inner.size.height)


def centre_box(size: Size, bucket: Size) -> Box:
    """The largest centred box of a bucket's shape in a picture of this size."""
    return _place(size, bucket, float("inf"), (size.width / 2, size.height / 2))


def focus_box(size: Size, subject: Box, bucket: Size) -> Box:
    """The box of a bucket's shape around a subject: room around it, not enlarged if the picture has the pixels.

    If the shape can't hold the subject, the box is the largest there is, and a figure too tall keeps its head.
    """
    roomy = _with_margin(subject, size)
    aspect = bucket.width / bucket.height
    wanted = max(roomy.size.width, roomy.size.height * aspect, bucket.width)
    height = min(wanted, size.width, size.height * aspect) / aspect
    centre_x, centre_y = (subject.left + subject.right) / 2, (subject.top + subject.bottom) / 2
    if height < subject.size.height:
        centre_y = subject.top + height / 2
    return _place(size, bucket, wanted, (centre_x, centre_y))


def crop_dataset(
    root: Path,
    *,
    mode: CropMode,
    sizes: Sequence[Size],
    overwrite: bool = False,
    on_progress: Callable[[int, int], None] | None = None,
) -> list[Crop]:
    """Choose a crop for every picture and write the boxes into the manifest, all at once at the end.

    Boxes that are there already, perhaps set by hand, stay unless `overwrite`. `on_progress` gets (done, total).
    Raises `UserError` for a folder that can't be scanned and for the first picture that can't be decoded.
    """
    dataset = scan_dataset(root)
    if dataset.problems:
        problem = dataset.problems[0].text
        raise UserError(problem.en, problem.zh)
    standing = {picture.name: picture.crop for picture in dataset.files if picture.crop and not overwrite}
    subjects: list[Box | None] = []
    for done, picture in enumerate(dataset.files, start=1):
        subjects.append(_look(picture) if mode == "focus" and picture.name not in standing else None)
        if on_progress:
            on_progress(done, len(dataset.files))
    new = [
        (picture, subject)
        for picture, subject in zip(dataset.files, subjects, strict=True)
        if picture.name not in standing
    ]
    made = dict(zip([picture.name for picture, _ in new], _choose_crops(new, sizes), strict=True))
    update_manifest(root, pictures={name: PictureFacts(crop=crop.box) for name, crop in made.items()})
    return [made.get(picture.name) or _standing_crop(picture, sizes) for picture in dataset.files]


def _look(picture: Picture) -> Box | None:
    # Here, because OpenCV costs time that only this function should pay.
    from danlu.datasets.subject import find_subject

    found = find_subject(decode_picture(picture.path))
    return found.box if found else None


def _standing_crop(picture: Picture, sizes: Sequence[Size]) -> Crop:
    box = picture.crop or Box(0, 0, *picture.size)
    bucket = choose_bucket(box.size, sizes)
    return Crop(picture.path, picture.name, picture.size, box, bucket, subject=None, was_there=True)


def _choose_crops(pictures: Sequence[tuple[Picture, Box | None]], sizes: Sequence[Size]) -> list[Crop]:
    """A crop for each picture; those with a subject agree on a few sizes."""
    focused = [(picture.size, subject) for picture, subject in pictures if subject]
    agreed = iter(_agree_on_sizes(focused, sizes))
    crops: list[Crop] = []
    for picture, subject in pictures:
        bucket = next(agreed) if subject else choose_bucket(picture.size, sizes)
        box = focus_box(picture.size, subject, bucket) if subject else centre_box(picture.size, bucket)
        crops.append(Crop(picture.path, picture.name, picture.size, box, bucket, subject))
    return crops


def _agree_on_sizes(pictures: Sequence[tuple[Size, Box]], sizes: Sequence[Size]) -> list[Size]:
    """The cheapest size for each picture, when every further size in use costs something too.

    Greedy: sizes are given up one by one, always the one whose pictures lose least by taking their next best, as long
    as that loss is smaller than the cost of a size.
    """
    costs = [{bucket: crop_cost(size, subject, bucket) for bucket in sorted(sizes)} for size, subject in pictures]
    used = {min(each, key=each.__getitem__) for each in costs}
    while len(used) > 1:
        totals = {left_out: _total_cost(costs, used - {left_out}) for left_out in sorted(used)}
        cheapest = min(totals, key=totals.__getitem__)
        if totals[cheapest] - _total_cost(costs, used) >= _NEW_SIZE_COST:
            break
        used.discard(cheapest)
    return [min(sorted(used), key=each.__getitem__) for each in costs]


def _total_cost(costs: Sequence[dict[Size, float]], used: set[Size]) -> float:
    return sum(min(each[bucket] for bucket in used) for each in costs)


def crop_cost(size: Size, subject: Box, bucket: Size) -> float:
    """How ill a bucket suits a subject: what is cut of it, background beside it, enlargement, an unusual shape."""
    box = focus_box(size, subject, bucket)
    kept = share_inside(subject, box)
    subject_area, box_area = (part.size.width * part.size.height for part in (subject, box))
    waste = 1 - kept * subject_area / box_area
    enlarged = max(0.0, log(bucket.width / box.size.width))
    unusual = abs(log(bucket.width / bucket.height))
    return _CUT_COST * (1 - kept) + waste + _UPSCALE_COST * enlarged + _SHAPE_COST * unusual


def _with_margin(subject: Box, size: Size) -> Box:
    margin = round(MARGIN * max(subject.size))
    return Box(
        max(0, subject.left - margin),
        max(0, subject.top - margin),
        min(size.width, subject.right + margin),
        min(size.height, subject.bottom + margin),
    )


def _place(size: Size, bucket: Size, wanted_width: float, centre: tuple[float, float]) -> Box:
    """A box of a bucket's shape, at most `wanted_width` wide, as near to `centre` as the picture's edges allow."""
    aspect = bucket.width / bucket.height
    exact = min(wanted_width, size.width, size.height * aspect)
    width = max(1, min(size.width, round(exact)))
    height = max(1, min(size.height, round(exact / aspect)))
    left = min(max(0, round(centre[0] - width / 2)), size.width - width)
    top = min(max(0, round(centre[1] - height / 2)), size.height - height)
    return Box(left, top, left + width, top + height)


def crop_sheet(crops: Sequence[Crop], out: Path) -> None:
    """Draw a contact sheet (PNG): each picture with its box bright and the rest dimmed, the subject in a thin frame.

    Below each: its number in the order of `crops`, the bucket, and in red by how much it is enlarged.
    """
    from PIL import Image, ImageDraw, ImageFont

    columns = max(1, min(10, ceil(sqrt(len(crops)))))
    side, label, gap = (120 if len(crops) > 200 else 200), 16, 6
    cell = (side + gap, side + label + gap)
    rows = ceil(len(crops) / columns)
    sheet = Image.new("RGB", (columns * cell[0] + gap, rows * cell[1] + gap), "white")
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(11)
    for number, crop in enumerate(crops):
        left, top = gap + number % columns * cell[0], gap + number // columns * cell[1]
        drawn = _draw_crop(crop, side)
        sheet.paste(drawn, (left + (side - drawn.width) // 2, top + (side - drawn.height) // 2))
        text = f"{number + 1}  {crop.bucket}"
        draw.text((left + 2, top + side + 2), text, "black", font)
        if crop.upscale > 1.005:
            draw.text((left + 6 + draw.textlength(text, font), top + side + 2), f"x{crop.upscale:.2f}", "red", font)
    with atomic_path(out) as temporary:
        sheet.save(temporary, "PNG")


def _draw_crop(crop: Crop, side: int) -> "Image":
    """One picture within `side` pixels: dimmed but for the box, frames around box and subject."""
    from PIL import Image, ImageDraw

    picture = decode_picture(crop.path)
    scale = side / max(picture.size)
    thumbnail = picture.resize((max(1, round(picture.width * scale)), max(1, round(picture.height * scale))))
    dimmed = Image.blend(thumbnail, Image.new("RGB", thumbnail.size, (128, 128, 128)), 0.7)
    left, top, right, bottom = (round(edge * scale) for edge in crop.box)
    right, bottom = max(right, left + 1), max(bottom, top + 1)
    dimmed.paste(thumbnail.crop((left, top, right, bottom)), (left, top))
    draw = ImageDraw.Draw(dimmed)
    draw.rectangle((left, top, right - 1, bottom - 1), outline=(220, 30, 30), width=2)
    if crop.subject:
        x0, y0, x1, y1 = (round(edge * scale) for edge in crop.subject)
        draw.rectangle((x0, y0, max(x0, x1 - 1), max(y0, y1 - 1)), outline=(30, 120, 255), width=1)
    return dimmed
