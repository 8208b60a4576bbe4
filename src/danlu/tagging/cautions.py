"""Sentences about pictures that a tagger or the embedded base doesn't know, and about captions that can't be trusted.

Cautions aren't errors: who wants to learn with photographs and the embedded base may. But nobody trains them unwarned.
"""

from collections.abc import Sequence
from functools import cache

from danlu.datasets.captions import split_tags
from danlu.datasets.pictures import Picture
from danlu.kit.language import Text
from danlu.kit.places import EMBEDDED_BASE, EMBEDDED_TAGGER
from danlu.tagging.base import Tagger, find_tagger
from danlu.tagging.familiarity import Familiarity, look_for_unknown
from danlu.weights.suitable import way_out

LOOKED_AT = 48
"""So many pictures, evenly spread, tell whether a tagger or a base knows a dataset."""
FEW_LOOKED_AT = 12
"""The same where an answer is awaited at once."""
NAMED = 3
MOST_WRITTEN = 0.5
"""Share of captions from which on a dataset counts as captioned by the embedded tagger."""


def about_tagger(tagger: Tagger) -> Text:
    """The tagger's name and what it knows."""
    knows = tagger.about.knows
    return Text(f"{tagger.name} knows {knows.en}", f"{tagger.name}：{knows.zh}")


def caution_of_tagger(tagger: Tagger, pictures: Sequence[Picture], *, most: int = LOOKED_AT) -> Text | None:
    """What is to be said before the tagger's captions for these pictures are trusted; None if it knows them."""
    seen = look_for_unknown(tagger, pictures, most=most)
    if seen.is_familiar:
        return None
    about, (what, what_zh) = about_tagger(tagger), _what(seen)
    tags, sentences = way_out("tagger", "anime"), way_out("captioner", "real")
    only_sentences = tagger.about.strangeness is None
    en = f"{sentences.en}." if only_sentences else f"{tags.en}; {sentences.en}."
    zh = f"{sentences.zh}。" if only_sentences else f"{tags.zh}；{sentences.zh}。"
    return Text(
        f"{what} to this tagger, so that its tags will be wrong: {about.en}. Another one: {en}",
        f"{what_zh}，打出的标签会是错的。{about.zh}。换一个：{zh}",
    )


def cautions_of(base: str, pictures: Sequence[Picture], *, most: int = FEW_LOOKED_AT) -> tuple[Text, ...]:
    """All that everybody should have read before a base is trained on these pictures."""
    told = (caution_of_base(base, pictures, most=most), caution_of_captions(base, pictures))
    return tuple(text for text in told if text is not None)


def caution_of_base(base: str, pictures: Sequence[Picture], *, most: int = FEW_LOOKED_AT) -> Text | None:
    """What is to be said before the base is trained on these pictures. Of other bases than the embedded one it can't be
    told what they know.
    """
    if base != EMBEDDED_BASE:
        return None
    # The embedded tagger was made of the same drawings as the embedded base.
    seen = look_for_unknown(find_tagger(), pictures, most=most)
    if seen.is_familiar:
        return None
    what, what_zh = _what(seen)
    photographs, anime = way_out("base", "real"), way_out("base", "anime")
    return Text(
        f"{what} to {EMBEDDED_BASE}: it draws only small portraits of a few drawing styles, to learn with. It can be "
        f"trained all the same, but what comes out won't look like these pictures. A full-size base can: "
        f"{photographs.en}; {anime.en}.",
        f"{what_zh}：{EMBEDDED_BASE} 只会画几种画风的小幅头像，仅供练习。仍然可以训练，但出来的图不会像这些图片。"
        f"需要完整的底模：{photographs.zh}；{anime.zh}。",
    )


def caution_of_captions(base: str, pictures: Sequence[Picture]) -> Text | None:
    """What is to be said of captions that the embedded tagger wrote, where another base is trained."""
    captions = [one.caption for one in pictures if one.caption]
    written = sum(not _marks().isdisjoint(split_tags(caption)) for caption in captions)
    if base == EMBEDDED_BASE or not captions or written < MOST_WRITTEN * len(captions):
        return None
    about, tags, sentences = about_tagger(find_tagger()), way_out("tagger", "anime"), way_out("captioner", "real")
    return Text(
        f"{written} of {len(captions)} captions were written by {EMBEDDED_TAGGER}, and '{base}' doesn't know its tags: "
        f"{about.en}. Tag anew with another one: {tags.en}; {sentences.en}.",
        f"{len(captions)} 条标注中有 {written} 条由 {EMBEDDED_TAGGER} 写出，底模“{base}”不认识这些标签。{about.zh}。"
        f"请换一个重新打标：{tags.zh}；{sentences.zh}。",
    )


def _what(seen: Familiarity) -> tuple[str, str]:
    """Which pictures are unknown."""
    count, total = len(seen.unknown), seen.total
    if 2 * count < total and seen.is_unsure:
        return (
            f"These {total} pictures seem to be unknown (scores are low, and change when a picture is moved a little)",
            f"这 {total} 张图片它似乎不认识（分数低，图片稍一移动就变）",
        )
    named = ", ".join(seen.unknown[:NAMED]) + (", …" if count > NAMED else "")
    zh = "、".join(seen.unknown[:NAMED]) + ("…" if count > NAMED else "")
    return (
        f"{count} of {total} pictures (photographs, other drawings or things: {named}) are plainly unknown",
        f"{total} 张图片中有 {count} 张（照片、其他画风或物体：{zh}）它明显不认识",
    )


@cache
def _marks() -> frozenset[str]:
    """The tags that nobody but the embedded tagger writes: its names of drawing styles."""
    return frozenset(find_tagger().groups["style"])
