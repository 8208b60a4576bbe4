"""Adapters merged into a base: W + Σ ρ_i ΔW_i for each weight, as a whole checkpoint in the original layout."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from danlu.adapters.files import DTYPES, SavePrecision
from danlu.adapters.targets import planned_targets
from danlu.families.base import BaseFacts
from danlu.families.find import find_base
from danlu.kit.files import require_space
from danlu.pipeline.base_weights import BaseWeights, open_weights, require_made_for
from danlu.pipeline.combine import OnLayer, Source, read_sources
from danlu.pipeline.derived import require_finite, require_output
from danlu.pipeline.metadata import as_strings
from danlu.pipeline.pictures import Strength
from danlu.pipeline.provenance import HISTORY, about_base, about_sources, parse_json
from danlu.weights.rewriting import rewritten_tensors
from danlu.weights.safetensor_files import write_checkpoint


@dataclass(frozen=True)
class MergedBase:
    """A checkpoint that was written."""

    path: Path
    changed: int
    """How many weights differ from the base's."""


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
    sources = read_sources(adapters)
    for source in sources:
        require_made_for(source.file, facts)
    require_space(out.parent, facts.weights_bytes)
    concerned = {name for source in sources for name in source.file.layers}
    places = {
        (one.component, f"{one.path}.weight"): one.name for one in planned_targets(facts) if one.name in concerned
    }
    done: list[str] = []
    with open_weights(facts) as weights:

        def delta(component: str, tensor: str) -> Tensor | None:
            name = places.get((component, tensor))
            if name is None:
                return None
            done.append(name)
            if on_layer:
                on_layer(len(done), len(places))
            return _sum_of(sources, name, weights)

        tensors = rewritten_tensors(facts.stored, delta)
    if precision:
        tensors = {
            name: one.to(DTYPES[precision]) if one.dtype.is_floating_point else one for name, one in tensors.items()
        }
    write_checkpoint(out, tensors, _metadata(facts, sources, out))
    return MergedBase(out, len(done))


def _sum_of(sources: Sequence[Source], name: str, weights: BaseWeights) -> Tensor:
    weight = weights(name)
    concerned = [source for source in sources if name in source.file.layers]
    deltas = [source.delta(name, weight) for source in concerned]
    change = sum(deltas[1:], deltas[0])
    require_finite(change, name, concerned[0].file.path)
    return change


def _metadata(facts: BaseFacts, sources: Sequence[Source], out: Path) -> dict[str, str]:
    header = next(iter(facts.components["unet"].parts.values())).header
    own = dict(header.metadata) if facts.path.is_file() else {}
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
            HISTORY: [*parse_json(own.get(HISTORY), list), step],
        }
    )
