"""Which captions are bad: each is drawn by a base, and the drawing is held against its picture.

The better a caption, the nearer its drawing comes. Two distances are measured for picture i and the drawing of caption
j: of looks, |glance_i - glance_j|, the mean difference of L*a*b* colours over 16×16 areas (`datasets.duplicates`); and
of contents, 1 - Σ min(p_i, p_j) / Σ max(p_i, p_j) over the tagger's scores p. Some pictures are harder to draw than
others, so each distance is divided by its mean over the drawings of all *other* captions: 1 means that a picture's own
caption says no more of it than the others' captions do. The mean of both ratios ranks the captions.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from danlu.datasets.augmentation import render_picture
from danlu.datasets.captions import CaptionConfig
from danlu.datasets.decode import decode_picture
from danlu.datasets.duplicates import glance_of, lab_view
from danlu.datasets.pictures import Dataset, Picture
from danlu.datasets.scan import scan_dataset
from danlu.experiments.caption_drawings import CheckSettings, Drawing, draw_missing, plan_drawings
from danlu.families.base import BaseFacts, Family
from danlu.kit.errors import UserError
from danlu.kit.language import Text
from danlu.pipeline.pictures import tell_cut_prompts
from danlu.pipeline.wording import with_prompts
from danlu.tagging.base import Tagger
from danlu.tagging.scores import score_pictures
from danlu.tagging.wording import SCALES

LEAST_SCORE = 0.05
"""A tag that reaches no more anywhere says nothing; taggers know ten thousand of them."""
Floats = NDArray[np.float64]


class CheckedCaption(BaseModel):
    """One caption and what became of it."""

    model_config = ConfigDict(frozen=True)

    name: str
    caption: str
    distance: float
    """0: the drawing is the picture; 1: it is no nearer to it than drawings of other captions; may be more."""
    looks: float
    """The part of it that is about colours and their places."""
    contents: float
    """The part of it that is about the tagger's tags."""
    missing: tuple[str, ...]
    """Tags of the picture that most drawings don't have."""
    invented: tuple[str, ...]
    """Tags that most drawings have and the picture doesn't."""
    drawings: tuple[Path, ...]


class CaptionCheck(BaseModel):
    """All captions of a dataset, the worst first."""

    model_config = ConfigDict(frozen=True)

    base: str
    adapters: tuple[str, ...]
    captions: tuple[CheckedCaption, ...]
    drawn: int
    """Drawings that had to be made; the others were stored."""
    notices: tuple[Text, ...]


def check_captions(
    root: Path,
    found: tuple[type[Family], BaseFacts],
    tagger: Tagger,
    settings: CheckSettings | None = None,
    *,
    on_picture: Callable[[int, int], None] | None = None,
) -> CaptionCheck:
    """Draw every caption of a dataset with a base, as `find_base` gives it, and rank the captions.

    Drawings are kept in the user's cache under what they depend on, so an interrupted check goes on where it stopped.
    Raises `UserError` for a missing dataset or adapter, or if no picture has a caption.
    """
    settings = settings or CheckSettings()
    dataset = with_prompts(scan_dataset(root), CaptionConfig())
    pictures = [picture for picture in dataset.pictures if (picture.caption or "").strip()]
    if not pictures:
        raise UserError(
            f"No picture in '{root}' has a caption: `danlu tag {root}` writes them.",
            f"“{root}”中没有一张图片有标注：可用 `danlu tag {root}` 生成。",
        )
    scored = score_pictures(tagger, pictures)
    pictures = [picture for picture in pictures if picture.name in scored.values]
    drawings = plan_drawings(dataset, pictures, found[1], settings)
    drawn = draw_missing(found, [one for row in drawings for one in row], settings, on_picture)
    own = np.stack([scored.values[picture.name] for picture in pictures])
    seen = _scores_of(tagger, drawings)
    looks = _relative(_looks_apart(pictures, drawings))
    contents = _relative(_contents_apart(tagger, own, seen))
    checked = [
        CheckedCaption(
            name=picture.name,
            caption=picture.caption or "",
            distance=round(float(looks[index] + contents[index]) / 2, 4),
            looks=round(float(looks[index]), 4),
            contents=round(float(contents[index]), 4),
            drawings=tuple(one.path for one in drawings[index]),
            **_differences(tagger, own[index], seen[index].mean(axis=0)),
        )
        for index, picture in enumerate(pictures)
    ]
    cut = tell_cut_prompts(found, [row[0].prompt for row in drawings])
    return CaptionCheck(
        base=found[1].name,
        adapters=tuple(f"{one.path.stem}:{one.strength:g}" for one in settings.adapters),
        captions=tuple(sorted(checked, key=lambda one: -one.distance)),
        drawn=drawn,
        notices=_notices(dataset, pictures, cut),
    )


def _scores_of(tagger: Tagger, drawings: Sequence[Sequence[Drawing]]) -> NDArray[np.float32]:
    """(captions, seeds, tags): what the tagger says of the drawings."""
    unique = {drawing.path: drawing.picture for row in drawings for drawing in row}
    found = score_pictures(tagger, list(unique.values())).values
    return np.stack([[found[drawing.picture.name] for drawing in row] for row in drawings])


def _looks_apart(pictures: Sequence[Picture], drawings: Sequence[Sequence[Drawing]]) -> Floats:
    """(pictures, captions): how far each picture's look is from each caption's drawings, in units of L*a*b*."""
    own, seen = list[Any](), list[Any]()
    for picture, row in zip(pictures, drawings, strict=True):
        framed = render_picture(picture, row[0].prompt.size)
        own.append(glance_of(lab_view(framed)))
        seen.append([glance_of(lab_view(decode_picture(drawing.path))) for drawing in row])
    drawn = np.array(seen)
    return np.stack([np.abs(drawn - glance).mean(axis=(1, 2, 3, 4)) for glance in own]).astype(np.float64)


def _contents_apart(tagger: Tagger, own: NDArray[np.float32], seen: NDArray[np.float32]) -> Floats:
    """(pictures, captions) of scores (pictures, tags) and (captions, seeds, tags): 1 - weighted Jaccard index."""
    told = np.array([tag.category not in SCALES for tag in tagger.tags])
    told &= np.maximum(own.max(axis=0), seen.max(axis=(0, 1))) >= LEAST_SCORE
    own, seen = own[:, told], seen[:, :, told]
    both = np.stack([np.minimum(seen, scores).sum(axis=2, dtype=np.float64) for scores in own])
    either = np.stack([np.maximum(seen, scores).sum(axis=2, dtype=np.float64) for scores in own])
    return 1 - (both / np.maximum(either, 1e-9)).mean(axis=2)


def _relative(apart: Floats) -> Floats:
    """(pictures,): the distance to the own caption's drawings over the mean of those to the other captions'."""
    count = len(apart)
    if count == 1:
        return np.ones(1)
    own = apart.diagonal()
    others = (apart.sum(axis=1) - own) / (count - 1)
    return own / np.maximum(others, 1e-9)


def _differences(tagger: Tagger, own: Any, drawn: Any) -> dict[str, tuple[str, ...]]:
    """What the tagger finds in only one of picture and drawings, the surest first."""
    limit = tagger.usual.general

    def only(more: Any, less: Any) -> tuple[str, ...]:
        columns = [int(column) for column in np.argsort(less - more) if more[column] >= limit > less[column]]
        return tuple(tagger.tags[column].name for column in columns if tagger.tags[column].category == "general")

    return {"missing": only(own, drawn), "invented": only(drawn, own)}


def _notices(dataset: Dataset, checked: Sequence[Picture], cut: Sequence[Text]) -> tuple[Text, ...]:
    told = [*(problem.text for problem in dataset.problems), *cut]
    if without := len(dataset.pictures) - len(checked):
        told.append(
            Text(
                f"{without} pictures have no caption or can't be read, and aren't in the list.",
                f"有 {without} 张图片没有标注或无法读取，未列入。",
            )
        )
    if len(checked) == 1:
        told.append(
            Text(
                "A single caption has no others to be compared with: its distance is 1 by definition.",
                "只有一条标注，无从比较：其距离按定义为 1。",
            )
        )
    return tuple(told)
