"""Tag a dataset: scores and sentences become captions, with the trigger word first and lasting traits left out.

A tag that is true of (nearly) every picture of a concept is a trait of it. Written into the captions, the trait would
stay bound to its own tag; left out, it binds to the trigger word. The traits are recorded in the manifest.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pydantic import BaseModel, ConfigDict

from danlu.datasets.captions import join_tags, split_tags
from danlu.datasets.history import apply_change
from danlu.datasets.manifest import MANIFEST_NAME, ConceptFacts, manifest_with
from danlu.datasets.pictures import Concept, Dataset, Picture
from danlu.datasets.scan import scan_dataset
from danlu.editing.lines import edit_caption
from danlu.editing.patterns import key_of
from danlu.editing.traits import constant_tags, frequent_tags
from danlu.editing.trigger import led_by
from danlu.kit.language import Text
from danlu.tagging.base import Tagger, TagInfo
from danlu.tagging.captioner import Captioner, describe_pictures
from danlu.tagging.cautions import about_tagger, caution_of_tagger
from danlu.tagging.options import TagOptions, check_options
from danlu.tagging.scores import score_pictures
from danlu.tagging.stored import Found, OnPicture
from danlu.tagging.wording import SCALES, Wording, places_of
from danlu.tagging.words import canonical

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from danlu.tagging.scores import Scores


class TaggedConcept(BaseModel):
    """What tagging found out about one concept."""

    model_config = ConfigDict(frozen=True)

    name: str
    trigger: str | None
    traits: tuple[str, ...]
    pictures: int
    frequent: tuple[tuple[str, int], ...] = ()
    """Tags that most pictures have, and how many: traits perhaps, which the captions still name."""


class TagReport(BaseModel):
    """What `tag_dataset` did, or would do."""

    model_config = ConfigDict(frozen=True)

    concepts: tuple[TaggedConcept, ...]
    captions: dict[str, str]
    """Captions by picture name, as they are to be in the files."""
    before: dict[str, str | None]
    """What these pictures' captions were; None without one."""
    written: bool
    """False after a dry run, and if the files held all this already."""
    kept: int
    """Pictures whose captions were left alone."""
    computed: int
    """Pictures that a model had to be run on; what it says of the others was stored."""
    problems: dict[str, str]
    """Pictures that can't be read, and why."""
    notices: tuple[Text, ...]
    """What the user should know of the options."""
    tagger: Text | None = None
    """The tagger's name and what it knows; None without one."""
    caution: Text | None = None
    """Why its tags can't be trusted for these pictures; None if it knows them."""


class _Seen(NamedTuple):
    """What the models say of the pictures that can be read."""

    pictures: list[Picture]
    tags: dict[str, list[TagInfo]]
    sentences: dict[str, str]
    computed: int
    problems: dict[str, str]


def tag_dataset(
    root: Path | Dataset,
    tagger: Tagger | None,
    options: TagOptions | None = None,
    *,
    captioner: Captioner | None = None,
    dry_run: bool = False,
    on_picture: OnPicture | None = None,
    on_sentence: OnPicture | None = None,
) -> TagReport:
    """Write a caption beside every picture of a dataset, and triggers and traits into its manifest, as one change that
    can be undone. A captioner's sentence stands before the tags; without a tagger it stands alone. `root` is the
    dataset's folder, or the dataset as it was just scanned.

    Regularization pictures get captions without trigger. Raises `UserError` for a missing dataset, or options that make
    no sense; a picture that can't be read is reported and left out. A dry run only says what would be written.
    """
    dataset = root if isinstance(root, Dataset) else scan_dataset(root)
    options = options or TagOptions()
    check_options(options, tagger, dataset)
    wording = Wording(tagger, options) if tagger else None
    chosen = chosen_pictures(dataset, options)
    seen = _look_at(dataset, chosen, tagger and score_pictures(tagger, chosen, on_picture), wording)
    if captioner:
        seen = _with_sentences(seen, describe_pictures(captioner, seen.pictures, on_sentence))
    concepts: list[TaggedConcept] = []
    captions: dict[str, str] = {}
    for index, concept in enumerate(dataset.concepts):
        pictures = [picture for picture in seen.pictures if picture.concept == index]
        concepts.append(_describe(concept, [seen.tags[picture.name] for picture in pictures], options))
        for picture in pictures:
            if options.existing != "keep" or picture.caption is None:
                varied = [tag for tag in seen.tags[picture.name] if tag.name not in concepts[-1].traits]
                words = [word for tag in varied for word in (wording.spell(tag) if wording else ())]
                sentence = seen.sentences.get(picture.name, "")
                old = _kept_tags(picture, concept, concepts[-1], options) if options.existing == "append" else []
                captions[picture.name] = _compose(concepts[-1], options, old, sentence=sentence, words=words)
            elif (changed := _with_trigger(picture.caption, concepts[-1], concept.trigger)) != picture.caption:
                captions[picture.name] = changed
    root, with_traits = dataset.root, tagger is not None and not options.only
    contents = _contents(dataset, captions) | _manifest(root, dataset, concepts, with_traits=with_traits)
    return TagReport(
        concepts=tuple(concepts),
        captions=captions,
        before={picture.name: picture.caption for picture in seen.pictures if picture.name in captions},
        written=not dry_run and apply_change(root, _title(len(captions)), contents) is not None,
        kept=len(seen.pictures) - len(captions),
        computed=seen.computed,
        problems=seen.problems,
        notices=tuple(wording.notices) if wording else (),
        tagger=about_tagger(tagger) if tagger else None,
        caution=caution_of_tagger(tagger, seen.pictures) if tagger else None,
    )


def chosen_pictures(dataset: Dataset, options: TagOptions) -> list[Picture]:
    """The pictures and views that are to be tagged."""
    only = frozenset(options.only)
    return [one for one in dataset.pictures if not only or one.name in only or one.file_name in only]


def _look_at(
    dataset: Dataset, chosen: Sequence[Picture], scored: "Found[Scores] | None", wording: Wording | None
) -> _Seen:
    """The tags of each picture; none without a tagger."""
    problems = (*dataset.problems, *(scored.problems if scored else ()))
    unreadable = {problem.name for problem in problems}
    pictures = [picture for picture in chosen if picture.name not in unreadable]
    tags = {one.name: wording.tags_of(scored.values[one.name]) if wording and scored else [] for one in pictures}
    told = {problem.name: str(problem.text) for problem in problems}
    return _Seen(pictures, tags, {}, scored.computed if scored else 0, told)


def _with_sentences(seen: _Seen, described: Found[str]) -> _Seen:
    unreadable = {problem.name: str(problem.text) for problem in described.problems}
    return seen._replace(
        pictures=[picture for picture in seen.pictures if picture.name not in unreadable],
        sentences=described.values,
        computed=max(seen.computed, described.computed),
        problems=seen.problems | unreadable,
    )


def true_tags(tagger: Tagger, scores: "NDArray[np.float32]", threshold: float) -> list[str]:
    """Tags of one picture (scores of shape (tags,)) that reach the threshold, without ratings, in caption order.

    Caption order is that of the tagger's groups; without groups, the surest tags come first.
    """
    found = [
        (tag.name, float(score))
        for tag, score in zip(tagger.tags, scores, strict=True)
        if score >= threshold and tag.category not in SCALES
    ]
    places = places_of(tagger.groups)
    found.sort(key=lambda tag: (places.get(tag[0], len(places)), -tag[1]))
    return [name for name, _ in found]


def _describe(concept: Concept, tagged: Sequence[Sequence[TagInfo]], options: TagOptions) -> TaggedConcept:
    trigger = None if concept.regularization else options.trigger or concept.trigger
    constant: Sequence[str] = ()
    if trigger and options.absorb:
        constant = concept.traits if options.only else constant_tags([[tag.name for tag in tags] for tags in tagged])
    traits = tuple(tag for tag in constant if tag != trigger)
    asks = trigger and options.absorb and not options.only
    frequent = frequent_tags([[tag.name for tag in tags] for tags in tagged]) if asks else ()
    return TaggedConcept(
        name=concept.name, trigger=trigger, traits=traits, pictures=len(tagged), frequent=tuple(frequent)
    )


def _kept_tags(picture: Picture, before: Concept, concept: TaggedConcept, options: TagOptions) -> list[str]:
    """The tags of a caption that is added to, without traits, what is left out, and an earlier trigger word."""
    earlier = key_of(before.trigger) if before.trigger and concept.trigger else None
    return [
        tag
        for tag in split_tags(picture.caption or "")
        if canonical(tag) not in concept.traits and not options.leaves_out(tag) and key_of(tag) != earlier
    ]


def _compose(
    concept: TaggedConcept, options: TagOptions, written: Sequence[str], *, sentence: str, words: Sequence[str]
) -> str:
    """Trigger word, added tags, what was there (to append to), sentence, tags; each once."""
    old = join_tags(list(written))
    if words:
        sentence = sentence.rstrip(".。")
    head = [concept.trigger] if concept.trigger else []
    new = [sentence] if sentence and sentence not in old else []
    return join_tags(list(dict.fromkeys([*head, *options.add, *written, *new, *words])))


def _with_trigger(caption: str, concept: TaggedConcept, earlier: str | None) -> str:
    """A caption that is kept: with the trigger word before all that it says, in place of an earlier one."""
    trigger = concept.trigger
    if trigger is None:
        return caption
    return edit_caption(caption, lambda line: led_by(line, trigger, earlier)) or caption


def _contents(dataset: Dataset, captions: Mapping[str, str]) -> dict[str, bytes | None]:
    """What the caption files are to hold."""
    return {
        picture.own_caption.relative_to(dataset.root).as_posix(): f"{captions[picture.name].strip()}\n".encode()
        for picture in dataset.pictures
        if picture.name in captions
    }


def _manifest(
    root: Path, dataset: Dataset, concepts: Sequence[TaggedConcept], *, with_traits: bool
) -> dict[str, bytes | None]:
    """What the manifest is to hold: triggers, and traits if tags were looked at."""
    facts = {
        tagged.name: ConceptFacts(trigger=tagged.trigger, traits=tagged.traits or None)
        if with_traits
        else ConceptFacts(trigger=tagged.trigger)  # a field that isn't set stays as it is in the file
        for concept, tagged in zip(dataset.concepts, concepts, strict=True)
        if tagged.trigger and not concept.regularization
    }
    return {MANIFEST_NAME: manifest_with(root, concepts=facts).encode()} if facts else {}


def _title(captions: int) -> Text:
    return Text(f"Captions for {captions} pictures", f"为 {captions} 张图片打标")
