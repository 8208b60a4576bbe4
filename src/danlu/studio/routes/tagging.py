"""Tagging from scores that are stored: thresholds move at once, without the tagger, which a job has run before."""

from collections.abc import Sequence
from dataclasses import replace

from fastapi import APIRouter

from danlu.datasets.pictures import Dataset
from danlu.kit.language import Text
from danlu.studio.bases import find_tagger_of
from danlu.studio.changes import advance, alone
from danlu.studio.context import OwnedDataset, TheStudio
from danlu.studio.library import contents_of
from danlu.studio.problems import ProblemError
from danlu.studio.shapes.common import said
from danlu.studio.shapes.tagging import TaggingTried, TaggingTry, TraitsShape
from danlu.studio.shapes.tags import CaptionChangeShape
from danlu.studio.wording import for_browser
from danlu.tagging.base import Tagger, find_tagger
from danlu.tagging.cautions import FEW_LOOKED_AT, caution_of_tagger
from danlu.tagging.options import TagOptions
from danlu.tagging.scores import unscored
from danlu.tagging.tag import TagReport, chosen_pictures, tag_dataset

router = APIRouter(tags=["tags"])


@router.post("/datasets/{dataset_id}/tagging")
def try_tagging(order: TaggingTry, dataset: OwnedDataset, studio: TheStudio) -> TaggingTried:
    """What the captions would be with a threshold and other options, at once; without `dry_run`, write them."""
    tagger = find_tagger(find_tagger_of(studio, dataset.owner_id, order.tagger).path)
    options = TagOptions(
        trigger=order.trigger,
        threshold=order.threshold,
        absorb=order.absorb,
        existing=order.existing,
        only=tuple(order.pictures),
    )
    if order.dry_run:
        found = contents_of(studio.folder.dataset(dataset.folder)).require()
        _require(found, order.pictures)
        unseen = unscored(tagger, chosen_pictures(found, options))
        seen = replace(found, pictures=tuple(one for one in found.pictures if one.name not in {*unseen}))
        # Told before any score is there: who presses "Tag" at once has read it.
        caution = caution_of_tagger(tagger, chosen_pictures(found, options), most=FEW_LOOKED_AT)
        caution = caution and for_browser(studio.folder, caution)
        report = tag_dataset(seen, tagger, options, dry_run=True).model_copy(update={"caution": caution})
        return _told(report, tagger, dataset.version, len(unseen))
    with alone(studio, dataset, order.version) as now:
        found = contents_of(studio.folder.dataset(now.folder)).require()
        _require(found, order.pictures)
        if unseen := unscored(tagger, chosen_pictures(found, options)):
            text = Text(
                f"The tagger hasn't looked at {len(unseen)} of the pictures yet: order a tagging.",
                f"还有 {len(unseen)} 张图片未经打标器识别：请先提交打标任务。",
            )
            raise ProblemError(409, "conflict", text)
        version = advance(studio, now)
        return _told(tag_dataset(found, tagger, options), tagger, version, 0)


def _require(dataset: Dataset, names: Sequence[str]) -> None:
    known = {one.name for one in dataset.pictures}
    for name in names:
        if name not in known:
            text = Text(f"There is no usable picture '{name[:100]}'.", f"没有可用的图片“{name[:100]}”。")
            raise ProblemError(422, "invalid", text, field="pictures")


def _told(report: TagReport, tagger: Tagger, version: int, unseen: int) -> TaggingTried:
    return TaggingTried(
        version=version,
        usual=tagger.usual.general,
        unseen=unseen,
        captions=[
            CaptionChangeShape(picture=name, before=report.before[name], after=after)
            for name, after in report.captions.items()
        ],
        kept=report.kept,
        traits=[TraitsShape(trigger=one.trigger, traits=list(one.traits)) for one in report.concepts if one.trigger],
        caution=said(report.caution) if report.caution else None,
        applied=report.written,
    )
