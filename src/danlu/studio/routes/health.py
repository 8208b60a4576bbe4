"""What is wrong with a dataset, and mending it, by the same functions as `danlu dataset check` and `fix`."""

from typing import Annotated

from fastapi import APIRouter, Query

from danlu.datasets.buckets import BucketConfig, sizes_for
from danlu.health.base import Target
from danlu.health.examine import Report, examine, summary
from danlu.health.findings import Finding
from danlu.health.measuring import Progress
from danlu.health.mending import choose_fixes, contents_of, differences, mend
from danlu.kit.places import EMBEDDED_BASE
from danlu.store.records import DatasetRecord
from danlu.studio.bases import find_base_of
from danlu.studio.changes import advance, alone, reading
from danlu.studio.context import OwnedDataset, Studio, TheStudio
from danlu.studio.library import contents_of as pictures_of
from danlu.studio.shapes.common import ProgressShape, Said, said
from danlu.studio.shapes.health import CheckShape, FindingShape, FixedShape, HealthFix, HealthShape
from danlu.studio.wording import for_browser
from danlu.tagging.cautions import cautions_of

router = APIRouter(tags=["health"])


@router.get("/datasets/{dataset_id}/health")
def get_health(
    dataset: OwnedDataset, studio: TheStudio, base: Annotated[str | None, Query(max_length=200)] = None
) -> HealthShape:
    """What is wrong with the pictures and captions, for training on a base (its id; the embedded one by default)."""
    contents = pictures_of(studio.folder.dataset(dataset.folder))
    if not contents.pictures:
        empty = {"version": dataset.version, "summary": {"en": "No pictures yet.", "zh": "还没有图片。"}}
        return HealthShape.model_validate({**empty, "checks": [], "findings": [], "notices": []})
    with studio.looks.look(dataset.id) as on_progress:
        report = contents.once(("health", base), lambda: _examine(studio, dataset, base, on_progress))
    return HealthShape(
        version=dataset.version,
        summary=said(for_browser(studio.folder, summary(report))),
        checks=[CheckShape(check=kind, title=said(report.titles[kind])) for kind, _ in report.by_check()],
        findings=[_shape(studio, one) for one in report.findings],
        notices=[said(for_browser(studio.folder, one)) for one in report.notices],
    )


@router.get("/datasets/{dataset_id}/cautions")
def get_cautions(
    dataset: OwnedDataset, studio: TheStudio, base: Annotated[str | None, Query(max_length=200)] = None
) -> list[Said]:
    """What is to be read before a base is trained (its id; the embedded one by default): pictures or captions that it
    doesn't know. The health report says it, too, but takes much longer.
    """
    contents = pictures_of(studio.folder.dataset(dataset.folder))
    name = find_base_of(studio, dataset.owner_id, base or EMBEDDED_BASE).name
    told = contents.once(("cautions", base), lambda: cautions_of(name, contents.pictures))
    return [said(for_browser(studio.folder, one)) for one in told]


@router.get("/datasets/{dataset_id}/health/progress")
async def get_health_progress(dataset: OwnedDataset, studio: TheStudio) -> ProgressShape | None:
    """How many pictures were looked at, while the report is made; null while none is."""
    reached = studio.looks.reached(dataset.id)
    return None if reached is None else ProgressShape(done=reached[0], total=reached[1])


@router.post("/datasets/{dataset_id}/health/fix")
def fix_health(order: HealthFix, dataset: OwnedDataset, studio: TheStudio) -> FixedShape:
    """Mend what can be mended without touching a picture; `undo` takes it back."""
    with reading(dataset) if order.dry_run else alone(studio, dataset, order.version) as now:
        report = _examine(studio, now, order.base)
        chosen = choose_fixes(report, order.checks, order.pictures)
        shown = differences(report.survey.dataset.root, contents_of(report, chosen))
        version = now.version
        if chosen and not order.dry_run:
            version = advance(studio, now)
            mend(report, chosen)
    return FixedShape(
        version=version, fixed=[_shape(studio, one) for one in chosen], differences=shown, applied=not order.dry_run
    )


def _examine(studio: Studio, dataset: DatasetRecord, base: str | None, on_progress: Progress | None = None) -> Report:
    found = find_base_of(studio, dataset.owner_id, base or EMBEDDED_BASE)
    sizes = sizes_for(BucketConfig(), native_px=found.facts.native_px, step_px=found.facts.step_px)
    target = Target(found.name, found.facts.native_px, tuple(sizes))
    return examine(studio.folder.dataset(dataset.folder), target, on_progress=on_progress)


def _shape(studio: Studio, finding: Finding) -> FindingShape:
    return FindingShape(
        check=finding.check,
        severity=finding.severity,
        picture=finding.picture,
        text=said(for_browser(studio.folder, finding.text)),
        fix=said(finding.fix.title) if finding.fix else None,
        safe=bool(finding.fix and finding.fix.safe),
        other=finding.other,
    )
