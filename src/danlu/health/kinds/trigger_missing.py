"""Trigger missing: the caption doesn't call its concept, so that what the picture shows isn't bound to the trigger."""

from collections.abc import Iterable
from functools import partial
from typing import ClassVar, Literal

from danlu.datasets.captions import join_tags, split_tags
from danlu.datasets.wildcards import lines_of
from danlu.health.base import Check, Seen, Survey
from danlu.health.findings import Finding, Fix
from danlu.kit.language import Text


class TriggerMissing(Check):
    """Captions without the trigger word of their concept, as danlu.toml names it."""

    kind: Literal["trigger_missing"] = "trigger_missing"
    title: ClassVar[Text] = Text("trigger missing", "缺少触发词")

    def judge(self, seen: Seen, survey: Survey) -> Iterable[Finding]:
        """The fix puts the trigger first in every line of the caption that lacks it."""
        trigger = seen.concept.trigger
        if not (trigger and seen.caption and seen.caption.text) or seen.concept.regularization:
            return
        if all(_has(line, trigger) for line in lines_of(seen.caption.text)):
            return
        text = Text(
            f"has a caption without the trigger '{trigger}' of '{seen.concept.name}'.",
            f"标注中没有概念“{seen.concept.name}”的触发词“{trigger}”。",
        )
        title = Text(f"put '{trigger}' first", f"在最前面加上“{trigger}”")
        fix = Fix(title, rewrite=partial(with_trigger, trigger=trigger), safe=True)
        yield Finding(self.kind, "warning", seen.picture.name, text, fix=fix)


def with_trigger(caption: str, *, trigger: str) -> str:
    """The caption with the trigger first in each line that isn't blank and lacks it."""
    return "\n".join(
        line if not line.strip() or _has(line, trigger) else join_tags([trigger, line]) for line in caption.splitlines()
    )


def _has(line: str, trigger: str) -> bool:
    """Whether a line holds the trigger: all its tags, or, as sentences do, as text."""
    known = {tag.lower() for tag in split_tags(line)}
    wanted = [tag.lower() for tag in split_tags(trigger)]
    return all(tag in known for tag in wanted) or trigger.lower() in line.lower()
