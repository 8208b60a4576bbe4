"""The rest of a recipe in kohya's words: base, length, precision, cache, validation, checkpoints and previews."""

from pathlib import Path

from danlu.encoders.emphasis import escape_emphasis
from danlu.interop.kohya.facts.values import COMPUTED, SAMPLERS
from danlu.interop.kohya.incoming.prompts import write_prompts
from danlu.interop.kohya.outgoing.export import Export
from danlu.kit.language import Text
from danlu.kit.lengths import Length
from danlu.kit.places import EMBEDDED_BASE
from danlu.pipeline.wording import with_prompts
from danlu.previews.prompts import preview_prompts, prompts_of


def put_base(export: Export) -> None:
    """The checkpoint, and what kohya wants to be told of it."""
    base, facts = export.recipe.base, export.facts
    export.done |= {"base.path", "base.vae", "base.prediction"}
    if base.path == EMBEDDED_BASE:
        own = Text(
            "kohya can't load the embedded base: write pretrained_model_name_or_path yourself",
            "kohya 无法读取内置底模：请自行填写 pretrained_model_name_or_path",
        )
        export.tell("base.path", own)
    else:
        export.arguments["pretrained_model_name_or_path"] = Path(base.path).expanduser().absolute().as_posix()
    if base.vae is not None:
        export.arguments["vae"] = Path(base.vae).expanduser().absolute().as_posix()
    if facts.family == "sd2":
        export.arguments["v2"] = True
    if facts.prediction == "v_prediction":
        export.arguments["v_parameterization"] = True
    if base.clip_skip == 1:
        export.done.add("base.clip_skip")


def put_objective(export: Export) -> None:
    """kohya weights by both where Danlu takes one in the other's place; the weight of pictures that aren't there."""
    if export.recipe.objective.debiased:
        export.done.add("objective.min_snr_gamma")
    if any(concept.regularization for concept in export.dataset.concepts):
        export.arguments["prior_loss_weight"] = export.recipe.objective.prior_weight
        export.done.add("objective.prior_weight")


def put_training(export: Export) -> None:
    """Length, precision, latents and validation."""
    training = export.recipe.training
    export.done |= {"training.length", "training.precision", "cache.latents"}
    if training.length.unit == "epochs":
        export.arguments["max_train_epochs"] = training.length.count
    else:
        export.arguments["max_train_steps"] = min(training.length.count, training.max_steps or training.length.count)
        export.done.add("training.max_steps")
    if training.precision == "auto":
        export.arguments["mixed_precision"] = "bf16"
        chosen = Text(
            "kohya doesn't choose: bf16 is written; take fp16 for cards before RTX 30",
            "kohya 不会自动选择：写为 bf16；RTX 30 系之前的显卡请用 fp16",
        )
        export.tell("training.precision", chosen)
    else:
        export.arguments["mixed_precision"] = COMPUTED.write(training.precision)
    export.arguments["sdpa"] = True  # Danlu's own way; without it kohya computes attention in the slowest one
    if export.facts.family == "sdxl":
        export.arguments["no_half_vae"] = True  # Danlu's VAE always computes in float32
    if export.recipe.dataset.augmentation.colours:
        export.tell("cache.latents", Text("color_aug leaves none to keep", "使用 color_aug 时无法缓存"))
    elif export.recipe.cache.latents != "off":
        export.arguments["cache_latents"] = True
        if export.recipe.cache.latents == "disk":
            export.arguments["cache_latents_to_disk"] = True
    _put_validation(export)


def _put_validation(export: Export) -> None:
    validation = export.recipe.validation
    if not validation.share:
        return
    export.done |= {"validation.share", "validation.seed", "validation.every"}
    if "masked_loss" in export.arguments:
        masked = Text("with a folder of masks kohya trains on them too", "使用蒙版文件夹时 kohya 也会用它们训练")
        export.tell("validation.share", masked)
        return
    export.dataset_config |= {"validation_split": validation.share, "validation_seed": validation.seed}
    export.arguments[f"validate_every_n_{validation.every.unit}"] = validation.every.count


def put_saving(export: Export, folder: Path) -> None:
    """Checkpoints and previews, with prompts as Danlu would draw them."""
    recipe = export.recipe
    export.arguments["output_dir"] = (folder / "output").absolute().as_posix()
    _put_interval(export, "save", recipe.checkpoints.every)
    export.done |= {f"previews.{name}" for name in type(recipe.previews).model_fields} | {"checkpoints.every"}
    if recipe.previews.every.unit == "never":
        return
    _put_interval(export, "sample", recipe.previews.every)
    export.prompts = write_prompts(prompts_of(recipe.previews, _texts(export), native_px=export.facts.native_px))
    if recipe.previews.sampler == "DPM++ 2M Karras":
        export.arguments["sample_sampler"] = SAMPLERS.write("DPM++ 2M")
        steps = Text("kohya draws without Karras' steps: dpmsolver++", "kohya 没有 Karras 步长：写为 dpmsolver++")
        export.tell("previews.sampler", steps)
    else:
        export.arguments["sample_sampler"] = SAMPLERS.write(recipe.previews.sampler)


def _texts(export: Export) -> list[str]:
    if export.recipe.previews.prompts:
        return list(export.recipe.previews.prompts)
    prompted = with_prompts(export.dataset, export.recipe.dataset.captions)
    captions = [
        one.caption or "" for one in prompted.pictures if not export.dataset.concepts[one.concept].regularization
    ]
    return [escape_emphasis(text) for text in preview_prompts(captions, count=4)]


def _put_interval(export: Export, prefix: str, every: Length) -> None:
    if every.unit != "never":
        export.arguments[f"{prefix}_every_n_{every.unit}"] = every.count
