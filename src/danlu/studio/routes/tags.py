"""Tags and trigger words of a dataset, by the same functions as `danlu dataset tags`, `edit` and `trigger`."""

from typing import Annotated

from fastapi import APIRouter, Query

from danlu.editing.conflicts import trigger_conflicts
from danlu.editing.counts import TagTable, count_tags
from danlu.editing.edit import Edits, edit_tags
from danlu.editing.expressions import parse_expression
from danlu.editing.operations import Add, Dedupe, Delete, Move, Operation, Replace, Sort
from danlu.editing.selection import Selection
from danlu.editing.trigger import look_at_triggers, only_concept, set_trigger, tags_to_absorb
from danlu.store.records import DatasetRecord
from danlu.studio.bases import find_taggers
from danlu.studio.changes import advance, alone, reading
from danlu.studio.context import OwnedDataset, Owner, Studio, TheStudio
from danlu.studio.library import contents_of
from danlu.studio.shapes.common import said
from danlu.studio.shapes.tags import (
    AddTags,
    CaptionChangeShape,
    DeleteTags,
    KnownTag,
    MoveTags,
    OfferedTag,
    ReplaceTag,
    SortTags,
    TagCountShape,
    TagEdit,
    TagEdited,
    TagOperation,
    TagTableShape,
    TriggerChange,
    TriggerShape,
    TriggersShape,
    TriggerWarnings,
)
from danlu.tagging.meanings import known_tags, meaning_of

router = APIRouter(tags=["tags"])
_Where = Annotated[str | None, Query(max_length=2000)]


@router.get("/datasets/{dataset_id}/tags")
def get_tags(
    dataset: OwnedDataset, studio: TheStudio, *, find: _Where = None, where: _Where = None, concept: _Where = None
) -> TagTableShape:
    """Count tags: those of which `find` is true, in pictures of which `where` is (as in `smile AND NOT *hat`)."""
    contents = contents_of(studio.folder.dataset(dataset.folder))
    if contents.dataset is None:
        return TagTableShape(version=dataset.version, pictures=0, without_caption=0, with_sentences=0, tags=[])
    scanned = contents.dataset

    def count() -> TagTable:
        chosen = Selection(parse_expression(where) if where else None, concept).of(scanned)
        return count_tags(scanned, chosen, parse_expression(find) if find else None)

    table = count() if find or where or concept else contents.once("tags", count)
    return TagTableShape(
        version=dataset.version,
        pictures=table.pictures,
        without_caption=table.without_caption,
        with_sentences=table.with_sentences,
        tags=[
            TagCountShape(tag=one.tag, pictures=one.pictures, shares=dict(one.shares), zh=meaning_of(one.tag))
            for one in table.tags
        ],
    )


@router.get("/tags")
def find_tags(
    studio: TheStudio,
    owner: Owner,
    find: Annotated[str, Query(min_length=1, max_length=100)],
    limit: Annotated[int, Query(ge=1, le=100)] = 12,
) -> list[KnownTag]:
    """Tags that the taggers here know with this in their name or their Chinese meaning, the best fitting first."""
    known = known_tags([one.path for one in find_taggers(studio, owner)])
    wanted = find.strip().lower().replace("_", " ")
    found = [(tag, zh) for tag, zh in known.items() if wanted in tag or (zh and wanted in zh)]
    found.sort(key=lambda one: (not one[0].startswith(wanted), len(one[0])))
    return [KnownTag(tag=tag, zh=zh) for tag, zh in found[:limit]]


@router.post("/datasets/{dataset_id}/tags/edit")
def edit_dataset_tags(edit: TagEdit, dataset: OwnedDataset, studio: TheStudio) -> TagEdited:
    """Add, delete, replace, move or sort tags in many captions at once, or tell what that would do."""
    with reading(dataset) if edit.dry_run else alone(studio, dataset, edit.version) as now:
        found = contents_of(studio.folder.dataset(now.folder)).require()
        where = parse_expression(edit.where) if edit.where else None
        pictures = Selection(where, edit.concept, tuple(edit.pictures)).of(found)
        operations = [_operation(one) for one in edit.operations]
        edits = edit_tags(found, operations, pictures, trigger_too=edit.trigger_too)
        return _settle(studio, now, edits, dry_run=edit.dry_run)


@router.get("/datasets/{dataset_id}/trigger")
def get_triggers(dataset: OwnedDataset, studio: TheStudio) -> TriggersShape:
    """How things stand with the trigger word of each concept, and what it could take over."""
    contents = contents_of(studio.folder.dataset(dataset.folder))
    scanned = contents.dataset
    known = contents.once("triggers", lambda: look_at_triggers(scanned)) if scanned else ()
    return TriggersShape(
        version=dataset.version,
        concepts=[
            TriggerShape(
                concept=one.concept,
                trigger=one.trigger,
                pictures=one.pictures,
                led=one.led,
                traits=list(one.traits),
                offered=[OfferedTag(tag=tag.tag, pictures=tag.pictures) for tag in one.offered],
                conflicts=[said(conflict) for conflict in one.conflicts],
            )
            for one in known
        ],
    )


@router.post("/datasets/{dataset_id}/trigger")
def set_dataset_trigger(change: TriggerChange, dataset: OwnedDataset, studio: TheStudio) -> TagEdited:
    """Set the trigger word of a concept, first in every caption, and let it take tags over ("all": those offered)."""
    with reading(dataset) if change.dry_run else alone(studio, dataset, change.version) as now:
        found = contents_of(studio.folder.dataset(now.folder)).require()
        (about,) = look_at_triggers(found, change.concept or only_concept(found))
        absorbed = tags_to_absorb(about, change.absorb, [])
        edits = set_trigger(found, about.concept, word=change.word, absorb=absorbed)
        return _settle(studio, now, edits, dry_run=change.dry_run)


@router.get("/datasets/{dataset_id}/trigger/check")
def check_trigger(
    dataset: OwnedDataset,
    studio: TheStudio,
    word: Annotated[str, Query(min_length=1, max_length=200)],
    concept: Annotated[str | None, Query(max_length=500)] = None,
) -> TriggerWarnings:
    """What is to be said against a trigger word before it is set."""
    found = contents_of(studio.folder.dataset(dataset.folder)).require()
    conflicts = trigger_conflicts(found, concept or only_concept(found), word)
    return TriggerWarnings(conflicts=[said(one) for one in conflicts])


def _settle(studio: Studio, dataset: DatasetRecord, edits: Edits, *, dry_run: bool) -> TagEdited:
    version = dataset.version
    if not dry_run and edits.contents:
        version = advance(studio, dataset)
        edits.apply()
    return TagEdited(
        version=version,
        title=said(edits.title),
        captions=[
            CaptionChangeShape(picture=one.picture, before=one.before, after=one.after) for one in edits.captions
        ],
        applied=not dry_run,
    )


def _operation(asked: TagOperation) -> Operation:
    match asked:
        case AddTags():
            return Add(tuple(asked.tags), asked.end)
        case DeleteTags():
            return Delete(tuple(asked.tags))
        case ReplaceTag():
            return Replace(asked.tag, tuple(asked.by))
        case MoveTags():
            return Move(tuple(asked.tags), asked.end)
        case SortTags():
            return Sort(asked.by)
        case _:
            return Dedupe()
