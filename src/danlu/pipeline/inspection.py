"""What is this file? An adapter, a generated picture, a base, a dataset or a run: what can be read off it, as facts.

Flow: a path goes in, an `Inspection` comes out; no weights are loaded but an adapter's own.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from danlu.kit.errors import UserError
from danlu.kit.language import Text
from danlu.kit.parsing import parse_json
from danlu.weights.headers import require_no_pickle
from danlu.weights.single_file import holds_checkpoint

if TYPE_CHECKING:
    from danlu.adapters.files import AdapterFile
    from danlu.families.base import Family

FREQUENT = 8
"""How many of the most frequent tags are shown."""
FileKind = Literal["adapter", "picture", "base", "dataset", "run"]


@dataclass(frozen=True)
class Fact:
    """One line of an inspection."""

    key: str
    title: Text
    value: Any
    """JSON-serialisable."""


@dataclass(frozen=True)
class Inspection:
    """What something is, and its facts in order."""

    kind: FileKind
    path: Path
    facts: tuple[Fact, ...]


def inspect_path(path: Path) -> Inspection:
    """Find out what `path` is. Raises `UserError` if it is missing or nothing that Danlu knows."""
    if not path.exists():
        raise UserError(f"'{path}' doesn't exist: check the path.", f"“{path}”不存在：请检查路径。")
    kind, read = _reader_of(path)
    return Inspection(kind, path, tuple(read(path)))


def _reader_of(path: Path) -> tuple[FileKind, Callable[[Path], list[Fact]]]:
    suffix = path.suffix.lower()
    if path.is_dir():
        if (path / "journal.jsonl").exists():
            return "run", _read_run
        return ("base", _read_base) if (path / "unet").is_dir() else ("dataset", _read_dataset)
    if suffix == ".safetensors":
        return ("base", _read_base) if holds_checkpoint(path) else ("adapter", _read_adapter)
    if suffix == ".png":
        return "picture", _read_picture
    require_no_pickle(path)
    raise UserError(
        f"'{path}' is nothing that can be inspected: give an adapter or a base (.safetensors), a PNG, a base's folder, "
        "a dataset or a run.",
        f"无法查看“{path}”：请指定 LoRA 或底模文件（.safetensors）、PNG 图片、底模文件夹、数据集或训练文件夹。",
    )


def _read_adapter(path: Path) -> list[Fact]:
    from danlu.adapters.files import kind_in, read_adapter, settings_in
    from danlu.adapters.made_for import made_for, shapes_of
    from danlu.adapters.origin import family_of
    from danlu.adapters.ranked import Ranked
    from danlu.evaluation.concepts import trigger_words
    from danlu.families.builds import tell_alone
    from danlu.pipeline.derived import common_precision
    from danlu.pipeline.provenance import history_lines

    file = read_adapter(path)
    ranked = [one for one in settings_in(file).values() if isinstance(one, Ranked)]
    parts = Counter("text_encoder" if name.startswith("lora_te") else "unet" for name in file.layers)
    numbers = (one for layer in file.layers.values() for key, one in layer.items() if key != "alpha")
    family, stated = family_of(file.layers, file.metadata), file.metadata
    alone = made_for(shapes_of(file.layers), stated).alone()
    return [
        Fact("adapter_kind", Text("Kind", "类型"), kind_in(file)),
        Fact("layout", Text("Layout", "格式"), file.layout),
        Fact("rank", Text("Rank", "维度（Dim）"), sorted({one.rank for one in ranked})),
        Fact("alpha", Text("Alpha", "Alpha"), sorted({one.scale * one.rank for one in ranked})),
        Fact("layers", Text("Layers", "层数"), dict(parts)),
        Fact("left_out", Text("Not read", "未读取"), [str(one.text) for one in file.left_out]),
        Fact("precision", Text("Precision", "精度"), common_precision(numbers)),
        Fact("bytes", Text("Size in bytes", "字节数"), path.stat().st_size),
        Fact("family", Text("Family of bases", "底模架构"), family and family.title),
        *(_program_facts(file, family) if family and not alone else []),
        *([Fact("only_for", Text("Use", "用途"), str(tell_alone(alone)))] if alone else []),
        Fact("base_family", Text("Made for", "适用底模"), stated.get("ss_base_model_version")),
        Fact("base", Text("Trained on", "训练底模"), stated.get("danlu_base") or stated.get("ss_sd_model_name")),
        Fact("trigger_words", Text("Trigger words", "触发词"), trigger_words(stated)),
        Fact("frequent_tags", Text("Most frequent tags", "最常见的标签"), _frequent_tags(stated)),
        Fact("made_from", Text("Made from", "由何制成"), history_lines(stated)),
        *_hash_facts(path, stated.get("sshs_model_hash")),
        *_metadata_facts(stated),
    ]


def _program_facts(file: "AdapterFile", family: "type[Family]") -> list[Fact]:
    """What other programs do with an adapter."""
    from danlu.adapters.programs import filed_layers, loadings, tell_losses, traits_of
    from danlu.kit.variants import kind_name

    traits, name = traits_of(filed_layers(file)), kind_name(family)
    losses = tell_losses(traits, name, planned=False)
    outcomes = {one.program: one.outcome for one in loadings(traits, name)}
    return [
        Fact("programs", Text("In other programs", "在其他软件中"), outcomes),
        *([Fact("losses", Text("What they lose", "损失"), losses)] if losses else []),
    ]


def _frequent_tags(metadata: dict[str, str]) -> dict[str, int]:
    """For files that name no trigger word: it is mostly the tag that all captions have."""
    from danlu.pipeline.provenance import tag_frequency

    counts: Counter[str] = Counter()
    for tags in tag_frequency(metadata).values():
        counts.update(tags)
    return dict(counts.most_common(FREQUENT))


def _hash_facts(path: Path, stated: str | None) -> list[Fact]:
    from danlu.kit.files import file_sha256
    from danlu.weights.safetensor_files import model_hash

    found = model_hash(path)
    return [
        Fact("model_hash", Text("Hash", "哈希"), found),
        Fact("hash_agrees", Text("Hash agrees with metadata", "哈希与元数据一致"), stated and stated == found),
        Fact("file_hash", Text("SHA-256 of the file", "文件 SHA-256"), file_sha256(path)),
    ]


def _metadata_facts(metadata: dict[str, str]) -> list[Fact]:
    return [Fact(key, Text(key, key), _plain(value)) for key, value in sorted(metadata.items())]


def _plain(value: str) -> Any:
    """Metadata are strings; those that hold JSON objects or lists are shown as such."""
    if value[:1] in "{[":
        try:
            return parse_json(value)
        except ValueError:
            return value
    return value


def _read_picture(path: Path) -> list[Fact]:
    from danlu.generation.pngtext import read_png

    found = read_png(path)
    prompt = found.prompt
    return [
        Fact("prompt", Text("Prompt", "提示词"), prompt.text),
        Fact("negative", Text("Negative", "反向提示词"), prompt.negative),
        Fact("adapters", Text("Adapters", "LoRA"), dict(found.adapters)),
        Fact("steps", Text("Steps", "步数"), prompt.steps),
        Fact("sampler", Text("Sampler", "采样器"), prompt.sampler),
        Fact("cfg", Text("CFG", "引导系数"), prompt.cfg),
        Fact("seed", Text("Seed", "种子"), prompt.seed),
        Fact("size", Text("Size", "尺寸"), str(prompt.size)),
        Fact("clip_skip", Text("Clip skip", "Clip skip"), prompt.clip_skip),
        Fact("max_tokens", Text("Max tokens", "token 上限"), prompt.max_tokens),
        *(Fact(key, Text(key, key), value) for key, value in found.extra.items()),
    ]


def _read_base(path: Path) -> list[Fact]:
    from danlu.families.find import find_base

    family, facts = find_base(str(path))
    return [
        Fact("family", Text("Family", "系列"), facts.family),
        Fact("title", Text("Title", "名称"), family.title),
        Fact("native_px", Text("Native size in px", "原生尺寸（像素）"), facts.native_px),
        Fact("step_px", Text("Sides are multiples of (px)", "边长须为其倍数（像素）"), facts.step_px),
        Fact("prediction", Text("Predicts", "预测目标"), facts.prediction),
        Fact("latent_factor", Text("Pixels per latent", "潜变量缩放倍数"), facts.latent_factor),
        Fact("bytes", Text("Size in bytes", "字节数"), facts.weights_bytes),
    ]


def _read_dataset(path: Path) -> list[Fact]:
    from danlu.datasets.scan import scan_dataset

    dataset = scan_dataset(path)
    sizes = Counter(str(picture.size) for picture in dataset.pictures)
    facts = [
        Fact("pictures", Text("Pictures", "图片数"), len(dataset.files)),
        Fact("views", Text("Further views of them", "另有视图"), len(dataset.pictures) - len(dataset.files)),
        Fact("captions", Text("With a caption", "有标注"), sum(p.caption is not None for p in dataset.pictures)),
        Fact("crops", Text("With a crop box", "有裁剪框"), sum(p.crop is not None for p in dataset.pictures)),
        Fact("sizes", Text("Sizes", "尺寸"), dict(sizes.most_common())),
        Fact("problems", Text("Can't be used", "无法使用"), [str(problem.text) for problem in dataset.problems]),
    ]
    for index, concept in enumerate(dataset.concepts):
        about = {
            "pictures": len(dataset.of_concept(index)),
            "repeats": concept.repeats,
            "trigger": concept.trigger,
            "traits": list(concept.traits),
            "regularization": concept.regularization,
        }
        facts.append(Fact(f"concept.{concept.name}", Text(f"Concept {concept.name}", f"概念 {concept.name}"), about))
    return facts


def _read_run(path: Path) -> list[Fact]:
    from danlu.rundir.events import Checkpoint, Ended, Started, Step
    from danlu.rundir.journal import read_journal
    from danlu.rundir.layout import RunFolder

    started = step = ended = None
    saved: list[str] = []
    for event in read_journal(RunFolder(path).journal):
        if isinstance(event, Started):
            started, ended = event, None
        elif isinstance(event, Step):
            step = event
        elif isinstance(event, Ended):
            ended = event
        elif isinstance(event, Checkpoint) and event.path not in saved:
            saved.append(event.path)
    return [
        Fact("state", Text("State", "状态"), ended.outcome if ended else "interrupted or running"),
        Fact("step", Text("Steps done", "已完成步数"), step.step if step else 0),
        Fact("total_steps", Text("Steps planned", "计划步数"), started.total_steps if started else 0),
        Fact("loss", Text("Last loss", "最近 Loss"), round(step.loss, 5) if step else None),
        Fact("checkpoints", Text("Adapter files", "LoRA 文件"), [name for name in saved if (path / name).exists()]),
    ]
