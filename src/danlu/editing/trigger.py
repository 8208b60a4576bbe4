"""The trigger word of a concept: looked at, chosen, renamed; and the traits that it takes over from captions."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial

from danlu.datasets.captions import split_tags
from danlu.datasets.manifest import MANIFEST_NAME, ConceptFacts, manifest_with, read_manifest
from danlu.datasets.pictures import Concept, Dataset, Picture
from danlu.editing.conflicts import trigger_conflicts
from danlu.editing.counts import TagCount, count_tags
from danlu.editing.edit import Edits, changes_of, with_trigger_first, without_tag
from danlu.editing.lines import GROUP_MARK, KEEP_MARK, Line, Sentence, edit_caption, read_lines
from danlu.editing.patterns import key_of, stands_in
from danlu.editing.selection import concepts_named, trigger_of
from danlu.editing.traits import constant_tags
from danlu.kit.errors import UserError, nearest
from danlu.kit.language import Text

WHY_ABSORB = Text(
    "A tag that captions name keeps its meaning to itself; what is true of all pictures and left out of captions goes "
    "over to the trigger word.",
    "写在标注里的标签由它自己承担含义；所有图片都有、又从标注中去掉的特征，会由触发词吸收。",
)


@dataclass(frozen=True)
class ConceptTrigger:
    """How things stand with one concept's trigger word."""

    concept: str
    trigger: str | None
    pictures: int
    led: int
    """Pictures whose caption begins with the trigger word, in every line."""
    traits: tuple[str, ...]
    """What the trigger word has taken over already."""
    offered: tuple[TagCount, ...]
    """Tags of (nearly) all pictures, which it could take over."""
    conflicts: tuple[Text, ...]


def look_at_triggers(dataset: Dataset, concept: str | None = None) -> tuple[ConceptTrigger, ...]:
    """How things stand with the trigger word of each concept, or of one. Raises `UserError` if that isn't there."""
    names = [concept] if concept is not None else sorted({one.name for one in _trained(dataset)})
    return tuple(_look_at(dataset, name) for name in names)


def set_trigger(
    dataset: Dataset, concept: str | None = None, *, word: str | None = None, absorb: Sequence[str] = ()
) -> Edits:
    """Make a word (None: the one it has) the trigger of a concept: first in every caption, instead of an earlier one;
    and take the tags `absorb` out of its captions, to be kept as its traits.

    Raises `UserError` for a word that can't be one, a concept that isn't there or isn't named though there are several,
    and tags that can't be absorbed.
    """
    about = _look_at(dataset, concept or only_concept(dataset))
    trigger = about.trigger if word is None else word
    if trigger is None:
        raise UserError(
            f"The concept '{about.concept}' has no trigger word that could take tags over: give one, as in "
            f"'danlu dataset trigger {dataset.root} ohwx --absorb all'.",
            f"概念“{about.concept}”还没有可以吸收标签的触发词：请指定一个，"
            f"如 danlu dataset trigger {dataset.root} ohwx --absorb all。",
        )
    require_trigger_word(trigger)
    pictures = _pictures(dataset, about.concept)
    absorbed = _absorbable(about, pictures, trigger, absorb)
    lead = partial(_led, word=trigger, earlier=about.trigger, absorbed=absorbed)
    captions = {picture.name: edit_caption(picture.caption, lead) for picture in pictures}
    changes, contents = changes_of(dataset, pictures, captions)
    traits = [*about.traits, *(tag for tag in absorbed if key_of(tag) not in map(key_of, about.traits))]
    facts = ConceptFacts(trigger=trigger, traits=tuple(traits)) if traits else ConceptFacts(trigger=trigger)
    if trigger != about.trigger or tuple(traits) != about.traits:
        manifest = manifest_with(dataset.root, concepts={_entry(dataset, about.concept): facts})
        contents[MANIFEST_NAME] = manifest.encode()
    return Edits(dataset.root, _title(about, trigger, absorbed), changes, contents)


def tags_to_absorb(about: ConceptTrigger, absorb: Sequence[str], keep: Sequence[str]) -> list[str]:
    """The tags that are meant by `absorb` ("all" are those that are offered), without those to keep.

    Raises `UserError` for a tag to keep that isn't offered.
    """
    offered = [one.tag for one in about.offered]
    for tag in keep:
        if key_of(tag) not in map(key_of, offered):
            hint = nearest(tag, offered) if offered else Text("none is offered.", "目前没有可吸收的标签。")
            raise UserError(f"'{tag}' isn't among the offered tags: {hint.en}", f"“{tag}”不在可吸收的标签中：{hint.zh}")
    everything = bool(keep) or [key_of(tag) for tag in absorb] == ["all"]
    kept = {key_of(tag) for tag in keep}
    return [tag for tag in (offered if everything else absorb) if key_of(tag) not in kept]


def require_trigger_word(word: str) -> None:
    """Raise `UserError` for a word that can't be a trigger."""
    if split_tags(word) != [word] or any(mark in word for mark in (KEEP_MARK, GROUP_MARK, "\n", "\r")):
        raise UserError(
            f"'{word}' can't be a trigger word: it must be one tag, not empty, without commas and outer blanks.",
            f"“{word}”不能作为触发词：它必须是一个标签，不能为空，不含逗号和首尾空格。",
        )


def only_concept(dataset: Dataset) -> str:
    """The name of the one concept that is trained. Raises `UserError` if there are several."""
    names = sorted({concept.name for concept in _trained(dataset)})
    if len(names) > 1:
        raise UserError(
            f"The dataset has {len(names)} concepts ({', '.join(names)}), which need a trigger word each: say which "
            "one you mean with --concept.",
            f"数据集有 {len(names)} 个概念（{'、'.join(names)}），各需要自己的触发词：请用 --concept 指定其中一个。",
        )
    return names[0]


def _trained(dataset: Dataset) -> list[Concept]:
    return [concept for concept in dataset.concepts if not concept.regularization]


def _pictures(dataset: Dataset, concept: str) -> list[Picture]:
    """The pictures to train on of the concepts of a name. Raises `UserError` if there are none."""
    concepts = {index for index in concepts_named(dataset, concept) if not dataset.concepts[index].regularization}
    if not concepts:
        raise UserError(
            f"'{concept}' holds regularization pictures, which have no trigger word.",
            f"“{concept}”是正则化图片，没有触发词。",
        )
    return [picture for picture in dataset.pictures if picture.concept in concepts]


def _look_at(dataset: Dataset, name: str) -> ConceptTrigger:
    pictures = _pictures(dataset, name)
    concept = next(one for one in _trained(dataset) if one.name == name)
    trigger = trigger_of(concept)
    lines = [read_lines(picture.caption) for picture in pictures]
    counted = {key_of(one.tag): one for one in count_tags(dataset, pictures).tags}
    countable = counted.keys() - {key_of(trigger or "")}
    tagged = [{key_of(tag) for line in each for tag in line.tags} & countable for each in lines]
    return ConceptTrigger(
        name,
        trigger,
        len(pictures),
        sum(bool(each) and all(_is_led(line, trigger) for line in each) for each in lines) if trigger else 0,
        concept.traits,
        tuple(sorted((counted[key] for key in constant_tags(tagged)), key=lambda one: (-one.pictures, one.tag))),
        trigger_conflicts(dataset, name, trigger) if trigger else (),
    )


def _is_led(line: Line, trigger: str) -> bool:
    """Whether a line begins with the trigger word, be it as a tag or within a sentence."""
    first = next(line.tags, "")
    if isinstance(first, Sentence):
        return key_of(first).startswith(key_of(trigger)) and stands_in(trigger, first[: len(trigger) + 1])
    return key_of(first) == key_of(trigger)


def _led(line: Line, word: str, earlier: str | None, absorbed: Collection[str]) -> Line:
    """The line without absorbed tags and with the word first, in place of the earlier one."""
    for tag in absorbed:
        line = without_tag(line, tag)
    return led_by(line, word, earlier)


def led_by(line: Line, word: str, earlier: str | None) -> Line:
    """The line with a trigger word first, in place of the earlier one."""
    if earlier and earlier != word:
        line = without_tag(line, earlier).map_tags(lambda tag: (_renamed(tag, earlier, word),))
    return line if _is_led(line, word) else with_trigger_first(line, word)


def _renamed(tag: str, earlier: str, word: str) -> str:
    """A sentence with another trigger word; tags stay."""
    if not isinstance(tag, Sentence):
        return tag
    return Sentence(re.sub(rf"(?<![A-Za-z0-9]){re.escape(earlier)}(?![A-Za-z0-9])", lambda _: word, tag, flags=re.I))


def _absorbable(about: ConceptTrigger, pictures: Sequence[Picture], word: str, absorb: Sequence[str]) -> list[str]:
    """The tags to take out of captions, in their usual spelling; those absorbed before are gone already."""
    spelled = {
        key_of(tag): tag
        for picture in reversed(pictures)
        for line in read_lines(picture.caption)
        for tag in line.tags
        if not isinstance(tag, Sentence)
    }
    spelled |= {key_of(one.tag): one.tag for one in about.offered}
    absorbed = {key_of(tag) for tag in about.traits} - spelled.keys()
    chosen = [tag for tag in absorb if key_of(tag) not in absorbed]
    for tag in chosen:
        if key_of(tag) in (key_of(word), key_of(about.trigger or word)):
            raise UserError(f"'{tag}' is the trigger word itself.", f"“{tag}”本身就是触发词。")
        if key_of(tag) not in spelled:
            hint = nearest(tag, spelled) if spelled else Text("there are no tags.", "目前没有标签。")
            raise UserError(
                f"No caption of '{about.concept}' has the tag '{tag}': {hint.en}",
                f"“{about.concept}”的标注中没有标签“{tag}”：{hint.zh}",
            )
    return list(dict.fromkeys(spelled[key_of(tag)] for tag in chosen))


def _entry(dataset: Dataset, concept: str) -> str:
    """Under which name the manifest speaks of a concept: a plain folder may have been renamed since."""
    known = read_manifest(dataset.root).concepts
    if concept in known or len(known) != 1 or len(_trained(dataset)) != 1:
        return concept
    return next(iter(known))


def _title(about: ConceptTrigger, word: str, absorbed: Sequence[str]) -> Text:
    if about.trigger and about.trigger != word:
        title = Text(f"rename the trigger '{about.trigger}' to '{word}'", f"触发词由“{about.trigger}”改为“{word}”")
    else:
        title = Text(f"trigger '{word}'", f"触发词“{word}”")
    if not absorbed:
        return title
    listed = ", ".join(absorbed)
    return Text(f"{title.en}, absorbing '{listed}'", f"{title.zh}，吸收“{listed}”")
