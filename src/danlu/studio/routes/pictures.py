"""Pictures of a dataset: page by page, as files, as thumbnails; and changes of what is known of them."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse

from danlu.composition.named import changed_files
from danlu.composition.views import add_view, remove_view
from danlu.datasets.captions import split_tags
from danlu.datasets.extension import may_lie
from danlu.datasets.file_kinds import companions
from danlu.datasets.history import Contents as Files
from danlu.datasets.manifest import PictureFacts, ViewFacts
from danlu.datasets.pictures import Box, Picture
from danlu.datasets.thumbnails import known_sha256, stored_thumbnail, thumbnail_of
from danlu.kit.language import Text
from danlu.store.records import DatasetRecord
from danlu.studio.changes import advance, alone, keep
from danlu.studio.context import OwnedDataset, TheStudio, immutable
from danlu.studio.library import Contents, caption_of, contents_of, facts_of, find_picture, seen_picture, select
from danlu.studio.problems import ProblemError
from danlu.studio.routes.datasets import thumbnail_url
from danlu.studio.shapes.datasets import (
    Changed,
    Deletion,
    PictureChange,
    PicturePage,
    PictureShape,
    ViewChange,
    ViewShape,
)

router = APIRouter(tags=["pictures"])
_MEDIA = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".webp": "image/webp"}


@router.get("/datasets/{dataset_id}/pictures", response_model=PicturePage)
def get_pictures(
    dataset: OwnedDataset,
    studio: TheStudio,
    *,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
    search: Annotated[str | None, Query(max_length=500)] = None,
) -> Response:
    """A page of a dataset's pictures by name; `search` keeps those with this text in their name or caption."""
    contents = contents_of(studio.folder.dataset(dataset.folder))
    found = select(contents.pictures, search)
    page = PicturePage.model_construct(
        total=len(found),
        offset=offset,
        version=dataset.version,
        pictures=[_shape(dataset, contents, one) for one in found[offset : offset + limit]],
    )
    return Response(page.model_dump_json(), media_type="application/json")  # valid as it is: its parts were checked


@router.get("/datasets/{dataset_id}/picture")
def get_picture(
    dataset: OwnedDataset, studio: TheStudio, name: Annotated[str, Query(min_length=1, max_length=500)]
) -> PictureShape:
    """One picture, by its name."""
    contents = contents_of(studio.folder.dataset(dataset.folder))
    return _shape(dataset, contents, _require(contents, name))


@router.patch("/datasets/{dataset_id}/pictures")
def change_pictures(change: PictureChange, dataset: OwnedDataset, studio: TheStudio) -> Changed:
    """Change what is known of pictures: crop, repeats, mirror, excluded, or the caption of one."""
    with alone(studio, dataset, change.version) as now:
        contents = contents_of(studio.folder.dataset(now.folder))
        chosen = [_require(contents, name) for name in change.pictures]
        return keep(studio, now, _title(change, chosen), _files(change, chosen, contents))


@router.post("/datasets/{dataset_id}/views")
def change_view(change: ViewChange, dataset: OwnedDataset, studio: TheStudio) -> Changed:
    """Train on a further view of a picture as on a picture of its own, or no longer."""
    with alone(studio, dataset, change.version) as now:
        contents = contents_of(studio.folder.dataset(now.folder))
        picture = _require(contents, change.picture)
        crop = None if change.crop is None else _box(picture, change.crop, None)
        if change.remove:
            files = remove_view(contents.require(), picture.name, change.name)
            return keep(studio, now, Text(f"no view {change.name}", f"删除视图 {change.name}"), files)
        told = {"crop": crop, "repeats": change.repeats, "mirror": change.mirror}
        said = {name: told[name] for name in told if name in change.model_fields_set}
        before = (facts_of(contents, picture).views or {}).get(change.name, ViewFacts())
        said = ViewFacts.model_validate({**before.model_dump(), **said})
        files = add_view(contents.require(), picture.name, change.name, said)
        return keep(studio, now, Text(f"view {change.name}", f"视图 {change.name}"), files)


@router.post("/datasets/{dataset_id}/pictures/delete")
def delete_pictures(order: Deletion, dataset: OwnedDataset, studio: TheStudio) -> Changed:
    """Delete the files of pictures, with their captions and masks. This can't be undone; leaving them out can."""
    with alone(studio, dataset, order.version) as now:
        contents = contents_of(studio.folder.dataset(now.folder))
        chosen = [_require(contents, name) for name in order.pictures]
        version = advance(studio, now)
        for file in companions([one.path for one in chosen]):
            file.unlink(missing_ok=True)
        for one in chosen:
            one.path.unlink(missing_ok=True)
        return Changed(version=version, title=None, files=len(chosen))


@router.get("/datasets/{dataset_id}/thumbnails/{name:path}", response_class=FileResponse)
async def get_thumbnail(dataset: OwnedDataset, studio: TheStudio, name: str) -> Response:
    """A small JPEG of a picture, 256 px at most."""
    root = studio.folder.dataset(dataset.folder)
    # Asked for by the dozen: one that was made needs no thread.
    seen = seen_picture(root, name)
    stored = stored_thumbnail(seen.path) if seen is not None else None
    if stored is None:
        picture = _there(await run_in_threadpool(find_picture, root, name), name)
        stored = await run_in_threadpool(thumbnail_of, picture.path)
    return Response(stored.read_bytes(), media_type="image/jpeg", headers=immutable())


@router.get("/datasets/{dataset_id}/files/{name:path}", response_class=FileResponse)
def get_file(dataset: OwnedDataset, studio: TheStudio, name: str) -> FileResponse:
    """A picture's file as it was uploaded."""
    path = _there(find_picture(studio.folder.dataset(dataset.folder), name), name).path
    media = _MEDIA.get(path.suffix.lower(), "application/octet-stream")
    return FileResponse(path, media_type=media, headers=immutable())


def _require(contents: Contents, name: str) -> Picture:
    """The picture of a name: only what the scan has found is ever opened. Raises `ProblemError`."""
    return _there(contents.picture(name), name)


def _there(found: Picture | None, name: str) -> Picture:
    if found is None:
        text = Text(f"There is no picture '{name[:100]}' in this dataset.", f"数据集中没有图片“{name[:100]}”。")
        raise ProblemError(404, "missing", text, field="name")
    return found


def _shape(dataset: DatasetRecord, contents: Contents, picture: Picture) -> PictureShape:
    return contents.once(("shape", picture.name), lambda: _make_shape(dataset, contents, picture))


def _make_shape(dataset: DatasetRecord, contents: Contents, picture: Picture) -> PictureShape:
    facts, caption = facts_of(contents, picture), caption_of(picture)
    concept = _concept(contents, picture)
    excluded = picture.name in contents.excluded
    url = f"?v={known_sha256(picture.path)[:16]}"
    thumbnail = thumbnail_url(dataset, contents, picture.name)
    return PictureShape(
        name=picture.name,
        concept=concept[0],
        width=picture.size.width,
        height=picture.size.height,
        caption=caption,
        tags=split_tags(caption or ""),
        crop=list(facts.crop) if facts.crop else None,
        extend=facts.extend,
        repeats=facts.repeats or picture.repeats,
        own_repeats=facts.repeats,
        mirror=facts.mirror,
        excluded=excluded,
        held_out=bool(facts.held_out),
        regularization=concept[1],
        views=[
            ViewShape(
                name=view.view or "",
                crop=list(view.crop) if view.crop else None,
                repeats=view.repeats,
                mirror=view.mirror,
                caption=view.caption,
            )
            for view in contents.views_of(picture)
        ],
        thumbnail=thumbnail,
        url=thumbnail.replace("/thumbnails/", "/files/", 1).partition("?")[0] + url,
    )


def _concept(contents: Contents, picture: Picture) -> tuple[str, bool]:
    """The name of a picture's concept, and whether it is for regularization."""
    if contents.dataset is None or picture.name in contents.excluded:
        return "", False
    concept = contents.dataset.concepts[picture.concept]
    return concept.name, concept.regularization


def _files(change: PictureChange, chosen: list[Picture], contents: Contents) -> Files:
    """What files are to hold after a change."""
    given = change.model_fields_set
    files: dict[str, bytes | None] = {}
    if "caption" in given:
        picture = _only(chosen, "caption")
        if change.caption is None:
            text = Text("A caption can be empty, but not be taken away.", "标注可以为空，但不能删除。")
            raise ProblemError(422, "invalid", text, field="caption")
        caption = " ".join(change.caption.split()) if "\n" not in change.caption else change.caption.strip()
        place = picture.caption_file or picture.own_caption
        files[place.relative_to(contents.root).as_posix()] = f"{caption}\n".encode()
    facts: dict[str, object] = {}
    if "crop" in given:
        box = None if change.crop is None else _box(_only(chosen, "crop"), change.crop, change.extend)
        facts["crop"] = box
        facts["extend"] = None if box is None or box.lies_within(chosen[0].size) else change.extend
    for name in ("repeats", "mirror", "excluded"):
        if name in given:
            facts[name] = getattr(change, name) or (None if name == "excluded" else getattr(change, name))
    if facts:
        files |= changed_files(contents.root, {one.name: PictureFacts.model_validate(facts) for one in chosen})
    if not files:
        raise ProblemError(422, "invalid", Text("Say what is to change.", "请说明要修改什么。"))
    return files


def _only(chosen: list[Picture], field: str) -> Picture:
    if len(chosen) != 1:
        text = Text(f"'{field}' is for one picture at a time.", f"“{field}”一次只能用于一张图片。")
        raise ProblemError(422, "invalid", text, field=field)
    return chosen[0]


def _box(picture: Picture, crop: list[int], extend: str | None) -> Box:
    box = Box(*crop)
    if not may_lie(box, picture.size, extend):
        text = Text(
            f"The crop box doesn't lie within '{picture.name}' ({picture.size}), and reaching over its edge needs "
            "`extend`.",
            f"裁剪框超出图片“{picture.name}”的范围（{picture.size}）；要向外扩边须指定 extend。",
        )
        raise ProblemError(422, "invalid", text, field="crop")
    return box


_TITLES = {
    "caption": Text("caption", "标注"),
    "crop": Text("crop box", "裁剪框"),
    "repeats": Text("repeats", "重复次数"),
    "mirror": Text("mirror", "镜像"),
    "excluded": Text("left out or not", "是否排除"),
}


def _title(change: PictureChange, chosen: list[Picture]) -> Text:
    what = [_TITLES[name] for name in _TITLES if name in change.model_fields_set]
    of = (
        Text(chosen[0].name, chosen[0].name)
        if len(chosen) == 1
        else Text(f"{len(chosen)} pictures", f"{len(chosen)} 张图片")
    )
    return Text(f"{', '.join(one.en for one in what)} of {of.en}", f"{of.zh}：{'、'.join(one.zh for one in what)}")
