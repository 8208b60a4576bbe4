"""`danlu dataset trigger`: the word that calls a concept, and what it takes over."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from danlu.cli.dataset_edit import DRY_RUN, settle
from danlu.cli.dataset_tags import CONCEPT, DATASET, FOLDER, scan
from danlu.cli.output import as_argument, note, say, say_json, say_table, say_title
from danlu.cli.speech import JSON_HELP, Example, argument, command, option
from danlu.kit.errors import UserError
from danlu.kit.language import Text
from danlu.kit.quantities import percent

if TYPE_CHECKING:
    from danlu.editing.trigger import ConceptTrigger


@command(
    "trigger",
    Example(
        "danlu dataset trigger ./pictures",
        Text("what could be absorbed, what is in conflict", "查看可吸收的标签与冲突"),
    ),
    Example(
        "danlu dataset trigger ./pictures ohwx --absorb all", Text("set it, absorb what is offered", "设置触发词并吸收")
    ),
    Example(
        "danlu dataset trigger ./pictures --keep 'glasses'",
        Text("absorb all that is offered but this", "除此之外全部吸收"),
    ),
)
@argument("dataset", text=DATASET, type=FOLDER)
@argument(
    "word",
    required=False,
    text=Text("The trigger word; without it, the one that is set.", "触发词；不写则沿用已设置的。"),
)
@option("--concept", metavar="NAME", text=CONCEPT)
@option(
    "--absorb",
    metavar="TAGS",
    multiple=True,
    text=Text(
        "Let it absorb these tags; 'all' means those offered.", "让触发词吸收这些标签；all 表示全部可吸收的标签。"
    ),
)
@option(
    "--keep",
    metavar="TAGS",
    multiple=True,
    text=Text("Let it absorb all offered tags but these.", "吸收除这些以外的全部可吸收标签。"),
)
@option("--dry-run", is_flag=True, text=DRY_RUN)
@option("--json", "as_json", is_flag=True, text=JSON_HELP)
def choose_trigger(
    dataset: Path,
    word: str | None,
    *,
    concept: str | None,
    absorb: Sequence[str],
    keep: Sequence[str],
    dry_run: bool,
    as_json: bool,
) -> None:
    """Look at the trigger word of each concept, or set it.

    It comes first in every caption and stands in danlu.toml; an earlier one is replaced. Tags that nearly all pictures
    have (80%) are offered for it to absorb: they leave the captions and are kept as the concept's traits.
    中文: 查看或设置每个概念的触发词。

    触发词放在每条标注最前面，并记入 danlu.toml；已有的会被替换。几乎所有图片（80%）都有的标签可由触发词吸收：
    从标注中去掉，并记为该概念的固定特征。
    """
    from danlu.editing.conflicts import trigger_conflicts
    from danlu.editing.lines import split_tag_list
    from danlu.editing.trigger import look_at_triggers, only_concept, set_trigger, tags_to_absorb

    if absorb and keep:
        raise UserError(
            "--absorb and --keep are two ways to say the same: give one of them.",
            "--absorb 与 --keep 是同一选择的两种说法：请只用其一。",
        )
    found = scan(dataset)
    if word is None and not absorb and not keep:
        if dry_run:
            raise UserError(
                "--dry-run has no effect without WORD, --absorb or --keep.",
                "--dry-run 需要与 WORD、--absorb 或 --keep 一起使用。",
            )
        _show(look_at_triggers(found, concept), dataset, as_json=as_json)
        return
    (about,) = look_at_triggers(found, concept or only_concept(found))
    named = ([tag for text in texts for tag in split_tag_list(text)] for texts in (absorb, keep))
    edits = set_trigger(found, about.concept, word=word, absorb=tags_to_absorb(about, *named))
    if word is not None:
        for conflict in trigger_conflicts(found, about.concept, word):
            note(conflict)
    settle(edits, dry_run=dry_run, as_json=as_json)


def _show(concepts: "Sequence[ConceptTrigger]", dataset: Path, *, as_json: bool) -> None:
    """How things stand, concept by concept."""
    from danlu.editing.trigger import WHY_ABSORB

    if as_json:
        say_json([_as_dict(about) for about in concepts])
        return
    for about in concepts:
        say_title(about.concept)
        if about.trigger is None:
            say(Text("It has no trigger word yet.", "还没有触发词。"))
        else:
            led = f"{about.led} / {about.pictures}"
            say(
                Text(
                    f"Trigger word: {about.trigger} (first in {led} captions)",
                    f"触发词：{about.trigger}（{led} 条标注以它开头）",
                )
            )
        if about.traits:
            listed = ", ".join(about.traits)
            say(Text(f"Absorbed traits: {listed}", f"已吸收的特征：{listed}"))
        for conflict in about.conflicts:
            note(conflict)
        if about.offered:
            rows = [(one.tag, one.pictures, percent(one.pictures / about.pictures)) for one in about.offered]
            say_table(
                (Text("it could take over", "可吸收的标签"), Text("pictures", "图片数"), Text("share", "占比")), rows
            )
    if any(about.offered for about in concepts):
        say(WHY_ABSORB)
        about = next(about for about in concepts if about.offered)
        chosen = "" if len(concepts) == 1 else f" --concept {about.concept}"
        line = f"danlu dataset trigger {as_argument(dataset)} {about.trigger or 'WORD'}{chosen} --absorb all"
        say(Text(f"To let it: {line}", f"吸收：{line}"))


def _as_dict(about: "ConceptTrigger") -> dict[str, object]:
    return {
        "concept": about.concept,
        "trigger": about.trigger,
        "pictures": about.pictures,
        "captions_led": about.led,
        "traits": about.traits,
        "offered": [{"tag": one.tag, "pictures": one.pictures} for one in about.offered],
        "conflicts": [str(conflict) for conflict in about.conflicts],
    }
