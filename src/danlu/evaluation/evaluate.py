"""Judge the kept epochs of a run: draw, tag, measure, choose.

Every epoch is screened on a few seeds; the most promising are measured on all of them. The base draws the same prompts
once. Pictures of the screening count in the full measurement, since seeds and prompts are fixed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from PIL import Image

from danlu.adapters.files import AdapterFile
from danlu.adapters.injection import applied
from danlu.datasets.augmentation import render_picture
from danlu.datasets.pictures import Dataset, Size
from danlu.editing.traits import constant_tags
from danlu.evaluation.choice import choose_finalists, explain, score_of
from danlu.evaluation.concepts import TaughtConcept
from danlu.evaluation.copies import TrainingSet, copied, view_training
from danlu.evaluation.metrics import Scores, Shares, asked_shares, likeness, mean, standard_error, trait_shares
from danlu.evaluation.prompts import SET_NAMES, PromptSets, SetName, plan_prompts
from danlu.evaluation.report import BaseFigures, EpochFigures, EvaluationReport, EvaluationSettings
from danlu.families.base import Base
from danlu.generation.draw import draw
from danlu.kit.errors import UserError
from danlu.kit.language import Text
from danlu.tagging.base import Tagger
from danlu.tagging.tag import true_tags

OnPicture = Callable[[int, int], None]
"""Told how many of about how many pictures are drawn."""


class Evaluated(NamedTuple):
    """The report, and the pictures behind it."""

    report: EvaluationReport
    base: dict[SetName, list[Image.Image]]
    best: dict[SetName, list[Image.Image]]


@dataclass
class _Drawn:
    """The pictures of one adapter (or of the base alone) and what the tagger says of them."""

    adapters: list[tuple[AdapterFile, float]]
    pictures: dict[SetName, list[Image.Image]] = field(default_factory=lambda: {name: [] for name in SET_NAMES})
    scores: dict[SetName, Scores] = field(default_factory=dict[SetName, Scores])


class _Training(NamedTuple):
    known: TrainingSet
    scores: Scores


def evaluate_adapters(
    base: Base,
    candidates: Sequence[tuple[int, AdapterFile]],
    tagger: Tagger,
    concept: TaughtConcept,
    *,
    settings: EvaluationSettings | None = None,
    dataset: Dataset | None = None,
    on_picture: OnPicture | None = None,
) -> Evaluated:
    """Measure adapter files, one per epoch, and choose the best epoch.

    `dataset` are the training pictures: without them copying isn't measured. Raises `UserError` if nothing can be
    measured (no traits that the tagger knows, and no training pictures to find any in).
    """
    settings = settings or EvaluationSettings()
    size = Size(base.facts.native_px, base.facts.native_px)
    training = _training_pictures(dataset, concept, tagger, size)
    concept = _with_traits(concept, tagger, training, settings)
    judge = _Judge(base, tagger, concept, settings=settings, training=training, size=size)
    judge.on_picture = on_picture
    judge.expect(len(candidates))
    screened = {epoch: judge.measure(epoch, file, settings.screening) for epoch, file in candidates}
    finalists = choose_finalists(list(screened.values()), settings.finalists)
    files = dict(candidates)
    finals = [judge.measure(figures.epoch, files[figures.epoch], settings.seeds) for figures in finalists]
    epochs = tuple({**screened, **{figures.epoch: figures for figures in finals}}.values())
    best, reason = explain(epochs, finals)
    report = EvaluationReport(
        base_name=base.facts.name,
        tagger=tagger.key,
        concept=concept,
        settings=settings,
        recall_by="traits" if judge.traits else "likeness",
        copying_measured=training is not None,
        base=judge.base_figures(),
        epochs=epochs,
        best_epoch=best,
        reason=reason,
        prompts={name: tuple(prompt.text for prompt in prompts) for name, prompts in judge.sets.prompts.items()},
        notices=judge.notices(),
    )
    return Evaluated(report, judge.alone.pictures, judge.drawn[best].pictures)


class _Judge:
    """Draws each prompt at most once per adapter, and turns pictures into figures."""

    def __init__(
        self,
        base: Base,
        tagger: Tagger,
        concept: TaughtConcept,
        *,
        settings: EvaluationSettings,
        training: _Training | None,
        size: Size,
    ) -> None:
        self.base, self.tagger, self.settings, self.training = base, tagger, settings, training
        columns = {tag.name: column for column, tag in enumerate(tagger.tags)}
        self.names = [tag for tag in concept.traits if tag in columns]
        self.traits = [columns[tag] for tag in self.names]
        self.unknown = [tag for tag in concept.traits if tag not in columns]
        self.sets: PromptSets = plan_prompts(concept, columns.keys(), tagger.groups, settings=settings, size=size)
        self.asked = [[columns[tag] for tag in tags] for tags in self.sets.asked]
        self.alone = _Drawn([])
        self.drawn: dict[int, _Drawn] = {}
        self.on_picture: OnPicture | None = None
        self._done = self._total = 0
        if not self.traits and training is None:
            raise UserError(
                f"'{concept.name}' has no traits that the tagger knows, and its training pictures aren't there: tag "
                "the dataset with a trigger word first, or give its folder.",
                f"“{concept.name}”没有打标模型认识的固定特征，也找不到训练图片：请先带触发词打标，或给出数据集文件夹。",
            )

    def expect(self, candidates: int) -> None:
        """Work out how many pictures will be drawn."""
        screening = min(self.settings.screening, self.settings.seeds)
        finals = min(self.settings.finalists, candidates) * (self.settings.seeds - screening)
        self._total = len(SET_NAMES) * (self.settings.seeds + candidates * screening + finals)

    def measure(self, epoch: int, file: AdapterFile, seeds: int) -> EpochFigures:
        """The figures of one adapter on the first `seeds` seeds."""
        seeds = min(seeds, self.settings.seeds)
        drawn = self.drawn.setdefault(epoch, _Drawn([(file, 1.0)]))
        self._draw(self.alone, seeds)
        self._draw(drawn, seeds)
        recall = self._recall(drawn.scores["recall"])
        asked, base_asked = self._asked(drawn), self._asked(self.alone, seeds)
        hits, base_hits = mean(asked), mean(base_asked)
        control = hits / base_hits if base_hits else 1.0
        leak = mean(self._traits(drawn.scores["leak"])) - mean(self._traits(self.alone.scores["leak"][:seeds]))
        figures = {"recall": mean(recall), "control": control, "leak": leak, "copying": self._copying(drawn)}
        spread = standard_error(asked) / base_hits if base_hits else 0.0
        return EpochFigures(
            epoch=epoch,
            file=file.path.name,
            seeds=seeds,
            trait_recall=figures["recall"],
            prompt_control=control,
            leak=leak,
            copying=figures["copying"],
            score=score_of(**figures),
            noise=float(np.hypot(min(control, 1) * standard_error(recall), figures["recall"] * spread)),
            control_hits=hits,
            traits=self._each_trait(drawn),
        )

    def base_figures(self) -> BaseFigures:
        """The base on all seeds."""
        self._draw(self.alone, self.settings.seeds)
        return BaseFigures(
            seeds=self.settings.seeds,
            trait_recall=mean(self._traits(self.alone.scores["recall"])),
            control_hits=mean(self._asked(self.alone)),
            trait_rate=mean(self._traits(self.alone.scores["leak"])),
        )

    def notices(self) -> tuple[Text, ...]:
        """What the figures don't say."""
        found: list[Text] = []
        if self.unknown:
            names = ", ".join(self.unknown)
            found.append(Text(f"The tagger can't see: {names}.", f"打标模型不认识的特征：{names}。"))
        if not any(self.asked):
            found.append(
                Text(
                    "No tag varies over the captions: prompt control isn't measured and counts as 1.",
                    "标注中没有变化的标签：提示词控制无法测量，按 1 计。",
                )
            )
        if self.training is None:
            found.append(
                Text(
                    "The training pictures aren't there: copying isn't measured and counts as 0.",
                    "找不到训练图片：照搬原图的程度无法测量，按 0 计。",
                )
            )
        return tuple(found)

    def _draw(self, drawn: _Drawn, seeds: int) -> None:
        """Draw what is missing of the first `seeds` pictures of each set."""
        start = len(drawn.pictures["recall"])
        if start >= seeds:
            return
        prompts = [prompt for name in SET_NAMES for prompt in self.sets.prompts[name][start:seeds]]
        pictures: list[Image.Image] = []
        with applied(self.base, drawn.adapters):
            for first in range(0, len(prompts), self.settings.batch_size):
                batch = prompts[first : first + self.settings.batch_size]
                pictures += draw(self.base, batch, batch_size=self.settings.batch_size)
                self._done += len(batch)
                if self.on_picture:
                    self.on_picture(self._done, self._total)
        scores = self.tagger.scores(pictures)
        count = seeds - start
        for place, name in enumerate(SET_NAMES):
            part = slice(place * count, (place + 1) * count)
            drawn.pictures[name] += pictures[part]
            earlier = [drawn.scores[name]] if name in drawn.scores else []
            drawn.scores[name] = np.concatenate([*earlier, scores[part]])

    def _recall(self, scores: Scores) -> Shares:
        if self.traits or self.training is None:
            return self._traits(scores)
        return likeness(scores, self.alone.scores["recall"], self.training.scores)

    def _traits(self, scores: Scores) -> Shares:
        return trait_shares(scores, self.traits, self.settings.threshold) if self.traits else np.zeros(len(scores))

    def _asked(self, drawn: _Drawn, seeds: int | None = None) -> Shares:
        scores = drawn.scores["control"][:seeds]
        return asked_shares(scores, self.asked[: len(scores)], self.settings.threshold)

    def _each_trait(self, drawn: _Drawn) -> dict[str, float]:
        there = drawn.scores["recall"][:, self.traits] >= self.settings.threshold
        return dict(zip(self.names, there.mean(axis=0).tolist(), strict=True))

    def _copying(self, drawn: _Drawn) -> float:
        if self.training is None:
            return 0.0
        return float(np.mean(copied(drawn.pictures["recall"] + drawn.pictures["control"], self.training.known)))


def _training_pictures(dataset: Dataset | None, concept: TaughtConcept, tagger: Tagger, size: Size) -> _Training | None:
    """The concept's pictures as they are trained on, at the size of the evaluation; None if they aren't there."""
    if dataset is None:
        return None
    names = [about.name for about in dataset.concepts]
    wanted = [picture for picture in dataset.pictures if names[picture.concept] == concept.name]
    pictures = [render_picture(picture, size) for picture in wanted]
    files = [picture.path for picture in wanted]
    return _Training(view_training(pictures, files), tagger.scores(pictures)) if pictures else None


def _with_traits(
    concept: TaughtConcept, tagger: Tagger, training: _Training | None, settings: EvaluationSettings
) -> TaughtConcept:
    """The concept with its traits: as recorded, else the tags that the tagger finds in (nearly) all its pictures."""
    if concept.traits or training is None:
        return concept
    found = constant_tags([true_tags(tagger, scores, settings.threshold) for scores in training.scores])
    return concept.model_copy(update={"traits": tuple(tag for tag in found if tag != concept.trigger)})
