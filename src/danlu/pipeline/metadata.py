"""What an adapter file says of itself: kohya's `ss_*` keys, ModelSpec, and Danlu's own recipe and concepts.

All values are strings (numbers by str(), mappings as JSON). No paths of the user's machine, no times: equal runs give
equal files.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from importlib.metadata import version

from pydantic.main import IncEx

from danlu.datasets.batches import count_trained
from danlu.datasets.captions import split_tags
from danlu.datasets.pictures import Dataset
from danlu.datasets.regularization import count_regularization
from danlu.evaluation.concepts import METADATA_KEY, describe_concepts, write_concepts
from danlu.kit.variants import kind_name
from danlu.optimizers.base import Optimizer
from danlu.pipeline.survey import Survey
from danlu.training.loop import Trained

_PATHS: IncEx = {
    "dataset": {"path": True, "regularization": True, "masks": {"folder"}},
    "base": {"path", "vae"},
    "adapter": {"start_from"},
}
"""What a recipe says of the user's machine."""


def adapter_metadata(survey: Survey, precision: str, trained: Trained) -> dict[str, str]:
    """The metadata of the adapter as it stands after `trained`."""
    values = {
        **_training_values(survey, precision, trained),
        **_dataset_values(survey),
        **_model_values(survey),
        **survey.family.adapter_metadata(survey.facts),
        "danlu_version": version("danlu"),
        "danlu_base": survey.facts.name,
        "danlu_kind": kind_name(type(survey.recipe.adapter)),
        "danlu_recipe": json.loads(survey.recipe.model_dump_json(exclude=_PATHS)),
        **_start_values(survey),
        METADATA_KEY: write_concepts(describe_concepts(survey.prompted)),
    }
    return as_strings(values)


def _start_values(survey: Survey) -> dict[str, object]:
    """What the run began from, as a step of the file's history."""
    start = survey.start
    if start is None:
        return {}
    return {"danlu_history": [{"action": "train on", "from": [{"name": start.path.name, "hash": start.sha256}]}]}


def as_strings(values: Mapping[str, object]) -> dict[str, str]:
    """Metadata as they lie in a file."""
    return {key: _text(value) for key, value in values.items()}


def add_up_tags(counts: Iterable[tuple[str, Mapping[str, int]]]) -> dict[str, dict[str, int]]:
    """Counts of tags by folder, as kohya names it (`REPEATS_NAME`); those of folders with one name are added up."""
    total: dict[str, Counter[str]] = {}
    for folder, tags in counts:
        total.setdefault(folder, Counter()).update(tags)
    return {folder: dict(tags) for folder, tags in total.items()}


def _training_values(survey: Survey, precision: str, trained: Trained) -> dict[str, object]:
    recipe, order = survey.recipe, survey.order
    adapter, optimizer = recipe.adapter, recipe.optimizer
    network = adapter.network()
    return {
        "ss_output_name": recipe.name,
        "ss_sd_model_name": survey.facts.name,
        "ss_network_module": network.module,
        "ss_network_dim": network.dim,
        "ss_network_alpha": network.alpha,
        "ss_network_dropout": adapter.dropout or None,
        "ss_network_args": {**network.args, **_rate_arguments(optimizer)},
        "ss_optimizer": _optimizer_text(optimizer),
        "ss_learning_rate": optimizer.lr,
        "ss_unet_lr": optimizer.lr,
        "ss_text_encoder_lr": optimizer.rate_of("text_encoder") if adapter.text_encoder else None,
        "ss_lr_scheduler": recipe.schedule.kind,
        "ss_lr_warmup_steps": recipe.schedule.warmup_steps(order.total_steps),
        "ss_clip_skip": recipe.base.clip_skip,
        "ss_max_token_length": recipe.base.max_tokens if recipe.base.max_tokens > 75 else None,
        "ss_seed": recipe.training.seed,
        "ss_mixed_precision": precision,
        "ss_batch_size_per_device": recipe.training.batch_size,
        "ss_gradient_accumulation_steps": recipe.training.accumulation,
        "ss_max_grad_norm": recipe.training.max_gradient_norm,
        "ss_scale_weight_norms": recipe.training.max_weight_norm,
        "ss_min_snr_gamma": None if recipe.objective.debiased else recipe.objective.min_snr_gamma,
        "ss_debiased_estimation": recipe.objective.debiased,
        "ss_prior_loss_weight": recipe.objective.prior_weight,
        "ss_noise_offset": recipe.objective.noise_offset or None,
        "ss_num_batches_per_epoch": order.steps_per_epoch,
        "ss_num_epochs": order.epochs,
        "ss_epoch": trained.epoch,
        "ss_steps": trained.step,
        "ss_max_train_steps": order.total_steps,
    }


def _dataset_values(survey: Survey) -> dict[str, object]:
    captions, dataset = survey.recipe.dataset.captions, survey.dataset
    regularizing = sum(count_regularization(dataset, items) for items in survey.order.entries.values())
    return {
        "ss_shuffle_caption": captions.shuffle,
        "ss_keep_tokens": captions.keep_tokens,
        "ss_caption_dropout_rate": captions.caption_dropout,
        "ss_caption_dropout_every_n_epochs": captions.caption_dropout_epochs or 0,
        "ss_caption_tag_dropout_rate": captions.tag_dropout,
        "ss_flip_aug": survey.recipe.dataset.augmentation.flip,
        "ss_color_aug": survey.recipe.dataset.augmentation.colours > 0,
        "ss_num_train_images": count_trained(dataset),
        "ss_num_reg_images": regularizing,
        "ss_num_validation_images": len(survey.held_out),
        "ss_validation_split": survey.recipe.validation.share,
        "ss_validation_seed": survey.recipe.validation.seed,
        "ss_bucket_info": _bucket_info(survey),
        "ss_tag_frequency": _tag_frequency(survey.prompted),
    }


def _model_values(survey: Survey) -> dict[str, object]:
    recipe, facts = survey.recipe, survey.facts
    resolution = recipe.dataset.buckets.resolution or facts.native_px
    values: dict[str, object] = {
        "ss_resolution": f"({resolution}, {resolution})",
        "modelspec.sai_model_spec": "1.0.1",
        "modelspec.title": recipe.name,
        "modelspec.resolution": f"{resolution}x{resolution}",
        "modelspec.prediction_type": "epsilon" if facts.prediction == "epsilon" else "v",
    }
    if recipe.base.clip_skip > 1:
        values["modelspec.encoder_layer"] = recipe.base.clip_skip
    if survey.concept.trigger:
        values["modelspec.trigger_phrase"] = survey.concept.trigger
    return values


def _bucket_info(survey: Survey) -> dict[str, object]:
    buckets = {
        str(number): {"resolution": list(bucket), "count": len(items)}
        for number, (bucket, items) in enumerate(survey.order.entries.items())
    }
    errors = [
        abs(bucket.width / bucket.height - picture.framed_size.width / picture.framed_size.height)
        for picture, bucket in zip(survey.dataset.pictures, survey.arrangement.buckets, strict=True)
    ]
    return {"buckets": buckets, "mean_img_ar_error": sum(errors) / len(errors)}


def _tag_frequency(dataset: Dataset) -> dict[str, dict[str, int]]:
    captions = [
        [dataset.pictures[i].caption or "" for i in dataset.of_concept(n)] for n in range(len(dataset.concepts))
    ]
    return add_up_tags(
        (
            f"{concept.repeats}_{concept.name}",
            Counter(tag.strip().lower() for caption in own for tag in split_tags(caption)),
        )
        for concept, own in zip(dataset.concepts, captions, strict=True)
    )


def _rate_arguments(optimizer: Optimizer) -> dict[str, object]:
    """The rates of single matrices and layers: where kohya has such settings they are the network's, not the
    optimizer's.
    """
    names = {"lora_plus": "loraplus_lr_ratio", "text_encoder_lora_plus": "loraplus_text_encoder_lr_ratio"}
    given = {name: getattr(optimizer, ours) for ours, name in names.items()} | {"rate_factors": optimizer.rate_factors}
    return {name: value for name, value in given.items() if value}


def _optimizer_text(optimizer: Optimizer) -> str:
    settings = optimizer.model_dump(
        exclude={"kind", "lr", "text_encoder_lr", "lora_plus", "text_encoder_lora_plus", "rate_factors"}
    )
    return f"{type(optimizer).__name__}({','.join(f'{key}={value}' for key, value in settings.items())})"


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list | tuple) else str(value)
