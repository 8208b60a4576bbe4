"""Which pictures of a dataset are meant: all, those of a concept, those that are named, those whose tags fit."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from danlu.datasets.pictures import Concept, Dataset, Picture
from danlu.editing.expressions import Expression
from danlu.editing.lines import tags_of
from danlu.kit.errors import UserError, nearest


@dataclass(frozen=True)
class Selection:
    """Pictures that fulfil each condition that is set."""

    where: Expression | None = None
    """What is true of their captions."""
    concept: str | None = None
    """The concept that they belong to, by name."""
    pictures: tuple[str, ...] = ()
    """Their names; none are all."""

    def of(self, dataset: Dataset) -> tuple[Picture, ...]:
        """The pictures, in the dataset's order. Raises `UserError` for a concept or picture that isn't there."""
        concepts = concepts_named(dataset, self.concept) if self.concept is not None else None
        _require_pictures(dataset, self.pictures)
        return tuple(
            picture
            for picture in dataset.pictures
            if (concepts is None or picture.concept in concepts)
            and (not self.pictures or picture.name in self.pictures)
            and (self.where is None or self.where.holds(tags_of(picture.caption)))
        )


def concepts_named(dataset: Dataset, name: str) -> Collection[int]:
    """Indexes of the concepts of a name; several folders may share one. Raises `UserError` if there are none."""
    found = {index for index, concept in enumerate(dataset.concepts) if concept.name == name}
    if not found:
        hint = nearest(name, {concept.name for concept in dataset.concepts})
        raise UserError(f"There is no concept '{name}': {hint.en}", f"没有名为“{name}”的概念：{hint.zh}")
    return found


def trigger_of(concept: Concept) -> str | None:
    """The trigger word of a concept; regularization pictures have none."""
    return None if concept.regularization else concept.trigger


def _require_pictures(dataset: Dataset, names: Sequence[str]) -> None:
    known = {picture.name for picture in dataset.pictures}
    for name in names:
        if name not in known:
            hint = nearest(name, known if len(known) < 20 else list(known)[:20])
            raise UserError(
                f"There is no usable picture '{name}' in '{dataset.root}'; {hint.en}",
                f"“{dataset.root}”中没有可用的图片“{name}”，{hint.zh}",
            )
