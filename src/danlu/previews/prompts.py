"""Preview prompts for a user who wrote none: captions of the dataset that differ from each other."""

from collections.abc import Sequence

from danlu.datasets.captions import split_tags


def preview_prompts(captions: Sequence[str], *, count: int) -> list[str]:
    """`count` captions, each next one as different as can be from those before (farthest first, by shared tags).

    Fewer distinct captions than asked for are repeated in turn; without any caption the prompt is empty.
    """
    distinct = list(dict.fromkeys(captions))
    chosen = distinct[:1]
    while len(chosen) < min(count, len(distinct)):
        chosen.append(max((c for c in distinct if c not in chosen), key=lambda c: min(_apart(c, d) for d in chosen)))
    return [chosen[number % len(chosen)] for number in range(count)] if chosen else [""] * count


def _apart(one: str, other: str) -> int:
    return len(set(split_tags(one)) ^ set(split_tags(other)))
