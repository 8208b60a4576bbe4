"""Crops: which part of each picture is trained on, written as boxes into the manifest; originals stay untouched.

*Centre* takes the largest centred box of the nearest bucket's shape. *Focus* finds what the picture is about (`focus`),
then takes, of all buckets, the one whose shape holds it with the least cut and the least waste: a tall figure gets a
tall bucket. Boxes leave the picture only if the user lets the border be extended and no bucket holds the subject;
where a box has fewer pixels than its bucket, the crop tells by how much it is enlarged.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from math import log2
from pathlib import Path
from typing import Literal

from danlu.cropping.base import Detector, find_detectors
from danlu.cropping.boxes import centre_box, focus_box, outside_share, share_inside
from danlu.cropping.focus import Focus, find_focus
from danlu.cropping.sizes import agree_on_sizes
from danlu.datasets.buckets import choose_bucket
from danlu.datasets.decode import decode_picture
from danlu.datasets.history import Change, Contents, apply_change
from danlu.datasets.manifest import MANIFEST_NAME, PictureFacts, manifest_with
from danlu.datasets.pictures import Box, Dataset, Picture, Problem, Size
from danlu.datasets.scan import scan_dataset
from danlu.kit.errors import UserError
from danlu.kit.language import Text

CropMode = Literal["focus", "centre"]
OnPicture = Callable[[int, int], None]
"""Told how many of how many pictures were looked at."""


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
    """What must be kept whole; None in centre mode, or if nothing stands out."""
    head: Box | None = None
    """What must not be cut at all."""
    score: float | None = None
    """How sure it is that this is the subject, 0 to 1; None if it wasn't sought."""
    extend: str | None = None
    """How the box is filled where it lies outside of the picture."""
    was_there: bool = False
    """The box stood in the manifest already and was left as it is."""

    @property
    def subject_kept(self) -> float:
        """The part (0 to 1) of the subject's area inside the box; 1 without a subject."""
        return share_inside(self.subject, self.box) if self.subject else 1.0

    @property
    def head_kept(self) -> float:
        """The part (0 to 1) of the head's area inside the box; 1 without a head."""
        return share_inside(self.head, self.box) if self.head else 1.0

    @property
    def upscale(self) -> float:
        """The factor by which the box is scaled to its bucket; above 1 it is enlarged."""
        return max(self.bucket.width / self.box.size.width, self.bucket.height / self.box.size.height)

    @property
    def outside(self) -> float:
        """The part (0 to 1) of the box that lies outside of the picture and is made up."""
        return outside_share(self.box, self.size)

    @property
    def risk(self) -> float:
        """How much this crop is worth a look; 0 is harmless. A cut head counts most, then a cut subject, then a large
        enlargement, a doubtful subject, and a border that is made up.
        """
        doubt = 0.0 if self.score is None else 1 - self.score
        enlarged = max(0.0, log2(self.upscale))
        return 10 * (1 - self.head_kept) + 5 * (1 - self.subject_kept) + enlarged + 0.5 * doubt + self.outside


@dataclass(frozen=True)
class CropOptions:
    """How crops are chosen."""

    mode: CropMode
    sizes: Sequence[Size]
    extend: str | None = None
    """Lets boxes leave the picture where no bucket holds the subject, filled this way (see `datasets.extension`)."""
    overwrite: bool = False
    """Also replace boxes that are there already, perhaps set by hand."""
    only: Collection[str] = ()
    """The names of the pictures to crop; none are all."""

    def means(self, picture: Picture) -> bool:
        """Whether a picture is to get a box."""
        return (self.overwrite or not picture.crop) and (not self.only or picture.name in self.only)


def crop_dataset(
    root: Path,
    options: CropOptions,
    *,
    detectors: Sequence[Detector] | None = None,
    on_progress: OnPicture | None = None,
) -> list[Crop]:
    """`plan_crops`, and the boxes written into the manifest, all at once at the end, as one change of the dataset."""
    crops = plan_crops(root, options, detectors=detectors, on_progress=on_progress)
    write_crops(root, crops)
    return crops


def plan_crops(
    root: Path,
    options: CropOptions,
    *,
    detectors: Sequence[Detector] | None = None,
    on_progress: OnPicture | None = None,
    on_broken: Callable[[Problem], None] | None = None,
) -> list[Crop]:
    """Choose a crop for every picture; nothing is written. Without `detectors`, all that can be used here look.

    Raises `UserError` for a folder that can't be scanned, and for the first picture that can't be decoded; with
    `on_broken`, that is told of each, and the others get their crops.
    """
    dataset = usable_dataset(root) if on_broken is None else scan_dataset(root)
    if on_broken is not None:
        for problem in dataset.problems:
            on_broken(problem)
    detectors = find_detectors() if detectors is None else detectors
    focuses: list[Focus | None] = []
    broken: set[str] = set()
    for done, picture in enumerate(dataset.files, start=1):
        seeks = options.mode == "focus" and options.means(picture)
        try:
            focuses.append(find_focus(decode_picture(picture.path), detectors) if seeks else None)
        except UserError as error:
            if on_broken is None:
                raise
            on_broken(Problem(picture.name, error.text))
            broken.add(picture.name)
            focuses.append(None)
        if on_progress:
            on_progress(done, len(dataset.files))
    pairs = [pair for pair in zip(dataset.files, focuses, strict=True) if pair[0].name not in broken]
    new = [(picture, focus) for picture, focus in pairs if options.means(picture)]
    made = {crop.name: crop for crop in choose_crops(new, options)}
    return [made.get(picture.name) or standing_crop(picture, options.sizes) for picture, _ in pairs]


def usable_dataset(root: Path) -> Dataset:
    """The pictures of a folder. Raises `UserError` if one of them can't be used."""
    dataset = scan_dataset(root)
    if dataset.problems:
        problem = dataset.problems[0].text
        raise UserError(problem.en, problem.zh)
    return dataset


def choose_crops(pictures: Sequence[tuple[Picture, Focus | None]], options: CropOptions) -> list[Crop]:
    """A crop for each picture; those with a focus agree on a few sizes."""
    may_leave = options.extend is not None
    focused = [(picture.size, focus) for picture, focus in pictures if focus]
    agreed = iter(agree_on_sizes(focused, options.sizes, may_leave=may_leave))
    crops: list[Crop] = []
    for picture, focus in pictures:
        score = 0.0 if options.mode == "focus" else None
        if focus is None:
            bucket = choose_bucket(picture.size, options.sizes)
            box = centre_box(picture.size, bucket)
            crops.append(Crop(picture.path, picture.name, picture.size, box, bucket, None, score=score))
            continue
        bucket = next(agreed)
        box = focus_box(picture.size, focus.subject, bucket, head=focus.head, may_leave=may_leave)
        extend = None if box.lies_within(picture.size) else options.extend
        crop = Crop(picture.path, picture.name, picture.size, box, bucket, focus.subject, focus.head)
        crops.append(replace(crop, score=focus.score, extend=extend))
    return crops


def standing_crop(picture: Picture, sizes: Sequence[Size]) -> Crop:
    """The crop that the manifest holds already."""
    box = picture.crop or Box(0, 0, *picture.size)
    bucket = choose_bucket(box.size, sizes)
    return Crop(picture.path, picture.name, picture.size, box, bucket, None, extend=picture.extend, was_there=True)


def manifest_of(root: Path, crops: Sequence[Crop]) -> Contents:
    """What the manifest is to hold with these crops; those that were there already stay as they are."""
    facts = {one.name: PictureFacts(crop=one.box, extend=one.extend) for one in crops if not one.was_there}
    return {MANIFEST_NAME: manifest_with(root, pictures=facts).encode()} if facts else {}


def write_crops(root: Path, crops: Sequence[Crop]) -> Change | None:
    """Write crops into the manifest, as a change that can be undone; None if nothing changes."""
    count = sum(not one.was_there for one in crops)
    return apply_change(root, Text(f"crop {count} pictures", f"裁剪 {count} 张图片"), manifest_of(root, crops))
