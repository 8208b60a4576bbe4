"""Which epoch is the best, and why, in words.

    score = recall · min(control, 1) - max(0, leak - 0.15) - max(0, copying - 0.10)

Recall and control are multiplied because an adapter that lacks either is of no use; leak and copying cost nothing up
to what is harmless. Among epochs that chance can't tell apart, those that do well enough in every respect come first,
and of these the earliest: it is bound least to its pictures.
"""

from collections.abc import Sequence

from danlu.evaluation.report import EpochFigures
from danlu.kit.language import Text
from danlu.kit.quantities import figure, percent

HARMLESS_LEAK, HARMLESS_COPYING = 0.15, 0.10
ENOUGH_RECALL, ENOUGH_CONTROL = 0.85, 0.80
"""With these an adapter is fit for use."""
LEAST_NOISE = 0.01
"""Differences below this are never worth a later epoch."""


def score_of(*, recall: float, control: float, leak: float, copying: float) -> float:
    """The score of one epoch: 1 is perfect, below 0 is possible."""
    penalties = max(0.0, leak - HARMLESS_LEAK) + max(0.0, copying - HARMLESS_COPYING)
    return recall * min(control, 1.0) - penalties


def rank_epochs(epochs: Sequence[EpochFigures]) -> list[EpochFigures]:
    """Epochs from the choice downwards: those that chance can't tell from the top (fit ones first, then by age), then
    the rest by score.
    """
    top = max(epochs, key=lambda figures: figures.score)
    tied = [figures for figures in epochs if _is_tied(figures, top)]
    rest = [figures for figures in epochs if not _is_tied(figures, top)]
    by_age = sorted(tied, key=lambda figures: (not is_fit(figures), figures.epoch))
    return by_age + sorted(rest, key=lambda figures: -figures.score)


def is_fit(figures: EpochFigures) -> bool:
    """Whether an epoch does well enough in every respect: recall, control, leak and copying."""
    good = figures.trait_recall >= ENOUGH_RECALL and figures.prompt_control >= ENOUGH_CONTROL
    return good and figures.leak <= HARMLESS_LEAK and figures.copying <= HARMLESS_COPYING


def choose_finalists(epochs: Sequence[EpochFigures], count: int) -> list[EpochFigures]:
    """The epochs worth measuring closely: the choice, the top score, then further down the ranking."""
    ranking = rank_epochs(epochs)
    top = max(epochs, key=lambda figures: figures.score)
    wanted = [ranking[0], top, *ranking[1:]]
    return [figures for index, figures in enumerate(wanted) if figures not in wanted[:index]][:count]


def explain(epochs: Sequence[EpochFigures], finalists: Sequence[EpochFigures]) -> tuple[int, Text]:
    """The best epoch among the finalists, and why it was chosen over the others."""
    best = rank_epochs(finalists)[0]
    parts = [_praise(best)]
    top = max(finalists, key=lambda figures: figures.score)
    if top.epoch != best.epoch:
        parts.append(_beside(top, best))
    last = max(epochs, key=lambda figures: figures.epoch)
    if last.epoch not in (best.epoch, top.epoch):
        parts.append(_against(last, best))
    earlier = max((figures for figures in epochs if figures.epoch < best.epoch), key=_epoch, default=None)
    if earlier and earlier.epoch != top.epoch:
        parts.append(_against(earlier, best))
    told = [part for part in parts if part.en]
    en = "; ".join(part.en for part in told)
    return best.epoch, Text(f"{en[:1].upper()}{en[1:]}.", "；".join(part.zh for part in told) + "。")


def _is_tied(figures: EpochFigures, top: EpochFigures) -> bool:
    return top.score - figures.score <= max(LEAST_NOISE, top.noise)


def _epoch(figures: EpochFigures) -> int:
    return figures.epoch


def _praise(best: EpochFigures) -> Text:
    return Text(
        f"epoch {best.epoch} is the best: score {figure(best.score)} from recall {percent(best.trait_recall)}, control "
        f"{percent(best.prompt_control)}, leak {percent(best.leak)}, copying {percent(best.copying)}",
        f"第 {best.epoch} 轮最佳：得分 {figure(best.score)}（特征还原度 {percent(best.trait_recall)}，提示词控制 "
        f"{percent(best.prompt_control)}，泄漏 {percent(best.leak)}，照搬原图 {percent(best.copying)}）",
    )


def _beside(top: EpochFigures, best: EpochFigures) -> Text:
    """Why the highest score isn't the choice."""
    if is_fit(best) and not is_fit(top):
        why = Text("and that one falls short in some respect", "而该轮有指标不达标")
    else:
        why = Text("so the earlier one is taken", "因此取较早的一轮")
    return Text(
        f"epoch {top.epoch} scores {figure(top.score)}, which chance alone explains, {why.en}",
        f"第 {top.epoch} 轮得分 {figure(top.score)}，差距在随机误差之内，{why.zh}",
    )


def _against(other: EpochFigures, best: EpochFigures) -> Text:
    """What another epoch does worse; empty if nothing by more than a hair."""
    worse = [
        (
            best.trait_recall - other.trait_recall,
            f"recalls less ({percent(other.trait_recall)})",
            "特征还原度较低",
        ),
        (
            min(best.prompt_control, 1) - min(other.prompt_control, 1),
            f"obeys prompts less ({percent(other.prompt_control)})",
            "提示词控制较差",
        ),
        (
            max(other.leak, HARMLESS_LEAK) - max(best.leak, HARMLESS_LEAK),
            f"leaks more ({percent(other.leak)})",
            "泄漏较多",
        ),
        (
            max(other.copying, HARMLESS_COPYING) - max(best.copying, HARMLESS_COPYING),
            f"copies more ({percent(other.copying)})",
            "照搬原图较多",
        ),
    ]
    amount, en, zh = max(worse)
    if amount <= LEAST_NOISE:
        return Text("", "")
    return Text(f"epoch {other.epoch} {en}", f"第 {other.epoch} 轮{zh}")
