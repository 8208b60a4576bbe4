"""A LoRA from the difference of two bases: what fine-tuning changed, as far as a rank holds it.

ΔW = W_tuned - W_base for each layer, cut by its singular values. Layers that differ by no more than rounding to the
coarser file's number format are left out. What was changed elsewhere (layers not chosen, norms, biases) is measured and
told, since no LoRA of these layers can hold it.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from danlu.adapters.algebra import Cut
from danlu.adapters.base import Preset
from danlu.adapters.files import SavePrecision
from danlu.adapters.ranked import is_wide
from danlu.adapters.targets import COMPONENTS, Target, planned_targets
from danlu.families.base import BaseFacts
from danlu.families.find import find_base
from danlu.kit.errors import UserError
from danlu.pipeline.derived import (
    CutLayer,
    Derived,
    cut_change,
    kept_share,
    require_finite,
    require_output,
    require_rank,
    write_lora,
)
from danlu.pipeline.provenance import about_base, extracted_metadata
from danlu.weights.loading import opened

OnLayer = Callable[[int, int], None]


@dataclass(frozen=True)
class Wanted:
    """Which layers are extracted, and how far they are cut."""

    cut: Cut
    targets: Preset = "attention+mlp"
    text_encoder: bool = True
    conv_rank: int | None = None
    """At most this rank for convolutions larger than 1×1; None means as for the other layers."""

    def cut_for(self, target: Target) -> Cut:
        """How far one layer is cut."""
        return replace(self.cut, rank=self.conv_rank) if self.conv_rank and is_wide(target.shape) else self.cut


@dataclass(frozen=True)
class Extracted:
    """What was written, and what it couldn't hold."""

    derived: Derived
    unchanged: int
    """Layers that are the same in both."""
    elsewhere: float
    """The share of the whole difference, ‖rest‖ / ‖all‖, that lies in tensors that weren't extracted."""


def extract_adapter(
    base: str,
    tuned: str,
    out: Path,
    wanted: Wanted,
    *,
    precision: SavePrecision = "fp16",
    on_layer: OnLayer | None = None,
) -> Extracted:
    """Write the difference of two bases as a LoRA. Raises `UserError` if they can't be compared or don't differ."""
    facts, other = find_base(base)[1], find_base(tuned)[1]
    require_output(out, [facts.path, other.path])
    _require_alike(facts, other)
    targets = _targets_of(facts, wanted)
    require_rank(wanted.cut, max(min(one.shape[0], math.prod(one.shape[1:])) for one in targets))
    layers: dict[str, CutLayer] = {}
    with _Pair(facts, other) as pair:
        for number, target in enumerate(targets, start=1):
            change = pair.difference(target.component, f"{target.path}.weight")
            if change is not None:
                require_finite(change, target.name, other.path)
                layers[target.name] = cut_change(change, wanted.cut_for(target))
            if on_layer:
                on_layer(number, len(targets))
        if not layers:
            raise UserError(
                f"'{tuned}' and '{base}' are the same in the layers asked for: there is nothing to extract. Choose "
                "other --targets, or check that these are the right files.",
                f"“{tuned}”与“{base}”在所选的层上完全相同，没有可提取的内容：请更换 --targets，或确认文件是否正确。",
            )
        rest = math.hypot(*pair.norms_beside({(one.component, f"{one.path}.weight") for one in targets}))
    whole = math.hypot(*(one.whole for one in layers.values()))
    metadata = extracted_metadata(
        facts, {name: one.factors for name, one in layers.items()}, out, _step(facts, other, wanted, layers)
    )
    derived = write_lora(out, layers, precision, metadata)
    return Extracted(derived, len(targets) - len(layers), rest / math.hypot(rest, whole))


class _Pair:
    """Two bases side by side, read one tensor at a time."""

    def __init__(self, base: BaseFacts, tuned: BaseFacts) -> None:
        self.base, self.files = base, ExitStack()
        self.readers = {
            name: tuple(self.files.enter_context(opened(facts.components[name])) for facts in (base, tuned))
            for name in _parts_of(base)
        }

    def __enter__(self) -> "_Pair":
        return self

    def __exit__(self, *_: object) -> None:
        self.files.close()

    def difference(self, component: str, name: str) -> Tensor | None:
        """W_tuned - W_base in float32; None if that is nothing but rounding."""
        before, after = (read(name) for read in self.readers[component])
        coarser = max((before.dtype, after.dtype), key=lambda dtype: torch.finfo(dtype).eps)
        if torch.equal(before.to(coarser), after.to(coarser)):
            return None
        return after.float() - before.float()

    def norms_beside(self, taken: set[tuple[str, str]]) -> Iterator[float]:
        """‖ΔW‖ of all other tensors."""
        for component in self.readers:
            for name in self.base.components[component].parts:
                if (component, name) not in taken and not name.endswith("position_ids"):
                    change = self.difference(component, name)
                    yield 0.0 if change is None else float(torch.linalg.vector_norm(change))


def _targets_of(facts: BaseFacts, wanted: Wanted) -> list[Target]:
    return [
        target
        for target in planned_targets(facts)
        if target.is_in(wanted.targets) and not target.is_norm and (wanted.text_encoder or target.component == "unet")
    ]


def _parts_of(facts: BaseFacts) -> list[str]:
    return [name for name in COMPONENTS if name in facts.components]


def _require_alike(base: BaseFacts, tuned: BaseFacts) -> None:
    """Raise `UserError` unless both have the same tensors in the same shapes."""
    if base.family != tuned.family:
        raise UserError(
            f"'{tuned.name}' ({tuned.family}) was not made from '{base.name}' ({base.family}): give two bases of one "
            "family.",
            f"“{tuned.name}”（{tuned.family}）与“{base.name}”（{base.family}）不是同一系列：请给出同一系列的两个底模。",
        )
    for part in _parts_of(base):
        before, after = base.components[part].shapes, tuned.components[part].shapes
        wrong = next((name for name, shape in before.items() if after.get(name, shape) != shape), None)
        missing = next((name for name in before if name not in after and not name.endswith("position_ids")), None)
        if wrong or missing:
            raise UserError(
                f"'{tuned.name}' was not made from '{base.name}': '{wrong or missing}' of the {part} has another shape "
                "or isn't there. Give the base that it was fine-tuned from.",
                f"“{tuned.name}”不是由“{base.name}”微调而来：{part} 的“{wrong or missing}”形状不同或不存在。"
                "请给出它微调前的底模。",
            )


def _step(base: BaseFacts, tuned: BaseFacts, wanted: Wanted, layers: Mapping[str, CutLayer]) -> dict[str, object]:
    told = {key: value for key, value in asdict(wanted.cut).items() if value is not None}
    kept = round(kept_share(layers.values()), 6)
    return {"action": "extract", "from": [about_base(tuned)], "base": about_base(base), **told, "kept": kept}
