"""The dataset of a recipe as folders of a dataset config: one for each folder that holds pictures, because kohya looks
into none below.
"""

from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from danlu.datasets.buckets import BucketConfig
from danlu.datasets.manifest import read_manifest
from danlu.datasets.masks import MaskConfig
from danlu.datasets.pictures import Dataset, Picture
from danlu.interop.kohya.facts.values import COLOURINGS
from danlu.interop.kohya.outgoing.export import Export
from danlu.kit.language import Text

ONCE = Text("`danlu dataset export` writes folders without that", "可用 `danlu dataset export` 导出")


def put_pictures(export: Export) -> None:
    """Folders, buckets, masks, and what only Danlu knows of pictures."""
    config, dataset = export.recipe.dataset, export.dataset
    _put_buckets(export, config.buckets)
    masked = _put_masks(export, config.masks)
    folders: dict[tuple[Path, int], list[Picture]] = {}
    for picture in dataset.pictures:
        folders.setdefault((picture.path.parent, picture.concept), []).append(picture)
    for (folder, index), pictures in folders.items():
        subset = _subset(dataset, folder, index, pictures)
        if masked is not None:
            if subset.pop("is_reg", False):
                continue  # told below
            subset.pop("class_tokens", None)
            subset["conditioning_data_dir"] = (masked / folder.relative_to(dataset.root)).as_posix()
        export.subsets.append(subset)
    export.done |= {"dataset.path", "dataset.repeats", "dataset.regularization"}
    if masked is not None and any(concept.regularization for concept in dataset.concepts):
        alone = Text(
            "kohya's masks of a folder and regularization exclude each other", "kohya 的蒙版文件夹与正则化图片不能并用"
        )
        export.tell("dataset.regularization", alone)
    if config.captions.shuffle or config.captions.tag_dropout or config.captions.tag_warmup not in ("0 steps", "0%"):
        _tell_around(export)
    _put_around(export)
    _tell_facts(export)


def _subset(dataset: Dataset, folder: Path, index: int, pictures: Sequence[Picture]) -> dict[str, Any]:
    concept = dataset.concepts[index]
    suffixes = {path.suffix for one in pictures if (path := one.caption_file) is not None}
    subset: dict[str, Any] = {
        "image_dir": folder.absolute().as_posix(),
        "num_repeats": concept.repeats,
        "caption_extension": ".txt" if ".txt" in suffixes or not suffixes else ".caption",
    }
    if concept.regularization:
        subset |= {"is_reg": True, "class_tokens": concept.name}
    return subset


def _put_buckets(export: Export, buckets: BucketConfig) -> None:
    """What Danlu leaves to the base is written out: kohya's own numbers are those of one base."""
    side = buckets.resolution or export.facts.native_px
    export.dataset_config["resolution"] = side
    export.done.add("dataset.buckets.resolution")
    if not buckets.enabled:
        return
    export.dataset_config |= {
        "enable_bucket": True,
        "min_bucket_reso": buckets.smallest or side // 2,
        "max_bucket_reso": buckets.largest or side * 2,
        "bucket_reso_steps": buckets.step or export.facts.step_px,
    }
    export.done |= {f"dataset.buckets.{name}" for name in ("enabled", "smallest", "largest", "step")}


def _put_masks(export: Export, masks: MaskConfig) -> Path | None:
    """The folder of masks, if kohya can use it."""
    export.done |= {"dataset.masks.source", "dataset.masks.folder"}
    if masks.source == "alpha":
        export.arguments["alpha_mask"] = True
    elif masks.source == "files" and masks.folder is None:
        beside = Text(
            "kohya wants masks in a folder of their own, under the names of their pictures",
            "kohya 要求蒙版放在单独的文件夹中，并与图片同名",
        )
        export.tell("dataset.masks.source", beside)
    elif masks.folder is not None:
        folder = Path(masks.folder)
        export.arguments["masked_loss"] = True
        bare = [one for one in export.dataset.pictures if not _has_mask(export, folder, one)]
        if bare:
            each = Text(
                f"kohya stops at a picture without a mask of the same name, and {len(bare)} have none",
                f"kohya 要求每张图片都有同名蒙版，而有 {len(bare)} 张没有",
            )
            export.tell("dataset.masks.folder", each)
        return folder.absolute()
    return None


def _has_mask(export: Export, folder: Path, picture: Picture) -> bool:
    if export.dataset.concepts[picture.concept].regularization:
        return True
    below = folder / PurePosixPath(picture.name).parent
    return any((below / f"{picture.path.stem}{suffix}").is_file() for suffix in (".png", ".jpg", ".jpeg", ".webp"))


def _put_around(export: Export) -> None:
    """kohya glues prefix and suffix to the caption with a blank; Danlu puts a comma between."""
    captions = export.recipe.dataset.captions
    for key, text, shape in (
        ("caption_prefix", captions.prefix, "{},"),
        ("caption_suffix", captions.suffix, ", {}"),
    ):
        if bare := text.strip(",， \t"):
            export.dataset_config[key] = shape.format(bare)
    export.done |= {"dataset.captions.prefix", "dataset.captions.suffix"}


def _tell_around(export: Export) -> None:
    for name, en, zh in (
        ("prefix", "kohya counts its tags within keep_tokens", "kohya 会把其中的标签计入 keep_tokens"),
        ("suffix", "kohya shuffles and drops its tags with the others", "kohya 会把其中的标签一起打乱和丢弃"),
    ):
        if export.at(f"dataset.captions.{name}").strip(",， \t"):
            export.tell(f"dataset.captions.{name}", Text(en, zh))


def _tell_facts(export: Export) -> None:
    """What `danlu.toml` and the folder's files say that kohya can't know, or takes for something else."""
    dataset = export.dataset
    excluded = [name for name, facts in read_manifest(dataset.root).pictures.items() if facts.excluded]
    cropped = [one.name for one in dataset.files if one.crop]
    repeated = [one.name for one in dataset.files if one.repeats != dataset.concepts[one.concept].repeats]
    views = [one.name for one in dataset.pictures if one.view is not None]
    mirrored = [name for name, facts in read_manifest(dataset.root).pictures.items() if facts.mirror is not None]
    held_out = [one.name for one in dataset.files if one.held_out]
    captions = {(one.path.parent, path.suffix) for one in dataset.pictures if (path := one.caption_file)}
    mixed = [folder for folder, suffix in captions if suffix == ".caption" and (folder, ".txt") in captions]
    for place, found, en, zh in (
        ("danlu.toml: crop", cropped, f"kohya takes the whole pictures; {ONCE.en}", f"kohya 使用整张图片；{ONCE.zh}"),
        ("danlu.toml: views", views, f"kohya knows none; {ONCE.en}", f"kohya 不支持；{ONCE.zh}"),
        ("danlu.toml: mirror", mirrored, "kohya mirrors whole folders: flip_aug", "kohya 只能整个文件夹翻转：flip_aug"),
        ("danlu.toml: held_out", held_out, f"kohya trains on them; {ONCE.en}", f"kohya 会用来训练；{ONCE.zh}"),
        ("danlu.toml: repeats", repeated, "kohya repeats whole folders only", "kohya 只能按文件夹设置重复次数"),
        ("danlu.toml: excluded", excluded, "kohya takes them: move them away", "kohya 会使用这些图片：请移走"),
        (
            "*.mask.png",
            list(dataset.masks),
            "kohya takes them for pictures: move them away",
            "kohya 会当作图片：请移走",
        ),
        (".caption", mixed, "kohya reads one kind of file in a folder: .txt", "kohya 在一个文件夹中只读一种标注：.txt"),
    ):
        if found:
            export.tell(place, Text(en, zh), value=len(found))
    if export.recipe.dataset.augmentation.colours not in (0, COLOURINGS):
        anew = Text("kohya draws colours anew each time: color_aug", "kohya 每次重新抽取颜色：color_aug")
        export.tell("dataset.augmentation.colours", anew)
        export.dataset_config["color_aug"] = True
