"""What a file made from other files says of itself: for which bases it is, its trigger words, what it was made from.

`danlu_history` is a list of what was done, each with the names and hashes of the files that went in. As in all our
metadata there are no paths and no times.
"""

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from danlu.adapters.algebra import Factors
from danlu.adapters.files import AdapterFile
from danlu.adapters.ranked import is_wide
from danlu.evaluation.concepts import METADATA_KEY, TRIGGER, read_concepts, trigger_words, write_concepts
from danlu.families.base import BaseFacts, Family
from danlu.kit.parsing import parse_json
from danlu.kit.variants import kinds_of
from danlu.pipeline.metadata import add_up_tags, as_strings
from danlu.weights.safetensor_files import legacy_hash, model_hash

HISTORY = "danlu_history"
FREQUENCY = "ss_tag_frequency"
ABOUT_BASE = (
    "ss_base_model_version",
    "ss_v2",
    "ss_sd_model_name",
    "ss_sd_model_hash",
    "ss_new_sd_model_hash",
    "ss_clip_skip",
    "ss_resolution",
    "modelspec.sai_model_spec",
    "modelspec.architecture",
    "modelspec.implementation",
    "modelspec.prediction_type",
    "modelspec.resolution",
    "modelspec.encoder_layer",
    "danlu_base",
)
"""What files that are merged say together, if they agree."""


def about_base(facts: BaseFacts) -> dict[str, Any]:
    """Name of a base and, of a single file, its short hash."""
    return {"name": facts.name, **({"hash": legacy_hash(facts.path)} if facts.path.is_file() else {})}


def about_sources(files: Sequence[AdapterFile], weights: Sequence[float]) -> list[dict[str, Any]]:
    """Names, weights and hashes of adapter files."""
    return [
        {"name": file.path.name, "weight": weight, "hash": model_hash(file.path)}
        for file, weight in zip(files, weights, strict=True)
    ]


def merged_metadata(
    files: Sequence[AdapterFile], layers: Mapping[str, Factors], out: Path, step: Mapping[str, Any]
) -> dict[str, str]:
    """Of several adapters added up: what all of them say of their base, and the trigger words of all."""
    first = files[0].metadata
    agreed = {
        key: first[key]
        for key in ABOUT_BASE
        if key in first and all(file.metadata.get(key) == first[key] for file in files)
    }
    values: dict[str, object] = {
        "ss_output_name": out.stem,
        "modelspec.title": out.stem,
        "modelspec.merged_from": ", ".join(file.path.stem for file in files),
        **network_values(layers),
        HISTORY: [dict(step)],
        "danlu_version": version("danlu"),
    }
    if triggers := [word for file in files for word in trigger_words(file.metadata)]:
        values[TRIGGER] = ", ".join(dict.fromkeys(triggers))
    if concepts := [concept for file in files for concept in read_concepts(file.metadata)]:
        values[METADATA_KEY] = write_concepts(concepts)
    if frequency := add_up_tags(counts for file in files for counts in tag_frequency(file.metadata).items()):
        values[FREQUENCY] = frequency
    return agreed | as_strings(values)


def changed_metadata(
    file: AdapterFile, layers: Mapping[str, Factors], out: Path, step: Mapping[str, Any]
) -> dict[str, str]:
    """Of one adapter in another size: all that it said, and what was done."""
    earlier = metadata_value(file.metadata.get(HISTORY), list)
    values = {"ss_output_name": out.stem, **network_values(layers), HISTORY: [*earlier, dict(step)]}
    return file.metadata | as_strings(values)


def extracted_metadata(
    facts: BaseFacts, layers: Mapping[str, Factors], out: Path, step: Mapping[str, Any]
) -> dict[str, str]:
    """Of the difference of two bases."""
    side = facts.native_px
    values = {
        "ss_output_name": out.stem,
        "ss_sd_model_name": facts.name,
        **({"ss_sd_model_hash": legacy_hash(facts.path)} if facts.path.is_file() else {}),
        **kinds_of(Family)[facts.family].adapter_metadata(facts),
        **network_values(layers),
        "modelspec.sai_model_spec": "1.0.1",
        "modelspec.title": out.stem,
        "modelspec.resolution": f"{side}x{side}",
        "modelspec.prediction_type": "epsilon" if facts.prediction == "epsilon" else "v",
        HISTORY: [dict(step)],
        "danlu_version": version("danlu"),
        "danlu_base": facts.name,
    }
    return as_strings(values)


def network_values(layers: Mapping[str, Factors]) -> dict[str, object]:
    """The network in kohya's words; where ranks differ, "Dynamic", as its own resizing writes it. Alpha is the highest
    rank.
    """
    wide = {one.rank for one in layers.values() if is_wide(one.shape)}
    plain = {one.rank for one in layers.values() if not is_wide(one.shape)} or wide
    alpha = max(plain | wide)
    return {
        "ss_network_module": "networks.lora",
        "ss_network_dim": min(plain) if len(plain) == 1 else "Dynamic",
        "ss_network_alpha": alpha,
        "ss_network_args": {"conv_dim": str(min(wide)), "conv_alpha": str(alpha)} if len(wide) == 1 else {},
        "danlu_kind": "locon" if wide else "lora",
    }


def norms_metadata(metadata: Mapping[str, str]) -> dict[str, str]:
    """Those of a LoRA that changes norms too: LyCORIS reads that, kohya's own module doesn't."""
    args = metadata_value(metadata.get("ss_network_args"), dict)
    algo = {"algo": metadata.get("danlu_kind", "lora"), **args, "train_norm": "True"}
    return {**metadata, **as_strings({"ss_network_module": "lycoris.kohya", "ss_network_args": algo})}


def tag_frequency(metadata: Mapping[str, str]) -> dict[str, dict[str, int]]:
    """kohya's counts of tags by folder; empty if there are none."""
    found = metadata_value(metadata.get(FREQUENCY), dict)
    return {
        str(folder): {str(tag): count for tag, count in tags.items() if isinstance(count, int)}
        for folder, tags in found.items()
        if isinstance(tags, dict)
    }


def history_lines(metadata: Mapping[str, str]) -> list[str]:
    """One line for each thing that was done to get a file; none if another program made it."""
    lines: list[str] = []
    for step in metadata_value(metadata.get(HISTORY), list):
        try:
            sources = [f"{one['name']}:{one['weight']:g}" if "weight" in one else one["name"] for one in step["from"]]
            lines.append(f"{step['action']} {' + '.join(sources)}")
        except (TypeError, KeyError, ValueError):
            return []
    return lines


def metadata_value(text: str | None, kind: type[Any]) -> Any:
    """A metadata value of JSON; an empty one of the kind if it is something else."""
    try:
        value = parse_json(text or "null")
    except ValueError:
        return kind()
    return value if isinstance(value, kind) else kind()
