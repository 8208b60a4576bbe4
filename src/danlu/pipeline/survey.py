"""What a recipe meets, before anything heavy: the dataset, the base's facts, buckets and the order of steps.

Everything that can be wrong and can be known without loading weights is told here.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from danlu.adapters.programs import planned_layers, tell_losses, traits_of
from danlu.adapters.targets import choose_layers, planned_targets
from danlu.datasets.asymmetry import tell_asymmetry
from danlu.datasets.batches import entries_by_bucket
from danlu.datasets.buckets import Arrangement, arrange
from danlu.datasets.captions import CaptionConfig, plain_caption, possible_captions, split_caption, split_tags
from danlu.datasets.manifest import read_manifest
from danlu.datasets.masks import with_masks
from danlu.datasets.pictures import Concept, Dataset, Picture, Size
from danlu.datasets.regularization import scan_with_regularization, tell_regularization, with_class_captions
from danlu.datasets.soundness import tell_broken, without_broken
from danlu.encoders.emphasis import plain_text
from danlu.families.base import BaseFacts, Family
from danlu.families.find import find_base, require_clip_skip
from danlu.generation.prompts import check_prompt
from danlu.kit.errors import UserError
from danlu.kit.language import Text
from danlu.pipeline.advice import advice
from danlu.pipeline.split import split_dataset
from danlu.pipeline.starting_point import StartingPoint, find_starting_point
from danlu.pipeline.wording import caption_warnings, length_warnings, with_prompts
from danlu.previews.prompts import prompts_of
from danlu.recipe import Recipe
from danlu.tagging.cautions import cautions_of
from danlu.training.order import Order, make_order


@dataclass(frozen=True)
class Survey:
    """A recipe and what it meets."""

    recipe: Recipe
    dataset: Dataset
    family: type[Family]
    facts: BaseFacts
    arrangement: Arrangement
    order: Order
    warnings: tuple[Text, ...]
    cautions: tuple[Text, ...] = ()
    """What everybody should have read before anything is trained."""
    held_out: tuple[Picture, ...] = ()
    """Pictures for validation; none of `dataset`."""
    held_out_buckets: tuple[Size, ...] = ()
    start: StartingPoint | None = None
    """The adapter file that it begins from."""

    @property
    def concept(self) -> Concept:
        """The first concept that is learnt."""
        return next(concept for concept in self.dataset.concepts if not concept.regularization)

    @cached_property
    def prompted(self) -> Dataset:
        """The dataset with captions as one would write them as prompts."""
        return with_prompts(self.dataset, self.recipe.dataset.captions)


def survey_recipe(recipe: Recipe, *, has_begun: bool = False) -> Survey:
    """Scan and arrange. Raises `UserError` for everything that can't be trained. A run that has begun needs the file no
    more that it began from.
    """
    family, facts = find_recipe_base(recipe)
    is_gone = has_begun and not Path(recipe.adapter.start_from or "").is_file()
    start = None if is_gone else find_starting_point(recipe.adapter, facts)
    require_clip_skip(facts, recipe.base.clip_skip)
    _require_drawable(recipe, facts)
    dataset = scan_recipe_dataset(recipe)
    _require_whole_pictures(recipe, dataset)
    _require_learnable(dataset)
    _require_triggers(recipe, dataset)
    _require_regularization(recipe, dataset)
    split = split_dataset(with_masks(dataset, recipe.dataset.masks), recipe.validation)
    notices = [
        *tell_regularization(split.trained),
        *tell_asymmetry(split.trained, recipe.dataset.augmentation),
    ]
    dataset = with_class_captions(split.trained)
    arrangement = _arrange(recipe, facts, dataset)
    held_out = _arrange(recipe, facts, replace(dataset, pictures=split.held_out))
    order = make_order(entries_by_bucket(dataset, arrangement), recipe.training)
    warnings = [*dataset.notices, *notices, *arrangement.warnings]
    warnings += caption_warnings(dataset, recipe.dataset.captions)
    warnings += length_warnings(recipe, dataset, family, facts)
    warnings += advice(recipe, order)
    warnings += _tell_programs(recipe, family, facts)
    warnings += _tell_repeats(recipe, dataset)
    warnings += start.notes if start else ()
    return Survey(
        recipe,
        dataset,
        family,
        facts,
        arrangement,
        order,
        tuple(warnings),
        cautions_of(facts.name, [one for one in dataset.pictures if not dataset.concepts[one.concept].regularization]),
        split.held_out,
        held_out.buckets,
        start,
    )


def _require_drawable(recipe: Recipe, facts: BaseFacts) -> None:
    """Raise `UserError` for previews of a size that the base can't draw, before anything is trained."""
    config = recipe.previews
    for prompt in prompts_of(config, config.prompts or [""], native_px=facts.native_px):
        try:
            check_prompt(prompt, step_px=facts.drawn_step_px)
        except UserError as error:
            field = "previews.size" if str(prompt.size) == config.size else "previews.prompts"
            raise UserError(f"{field}: {error.text.en}", f"{field}：{error.text.zh}", field=field) from error


def _tell_programs(recipe: Recipe, family: type[Family], facts: BaseFacts) -> list[Text]:
    """What other programs won't do with the file, before it is trained; of a base that they don't have, nothing."""
    if family.build(facts) != family.builds[0]:
        return []
    layers = planned_layers(choose_layers(recipe.adapter, planned_targets(facts)))
    return tell_losses(traits_of(layers), facts.family, planned=True)


def _tell_repeats(recipe: Recipe, dataset: Dataset) -> list[Text]:
    """The recipe's repeats are for all pictures: what the dataset says of its concepts, balanced perhaps, is lost."""
    said = [name for name, facts in read_manifest(dataset.root).concepts.items() if facts.repeats]
    if recipe.dataset.repeats is None or not said:
        return []
    return [
        Text(
            f"dataset.repeats = {recipe.dataset.repeats} replaces the repeats that danlu.toml gives '{said[0]}': leave "
            "it out of the recipe to use those.",
            f"dataset.repeats = {recipe.dataset.repeats} 取代了 danlu.toml 中“{said[0]}”的重复次数：若要采用后者，"
            "请从配方中删去该项。",
        )
    ]


def _arrange(recipe: Recipe, facts: BaseFacts, dataset: Dataset) -> Arrangement:
    return arrange(dataset, recipe.dataset.buckets, native_px=facts.native_px, step_px=facts.step_px)


def scan_recipe_dataset(recipe: Recipe) -> Dataset:
    """The dataset as a recipe wants it: with its repeats and regularization pictures."""
    config = recipe.dataset
    folder = None if config.regularization is None else Path(config.regularization)
    without = [] if config.masks.folder is None else [Path(config.masks.folder).resolve()]
    dataset = scan_with_regularization(Path(config.path), folder, repeats=config.repeats, without=without)
    if not config.skip_broken:
        return dataset
    sound = without_broken(dataset)
    return replace(sound, notices=(*sound.notices, *tell_broken(sound.problems)))


def without_trigger(caption: str, trigger: str, config: CaptionConfig) -> str:
    """A caption with the trigger's tag left out."""
    said = plain_text if config.weighted else str
    return ", ".join(tag for tag in split_caption(caption, config) if said(tag) != trigger)


def _require_whole_pictures(recipe: Recipe, dataset: Dataset) -> None:
    if dataset.problems and not recipe.dataset.skip_broken:
        first = dataset.problems[0]
        more = len(dataset.problems) - 1
        raise UserError(
            f"'{first.name}': {first.text.en} {f'({more} more like it) ' if more else ''}Correct or delete it, or set "
            "dataset.skip_broken = true to train without.",
            f"“{first.name}”：{first.text.zh}{f'（另有 {more} 张同类问题）' if more else ''}请修复或删除，"
            "或设置 dataset.skip_broken = true 跳过。",
        )


def _require_learnable(dataset: Dataset) -> None:
    if all(concept.regularization for concept in dataset.concepts):
        raise UserError(
            f"'{dataset.root}' holds regularization pictures only: add a folder of pictures that teach something.",
            f"“{dataset.root}”中只有正则化图片：请加入要学习的图片文件夹。",
        )


def _require_triggers(recipe: Recipe, dataset: Dataset) -> None:
    learnt = [concept for concept in dataset.concepts if not concept.regularization]
    config = recipe.dataset.captions
    for concept in learnt:
        if concept.trigger is None:
            continue
        captions = [dataset.pictures[i].caption or "" for i in dataset.of_concept(dataset.concepts.index(concept))]
        possible = (one for caption in captions for one in possible_captions(caption, config))
        if not any(concept.trigger in split_tags(plain_caption(caption, config)) for caption in possible):
            raise UserError(
                f"trigger '{concept.trigger}' of '{concept.name}' appears in no caption: run "
                f"`danlu tag '{dataset.root}' --trigger '{concept.trigger}'`, or correct it in danlu.toml.",
                f"“{concept.name}”的触发词“{concept.trigger}”没有出现在任何标注中：请运行 "
                f"`danlu tag '{dataset.root}' --trigger '{concept.trigger}'`，或在 danlu.toml 中改正。",
            )
    if recipe.objective.preservation and not any(concept.trigger for concept in learnt):
        raise UserError(
            "objective.preservation needs a trigger word, and the dataset has none: run `danlu tag DATASET --trigger "
            "WORD`, or set objective.preservation = 0.",
            "objective.preservation 需要触发词，而数据集没有：请运行 `danlu tag 数据集 --trigger 触发词`，"
            "或设置 objective.preservation = 0。",
        )


def _require_regularization(recipe: Recipe, dataset: Dataset) -> None:
    if recipe.objective.prior_weight != 1 and not any(concept.regularization for concept in dataset.concepts):
        raise UserError(
            "objective.prior_weight has no effect without regularization pictures: leave it out, or name their folder "
            "in dataset.regularization.",
            "没有正则化图片时 objective.prior_weight 不起作用：请删去，或用 dataset.regularization 指定图片文件夹。",
        )


def find_recipe_base(recipe: Recipe) -> tuple[type[Family], BaseFacts]:
    """The base as a recipe wants it: with its VAE, prediction and noise schedule."""
    family, facts = find_base(recipe.base.path, vae=recipe.base.vae, prediction=recipe.base.told_prediction)
    if not recipe.objective.zero_terminal_snr:
        return family, facts
    if facts.prediction != "v_prediction":
        raise UserError(
            f"objective.zero_terminal_snr is for bases that predict v, and '{facts.name}' predicts the noise, which "
            "can't be told from pure noise: set objective.zero_terminal_snr = false.",
            f"objective.zero_terminal_snr 仅用于 v 预测的底模，而“{facts.name}”预测噪声，在纯噪声处无从学习："
            "请设置 objective.zero_terminal_snr = false。",
        )
    # In the facts, so that loss weights, previews and evaluation all follow it.
    return family, replace(facts, zero_terminal_snr=True)
