"""From what a user calls a picture or a concept to the one that is meant, and to what `danlu.toml` is to hold."""

import difflib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from danlu.datasets.history import Contents
from danlu.datasets.manifest import (
    MANIFEST_NAME,
    ConceptFacts,
    Manifest,
    PictureFacts,
    ViewFacts,
    manifest_with,
    read_manifest,
)
from danlu.datasets.pictures import Concept, Dataset, Picture
from danlu.kit.errors import UserError, nearest


def picture_named(dataset: Dataset, name: str) -> Picture:
    """The picture or view of a name; its folders may be left out where that is clear.

    Raises `UserError` with the nearest name if there is none, or with two of them if there are several.
    """
    exact = [one for one in dataset.pictures if one.name == name]
    found = exact or [one for one in dataset.pictures if one.name.endswith(f"/{name}")]
    if len(found) == 1:
        return found[0]
    if found:
        raise UserError(
            f"'{name}' may be '{found[0].name}' or '{found[1].name}': name its folder too.",
            f"“{name}”可能是“{found[0].name}”或“{found[1].name}”：请带上文件夹名。",
        )
    names = [one.name for one in dataset.pictures]
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.3) or names[:1]
    raise UserError(
        f"'{dataset.root}' has no picture '{name}', or it is excluded; there is '{close[0]}', for example.",
        f"“{dataset.root}”中没有图片“{name}”，或已被排除；例如有“{close[0]}”。",
    )


def pictures_named(dataset: Dataset, names: Sequence[str]) -> list[Picture]:
    """The pictures and views of these names, in their order; `*` and `?` in a name stand for any signs, one sign.

    Raises `UserError` for a name that fits none.
    """
    found: dict[str, Picture] = {}
    for name in names:
        pattern = re.compile(re.escape(name).replace(r"\*", ".*").replace(r"\?", "."))
        fitting = [one for one in dataset.pictures if pattern.fullmatch(one.name)] if {"*", "?"} & {*name} else []
        found |= {one.name: one for one in fitting or [picture_named(dataset, name)]}
    return list(found.values())


def concept_named(dataset: Dataset, name: str) -> Concept:
    """The concept of a name. Raises `UserError` with the nearest one if there is none."""
    for concept in dataset.concepts:
        if concept.name == name:
            return concept
    hint = nearest(name, [concept.name for concept in dataset.concepts])
    raise UserError(
        f"'{dataset.root}' has no concept '{name}': {hint.en}", f"“{dataset.root}”中没有概念“{name}”：{hint.zh}"
    )


def learnt_concepts(dataset: Dataset) -> list[Concept]:
    """The concepts that aren't for regularization."""
    return [concept for concept in dataset.concepts if not concept.regularization]


def changed_concepts(dataset: Dataset, facts: Mapping[str, ConceptFacts]) -> Contents:
    """What the manifest is to hold with these facts, by the concepts' names."""
    known = read_manifest(dataset.root).concepts
    return _written(dataset, concepts={_key_of(dataset, known, name): about for name, about in facts.items()})


def changed_pictures(dataset: Dataset, facts: Mapping[str, PictureFacts]) -> Contents:
    """What the manifest is to hold with these facts, by the pictures' names; a view's go to its picture's views."""
    manifest = read_manifest(dataset.root)
    gathered: dict[str, PictureFacts] = {}
    by_name = {picture.name: picture for picture in dataset.pictures}
    for name, about in facts.items():
        one = by_name[name]
        before = gathered.get(one.file_name, PictureFacts())
        told = _told_of_view(manifest, before, one, about) if one.view else _said(about)
        gathered[one.file_name] = PictureFacts.model_validate(_said(before) | told)
    return _written(dataset, pictures=gathered)


def changed_files(root: Path, facts: Mapping[str, PictureFacts]) -> Contents:
    """What the manifest is to hold with these facts about picture files, by their names; also of those left out."""
    return {MANIFEST_NAME: manifest_with(root, pictures=facts).encode()}


def _told_of_view(manifest: Manifest, before: PictureFacts, view: Picture, about: PictureFacts) -> dict[str, object]:
    """All views of a picture, with what is new about one of them."""
    views = before.views or manifest.about(view.file_name).views or {}
    name = view.view or ""
    new = {key: value for key, value in _said(about).items() if key in ViewFacts.model_fields}
    return {"views": {**views, name: views[name].model_copy(update=new)}}


def _said(facts: PictureFacts) -> dict[str, object]:
    return {name: getattr(facts, name) for name in facts.model_fields_set}


def _key_of(dataset: Dataset, known: Mapping[str, ConceptFacts], name: str) -> str:
    """A plain folder that was renamed keeps the entry of its only concept."""
    alone = len(known) == 1 and len(learnt_concepts(dataset)) == 1 and name not in known
    return next(iter(known)) if alone and not concept_named(dataset, name).regularization else name


def _written(
    dataset: Dataset,
    *,
    concepts: Mapping[str, ConceptFacts] | None = None,
    pictures: Mapping[str, PictureFacts] | None = None,
) -> Contents:
    return {MANIFEST_NAME: manifest_with(dataset.root, concepts=concepts, pictures=pictures).encode()}
