"""How scores and sentences become captions: the options of `danlu tag`, and which of them make no sense together."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

from danlu.datasets.pictures import Dataset
from danlu.editing.trigger import require_trigger_word
from danlu.kit.errors import UserError, nearest
from danlu.tagging.base import Category, Tagger
from danlu.tagging.words import canonical, pattern_of

Existing = Literal["replace", "append", "keep"]
"""What happens to captions that are there: written anew, new tags put after theirs, or left alone."""
Order = Literal["groups", "confidence", "alphabet"]
CATEGORIES: tuple[Category, ...] = get_args(Category)
USUAL_CATEGORIES: tuple[Category, ...] = ("general", "character")


@dataclass(frozen=True)
class TagOptions:
    """How scores become captions."""

    trigger: str | None = None
    """Put first in every caption; None keeps what the manifest says."""
    add: Sequence[str] = ()
    """Tags put into every caption, behind the trigger word."""
    threshold: float | None = None
    """Tags with at least this score are true; None: as is usual for the tagger."""
    character_threshold: float | None = None
    """The same for tags that are a character's name."""
    categories: Collection[Category] = USUAL_CATEGORIES
    """Tags of these are written; of ratings and of qualities only the surest one."""
    exclude: Collection[str] = ()
    """Tags that are never written; `*` stands for anything."""
    replace: Mapping[str, str] = field(default_factory=dict[str, str])
    """A tag and what is written in its place: one tag or several, with commas."""
    order: Order | None = None
    """None: in the order of the tagger's groups if it has some, else by confidence."""
    underscores: bool = False
    """Spell tags as the tagger's list does, with underscores, instead of with spaces."""
    escape: bool = False
    """Write brackets as \\( and \\): for recipes that read brackets as emphasis."""
    expand_characters: bool = False
    """Write `ganyu (genshin impact)` as two tags, `ganyu` and `genshin impact`."""
    absorb: bool = True
    """Leave the traits of a concept that has a trigger word out of its captions."""
    existing: Existing = "replace"
    only: Collection[str] = ()
    """The names of the pictures (with their views) to tag; none are all. Traits then stay as the manifest has them."""

    def leaves_out(self, tag: str) -> bool:
        """Whether a tag, in any spelling, is one that is never written."""
        return pattern_of(self.exclude).fullmatch(canonical(tag)) is not None


OF_TAGS = {
    "threshold": "--threshold",
    "character_threshold": "--character-threshold",
    "categories": "--categories",
    "exclude": "--exclude",
    "replace": "--replace",
    "order": "--order",
    "underscores": "--underscores",
    "escape": "--escape",
    "expand_characters": "--expand-characters",
    "absorb": "--keep-all",
}
"""Options that do nothing without a tagger, and how the command line calls them."""


def check_options(options: TagOptions, tagger: Tagger | None, dataset: Dataset) -> None:
    """Raise `UserError` for an option that makes no sense, or that has no effect under the others."""
    _check_trigger(options.trigger, dataset)
    if tagger is None:
        usual = TagOptions()
        for name, option in OF_TAGS.items():
            if getattr(options, name) != getattr(usual, name):
                raise UserError(
                    f"{option} is about tags, and the captioner writes sentences: leave it out, or name a --tagger to "
                    "put tags behind the sentence.",
                    f"{option} 只影响标签，而描述模型写的是句子：请去掉它，或用 --tagger 指定打标模型，"
                    "在句子后附上标签。",
                )
        return
    for number in (options.threshold, options.character_threshold):
        if number is not None and not 0 < number < 1:
            raise UserError(
                f"The threshold must lie between 0 and 1, not at {number:g}; {tagger.usual.general:g} is usual.",
                f"阈值必须在 0 和 1 之间，而不是 {number:g}；常用 {tagger.usual.general:g}。",
            )
    _check_categories(options, tagger)
    if options.order == "groups" and not tagger.groups:
        raise UserError(
            "--order groups: this tagger doesn't tell which tags belong together; choose confidence or alphabet.",
            "--order groups：该打标模型没有标签分组信息；请选择 confidence 或 alphabet。",
        )


def _check_categories(options: TagOptions, tagger: Tagger) -> None:
    known = {tag.category for tag in tagger.tags}
    for category in options.categories:
        if category not in CATEGORIES:
            hint = nearest(category, CATEGORIES)
            raise UserError(
                f"--categories: there is no category '{category}'; {hint.en}",
                f"--categories：没有类别“{category}”；{hint.zh}",
            )
        if category not in known and category not in USUAL_CATEGORIES:
            names = ", ".join(sorted(known))
            raise UserError(
                f"--categories: this tagger has no tags of the category '{category}', only {names}.",
                f"--categories：该打标模型没有“{category}”类别的标签，只有 {names}。",
            )
    named = "character" in known and "character" in options.categories
    if not named and (options.character_threshold is not None or options.expand_characters):
        option = "--expand-characters" if options.expand_characters else "--character-threshold"
        raise UserError(
            f"{option} has no effect: no names of characters are written, because the tagger knows none or "
            "--categories leaves them out.",
            f"{option} 不起作用：不会写出角色名（该打标模型没有角色标签，或 --categories 未包含 character）。",
        )


def _check_trigger(trigger: str | None, dataset: Dataset) -> None:
    if trigger is None:
        return
    require_trigger_word(trigger)
    # Two folders of one name, 5_hero and 10_hero, are one concept.
    trained = list(dict.fromkeys(concept.name for concept in dataset.concepts if not concept.regularization))
    if len(trained) > 1:
        raise UserError(
            f"The dataset has {len(trained)} concepts ({', '.join(trained)}), which need a trigger word each: write "
            f'them into danlu.toml as [concepts.{trained[0]}] trigger = "{trigger}", and tag without a trigger here.',
            f"数据集有 {len(trained)} 个概念（{'、'.join(trained)}），各需要自己的触发词：请写入 danlu.toml，"
            f'如 [concepts.{trained[0]}] trigger = "{trigger}"，然后不带触发词参数打标。',
        )
