"""Views: a close-up, the upper half, the mirror image of a picture, each trained on as a picture of its own.

They are facts in the manifest; here they become pictures named `a.png#face`, beside the one that they are taken from.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from danlu.datasets.manifest import ViewFacts
from danlu.datasets.pictures import Box, Picture


def views_of(
    picture: Picture,
    views: Mapping[str, ViewFacts] | None,
    caption_of: Callable[[Picture], tuple[Path | None, str | None]],
) -> list[Picture]:
    """The views of a picture, in the order of their names.

    A view shows the whole picture if it has no box of its own, is repeated and mirrored as the picture is if it doesn't
    say otherwise, and has the picture's caption if `caption_of` finds none that is its own.
    """
    made: list[Picture] = []
    for name, facts in sorted((views or {}).items()):
        view = replace(
            picture,
            name=f"{picture.name}#{name}",
            view=name,
            crop=facts.crop,
            repeats=facts.repeats or picture.repeats,
            mirror=picture.mirror if facts.mirror is None else facts.mirror,
        )
        file, own = caption_of(view)
        made.append(view if own is None else replace(view, caption=own, caption_file=file))
    return made


def mirrored_box(box: Box, width: int) -> Box:
    """Where a box of a picture of this width lies in its mirror image."""
    return Box(width - box.right, box.top, width - box.left, box.bottom)
