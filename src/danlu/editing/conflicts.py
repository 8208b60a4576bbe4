"""What speaks against a trigger word: that the base knows it, or that other captions use it."""

from collections import Counter
from collections.abc import Iterator

from danlu.datasets.pictures import Dataset
from danlu.editing.lines import Sentence, tags_of
from danlu.editing.patterns import key_of, stands_in
from danlu.editing.selection import concepts_named, trigger_of
from danlu.encoders.clip_tokens import count_tokens
from danlu.encoders.vocabulary import is_common
from danlu.kit.language import Text


def trigger_conflicts(dataset: Dataset, concept: str, word: str) -> tuple[Text, ...]:
    """What the user should know before a word becomes (or stays) the trigger word of a concept."""
    return (*_known(word), *_not_latin(word), *_shared(dataset, concept, word), *_elsewhere(dataset, concept, word))


def _known(word: str) -> Iterator[Text]:
    if is_common(word):
        yield Text(
            f"CLIP knows '{word}' as a common word: the base draws something for it already, which mixes with what you "
            "teach. Choose a word that means nothing, or add one to it.",
            f"“{word}”是 CLIP 熟悉的常用词：底模对它已有印象，会与要学的内容混在一起。"
            "请换一个没有含义的词，或再加上一个。",
        )


def _not_latin(word: str) -> Iterator[Text]:
    """CLIP's vocabulary is one of English: of a Chinese character it knows the bytes."""
    if not word.isascii():
        (tokens,) = count_tokens([word])
        yield Text(
            f"'{word}' isn't in Latin letters, of which CLIP's words are made: it works, but takes {tokens} tokens, "
            "and whoever uses the file must type it so. A made-up word such as its sound in letters is handier.",
            f"“{word}”不是拉丁字母，而 CLIP 的词表以英文为主：可以用，但要占 {tokens} 个 token，"
            "别人使用时也必须照样输入。建议改用拼音等自造的词。",
        )


def _shared(dataset: Dataset, concept: str, word: str) -> Iterator[Text]:
    others = sorted(
        {
            other.name
            for other in dataset.concepts
            if other.name != concept and key_of(trigger_of(other) or "") == key_of(word)
        }
    )
    if others:
        yield Text(
            f"'{word}' is the trigger word of {', '.join(repr(other) for other in others)} too: they would be learnt "
            "as one thing. Give each concept its own.",
            f"“{word}”也是{'、'.join(f'“{other}”' for other in others)}的触发词：它们会被当成同一个东西来学。"
            "请为每个概念设置各自的触发词。",
        )


def _elsewhere(dataset: Dataset, concept: str, word: str) -> Iterator[Text]:
    """Captions of other concepts that have the word, and tags of this one that it is a part of."""
    own = {index for index in concepts_named(dataset, concept) if not dataset.concepts[index].regularization}
    foreign: list[str] = []
    parts: Counter[str] = Counter()
    for picture in dataset.pictures:
        tags = [tag for tag in tags_of(picture.caption) if stands_in(word, tag)]
        if picture.concept not in own:
            foreign += [picture.name] if tags else []
        else:
            parts.update({tag for tag in tags if key_of(tag) != key_of(word) and not isinstance(tag, Sentence)})
    if foreign:
        yield Text(
            f"'{word}' stands in {len(foreign)} captions of other concepts, as that of '{foreign[0]}': those pictures "
            "would teach it something else.",
            f"“{word}”出现在其他概念的 {len(foreign)} 条标注中（如“{foreign[0]}”）：这些图片会让它学到别的内容。",
        )
    for tag, count in parts.most_common(3):
        yield Text(
            f"'{word}' is a part of the tag '{tag}' ({count} pictures): the tag would call the concept too.",
            f"“{word}”是标签“{tag}”（{count} 张图片）的一部分：该标签也会唤起这个概念。",
        )
