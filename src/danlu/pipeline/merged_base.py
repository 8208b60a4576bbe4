"""Adapters merged into a base: W + Σ ρ_i ΔW_i for each weight, as a whole checkpoint in the original layout."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from danlu.adapters.files import DTYPES, SavePrecision
from danlu.adapters.targets import planned_targets
from danlu.families.base import BaseFacts
from danlu.families.find import find_base
from danlu.kit.errors import UserError
from danlu.kit.files import require_space
from danlu.kit.language import Text
from danlu.pipeline.base_weights import open_weights
from danlu.pipeline.combine import OnLayer
from danlu.pipeline.derived import require_finite, require_output
from danlu.pipeline.metadata import as_strings
from danlu.pipeline.pictures import Strength
from danlu.pipeline.provenance import HISTORY, about_base, about_sources, metadata_value
from danlu.pipeline.sources import Source, fitting_sources, read_sources
from danlu.weights.rewriting import markers_of, rewritten_tensors
from danlu.weights.safetensor_files import write_checkpoint
from danlu.weights.single_file import CONFIGS


@dataclass(frozen=True)
class MergedBase:
    """A checkpoint that was written."""

    path: Path
    changed: int
    """How many weights differ from the base's."""
    notes: Sequence[Text] = ()
    """What of the adapters isn't in it."""


def merge_into_base(
    adapters: Sequence[Strength],
    base: str,
    out: Path,
    *,
    precision: SavePrecision | None = None,
    on_layer: OnLayer | None = None,
) -> MergedBase:
    """Write a base with adapters of any kind in its weights; each tensor keeps its number format unless `precision` is
    given. Raises `UserError` if an adapter doesn't fit.
    """
    facts = find_base(base)[1]
    require_output(out, [facts.path, *(one.path for one in adapters)])
    sources = fitting_sources(read_sources(adapters), facts)
    return write_merged_base(sources, facts, out, precision=precision, on_layer=on_layer)


def write_merged_base(
    sources: Sequence[Source],
    facts: BaseFacts,
    out: Path,
    *,
    precision: SavePrecision | None = None,
    on_layer: OnLayer | None = None,
    told: Mapping[str, str] | None = None,
) -> MergedBase:
    """Write a base with adapters that fit it in its weights; `told` goes into the metadata too."""
    require_space(out.parent, facts.weights_bytes)
    places = _places(sources, facts)
    done: list[str] = []
    with open_weights(facts) as weights:

        def delta(component: str, tensor: str) -> Tensor | None:
            name = places.get((component, tensor))
            if name is None:
                return None
            done.append(name)
            if on_layer:
                on_layer(len(done), len(places))
            parts = (
                [source.bias_delta(name) for source in sources]
                if tensor.endswith(".bias")
                else [source.delta(name, weights(name)) for source in sources if name in source.file.layers]
            )
            return _sum_of([part for part in parts if part is not None], name, sources)

        tensors = rewritten_tensors(facts.stored, delta) | _markers(facts)
    if precision:
        tensors = {
            name: one.to(DTYPES[precision]) if one.dtype.is_floating_point else one for name, one in tensors.items()
        }
    write_checkpoint(out, tensors, _metadata(facts, sources, out) | dict(told or {}))
    return MergedBase(out, len(done), [note for source in sources for note in source.file.notes])


def _places(sources: Sequence[Source], facts: BaseFacts) -> dict[tuple[str, str], str]:
    """The layer's name of each tensor that changes, by component and tensor name."""
    places: dict[tuple[str, str], str] = {}
    for one in planned_targets(facts):
        concerned = [source for source in sources if one.name in source.file.layers]
        if concerned:
            places[one.component, f"{one.path}.weight"] = one.name
        shifting = next((source for source in concerned if source.bias_delta(one.name) is not None), None)
        if shifting and not one.has_bias:
            raise UserError(
                f"'{shifting.file.path}' changes the bias of layer '{one.name}', which has none in '{facts.name}': a "
                "checkpoint can't hold it. Choose the base that it was trained on.",
                f"“{shifting.file.path}”改变了层“{one.name}”的偏置，而“{facts.name}”中该层没有偏置，无法写入底模。"
                "请选择训练时所用的底模。",
            )
        if shifting:
            places[one.component, f"{one.path}.bias"] = one.name
    return places


def _sum_of(changes: Sequence[Tensor], name: str, sources: Sequence[Source]) -> Tensor:
    change = sum(changes[1:], changes[0])
    require_finite(change, name, next(source.file.path for source in sources if name in source.file.layers))
    return change


def _markers(facts: BaseFacts) -> dict[str, Tensor]:
    """What tells readers how the base predicts, where its own file doesn't and the user did."""
    told = find_base(str(facts.path))[1]
    if (told.prediction, told.zero_terminal_snr) == (facts.prediction, facts.zero_terminal_snr):
        return {}
    return markers_of({"prediction_type": facts.prediction, "rescale_betas_zero_snr": facts.zero_terminal_snr})


def _configs(facts: BaseFacts) -> str:
    """What a folder says of its components and shapes don't tell."""
    configs = {name: dict(part.config) for name, part in facts.components.items()}
    return json.dumps({name: {k: v for k, v in one.items() if v is not None} for name, one in configs.items()})


def _metadata(facts: BaseFacts, sources: Sequence[Source], out: Path) -> dict[str, str]:
    header = next(iter(facts.components["unet"].parts.values())).header
    own = dict(header.metadata) if facts.path.is_file() else {CONFIGS: _configs(facts)}
    own.pop("modelspec.hash_sha256", None)
    files = [source.file for source in sources]
    step = {
        "action": "merge into base",
        "base": about_base(facts),
        "from": about_sources(files, [source.weight for source in sources]),
    }
    return own | as_strings(
        {
            "format": "pt",
            "modelspec.title": out.stem,
            "modelspec.prediction_type": "epsilon" if facts.prediction == "epsilon" else "v",
            "modelspec.merged_from": ", ".join([facts.path.stem, *(file.path.stem for file in files)]),
            HISTORY: [*metadata_value(own.get(HISTORY), list), step],
        }
    )
