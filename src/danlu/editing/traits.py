"""Lasting traits: tags that are true of (nearly) every picture of a concept, and say something about it.

Written into the captions, a trait stays bound to its own tag; left out, it binds to the trigger word.
"""

from collections import Counter
from collections.abc import Collection, Sequence

CONSTANT_SHARE = 0.8
"""In how many of a concept's pictures a tag must be found to be a trait."""
FREQUENT_SHARE = 0.5
"""From which share on a tag is worth asking about."""
FEWEST_PICTURES = 4
"""With fewer, being there in all of them means nothing."""
FRAMING = frozenset(
    {
        *("solo", "1girl", "1boy", "1other", "male focus", "portrait", "upper body", "lower body", "full body"),
        *("cowboy shot", "close-up", "wide shot", "profile", "from side", "from behind", "from above", "from below"),
        *("looking at viewer", "looking to the side", "straight-on", "facing viewer", "standing", "sitting"),
    }
)
"""Tags of how a picture shows its subject. True of every picture of a set though they may be, they are no traits."""


def is_framing(tag: str) -> bool:
    """Whether a tag (as captions spell it) tells of framing or background, which must stay free to be prompted."""
    return tag in FRAMING or tag.endswith("background")


def constant_tags(tagged: Sequence[Collection[str]]) -> list[str]:
    """Tags that are found in at least `CONSTANT_SHARE` of the pictures, most frequent first, without framing tags."""
    return [tag for tag, count in _frequent(tagged) if count >= CONSTANT_SHARE * len(tagged)]


def frequent_tags(tagged: Sequence[Collection[str]]) -> list[tuple[str, int]]:
    """Tags, and in how many pictures, that fall short of that but are found in at least `FREQUENT_SHARE` of them:
    traits perhaps, that some pictures hide or that were overlooked there. Whether they are is the user's to say.
    """
    return [(tag, count) for tag, count in _frequent(tagged) if count < CONSTANT_SHARE * len(tagged)]


def _frequent(tagged: Sequence[Collection[str]]) -> list[tuple[str, int]]:
    if len(tagged) < FEWEST_PICTURES:
        return []
    counts = Counter(tag for tags in tagged for tag in dict.fromkeys(tags) if not is_framing(tag))
    return [(tag, count) for tag, count in counts.most_common() if count >= FREQUENT_SHARE * len(tagged)]
