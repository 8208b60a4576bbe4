"""Over- or underfitted, by what was measured: said in words, with the evidence, and with what to change.

An epoch is *underfitted* if the concept isn't there yet when it is called, *overfitted* if it is there but the adapter
obeys prompts less, leaks or copies; *both* is to do so without having learnt the concept. What is enough and what is
harmless are those of `choice`. The loss on held-out pictures speaks too: it falls while what is learnt holds for other
pictures of the concept, and rises when only the training pictures are learnt any further.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from danlu.evaluation.choice import ENOUGH_CONTROL, ENOUGH_RECALL, HARMLESS_COPYING, HARMLESS_LEAK
from danlu.evaluation.report import EpochFigures, EvaluationReport
from danlu.kit.language import Text
from danlu.kit.quantities import percent

Fit = Literal["good", "under", "over", "both"]

RISEN, FALLING = 1.01, 0.99
"""The held-out loss counts as risen if it ends so much above its lowest, as falling if it ends so much below the one
before: smaller changes are noise."""

MORE = Text(
    "Train longer (extend it), or with a higher rate or rank.", "训练更久（延长训练），或提高学习率、提高 rank。"
)
LESS = Text(
    "Take an earlier epoch; next time fewer steps, a lower rate or rank, or regularization pictures.",
    "选用更早的一轮；下次减少步数、降低学习率或 rank，或加入正则化图片。",
)
OTHERWISE = Text(
    "More and more varied pictures with fuller captions help more than other settings; a lower rate over more steps "
    "may too.",
    "增加更多样的图片、补全标注，比调参数更有用；也可尝试更低的学习率配合更多步数。",
)
_ADVICE: dict[Fit, tuple[Text, ...]] = {"good": (), "under": (MORE,), "over": (LESS,), "both": (OTHERWISE,)}


class Diagnosis(NamedTuple):
    """What a run suffers from at its end, if anything."""

    fit: Fit | None
    """None: nothing that was measured tells."""
    evidence: tuple[Text, ...]
    advice: tuple[Text, ...]


class HeldOut(NamedTuple):
    """The loss on held-out pictures after a step."""

    step: int
    epoch: int
    loss: float


def fit_of(figures: EpochFigures) -> Fit:
    """Whether an epoch is under- or overfitted."""
    learnt = figures.trait_recall >= ENOUGH_RECALL
    if _harm(figures):
        return "over" if learnt else "both"
    return "good" if learnt else "under"


def diagnose(report: EvaluationReport | None, held_out: Sequence[HeldOut]) -> Diagnosis:
    """What the last epoch suffers from: by its pictures if they were measured, else by the held-out loss."""
    by_loss, told = _by_loss(held_out)
    if report is None:
        return Diagnosis(by_loss, told, _ADVICE[by_loss] if by_loss else ())
    last = max(report.epochs, key=lambda figures: figures.epoch)
    fit = fit_of(last)
    evidence = (*_learnt(last), *(_harm(last) or _harmless(last)), *told)
    advice = _ADVICE[fit]
    if fit in ("over", "both") and report.best_epoch != last.epoch and fit_of(report.best) == "good":
        advice = (_earlier(report.best_epoch), *(one for one in advice if one is not OTHERWISE))
    return Diagnosis(fit, evidence, advice)


def _learnt(figures: EpochFigures) -> list[Text]:
    share, epoch = percent(figures.trait_recall), figures.epoch
    if figures.trait_recall >= ENOUGH_RECALL:
        return [Text(f"Epoch {epoch} shows {share} of the concept.", f"第 {epoch} 轮呈现了概念特征的 {share}。")]
    return [
        Text(
            f"Epoch {epoch} shows only {share} of the concept when its trigger word is prompted "
            f"({percent(ENOUGH_RECALL)} is enough).",
            f"第 {epoch} 轮写触发词时只呈现概念特征的 {share}（{percent(ENOUGH_RECALL)} 才够）。",
        )
    ]


def _harm(figures: EpochFigures) -> list[Text]:
    """What an epoch does that it shouldn't."""
    found: list[Text] = []
    if figures.prompt_control < ENOUGH_CONTROL:
        control = percent(figures.prompt_control)
        found.append(Text(f"It obeys prompts {control} as well as the base.", f"提示词控制只有底模的 {control}。"))
    if figures.leak > HARMLESS_LEAK:
        leak = percent(figures.leak)
        found.append(
            Text(f"{leak} of the concept shows without its trigger word.", f"不写触发词时也出现了 {leak} 的概念特征。")
        )
    if figures.copying > HARMLESS_COPYING:
        copying = percent(figures.copying)
        found.append(Text(f"{copying} of its pictures copy a training picture.", f"{copying} 的图片照搬了训练图。"))
    return found


def _harmless(figures: EpochFigures) -> list[Text]:
    control = percent(figures.prompt_control)
    return [
        Text(
            f"It still obeys prompts ({control} of the base), and neither leaks nor copies noticeably.",
            f"仍听从提示词（为底模的 {control}），没有明显的泄漏或照搬原图。",
        )
    ]


def _by_loss(held_out: Sequence[HeldOut]) -> tuple[Fit | None, tuple[Text, ...]]:
    """What the held-out loss tells; it needs the base's (before the first step) and two more."""
    if len(held_out) < 3:
        return None, ()
    lowest, last, before = min(held_out, key=lambda one: one.loss), held_out[-1], held_out[-2]
    if last.loss > lowest.loss * RISEN:
        risen = percent(last.loss / lowest.loss - 1)
        text = Text(
            f"The loss on held-out pictures was lowest after step {lowest.step} (epoch {lowest.epoch}) and has risen "
            f"by {risen} since.",
            f"验证集 Loss 在第 {lowest.step} 步（第 {lowest.epoch} 轮）最低，之后上升了 {risen}。",
        )
        return "over", (text,)
    if last is lowest and last.loss < before.loss * FALLING:
        text = Text("The loss on held-out pictures was still falling at the end.", "训练结束时，验证集 Loss 仍在下降。")
        return "under", (text,)
    return None, (Text("The loss on held-out pictures has settled.", "验证集 Loss 已趋于平稳。"),)


def _earlier(epoch: int) -> Text:
    return Text(
        f"Take epoch {epoch}, which has learnt the concept without that. Next time fewer steps or a lower rate.",
        f"请选用第 {epoch} 轮，它已学会概念且没有这些问题。下次减少步数或降低学习率。",
    )
