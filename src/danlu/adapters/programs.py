"""What each program does with a certain file: its layers, planned or read, become traits, which meet their limits.

Read by plans, `danlu inspect`, models' cards and docs/concepts/adapters.md.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from danlu.adapters.base import Adapter
from danlu.adapters.kinds.full import Full
from danlu.adapters.kinds.ia3 import IA3
from danlu.adapters.kinds.loha import LoHa
from danlu.adapters.kinds.lokr import LoKr
from danlu.adapters.kinds.norm import Norm
from danlu.adapters.kinds.oft import OFT
from danlu.adapters.program_limits import IMPLIED, LIMITS, PROGRAMS, Limit, Outcome, Program, Trait
from danlu.adapters.ranked import Convolving, Decomposable
from danlu.kit.language import Text

if TYPE_CHECKING:
    from danlu.adapters.files import AdapterFile
    from danlu.adapters.targets import Target


@dataclass(frozen=True)
class Loading:
    """What one program does with a file."""

    program: Program
    outcome: Outcome
    limits: tuple[Limit, ...]

    @property
    def worst(self) -> Limit:
        """The limit that makes the outcome."""
        return next((one for one in self.limits if one.outcome == self.outcome), self.limits[0])


def loadings(traits: Iterable[Trait], family: str) -> list[Loading]:
    """What each program does with a file of these traits, for bases of a family."""
    held = set(traits)
    found: list[Loading] = []
    for program in PROGRAMS:
        met = tuple(one for one in LIMITS if program in one.programs and one.trait in held and family in one.families)
        found.append(Loading(program, _outcome(met, held), met))
    return found


def _outcome(met: Sequence[Limit], held: set[Trait]) -> Outcome:
    passed_over = {one.trait for one in met if one.outcome == "nothing"}
    rest = {trait for trait in held - passed_over if passed_over.isdisjoint(IMPLIED.get(trait, ()))}
    if any(one.outcome == "refused" for one in met) or (passed_over and not rest):
        return "refused"
    return "partly" if met else "whole"


def tell_losses(traits: Iterable[Trait], family: str, *, planned: bool) -> list[Text]:
    """One sentence for each thing that programs don't do with a file, those with the same limit together; for one that
    is only planned, also what to do.
    """
    told: dict[tuple[Text, Text], list[Program]] = {}
    for loading in loadings(traits, family):
        if loading.limits:
            told.setdefault((loading.worst.what, loading.worst.way), []).append(loading.program)
    return [
        Text(
            f"{', '.join(names)}: {what.en}{f'; {way.en}' if planned else ''}.",
            f"{'、'.join(names)}：{what.zh}{f'；{way.zh}' if planned else ''}。",
        )
        for (what, way), names in told.items()
    ]


@dataclass(frozen=True)
class Held:
    """What counts of one layer."""

    name: str
    adapter: Adapter
    is_convolution: bool
    is_tucker: bool
    is_low_rank: bool
    """Of LoKr's larger matrix."""


def planned_layers(chosen: "Iterable[tuple[Target, Adapter]]") -> Iterator[Held]:
    """The layers that a training will write."""
    for target, adapter in chosen:
        shape = target.shape
        low = isinstance(adapter, LoKr) and "w2" not in adapter.shapes(shape)
        tucker = (
            isinstance(adapter, Convolving) and (low or not isinstance(adapter, LoKr)) and adapter.uses_tucker(shape)
        )
        yield Held(target.name, adapter, len(shape) == 4, tucker, low)


def filed_layers(file: "AdapterFile") -> Iterator[Held]:
    """The layers of a file."""
    from danlu.adapters.files import settings_in

    for name, adapter in settings_in(file).items():
        convolution = any(tensor.ndim == 4 for tensor in file.layers[name].values())
        low = isinstance(adapter, LoKr) and not adapter.full_matrix
        yield Held(name, adapter, convolution, isinstance(adapter, Convolving) and adapter.tucker, low)


def traits_of(layers: Iterable[Held]) -> set[Trait]:
    """What a file holds, by its layers."""
    return {trait for layer in layers for trait in _traits(layer)}


def _traits(layer: Held) -> Iterator[Trait]:
    is_text, adapter = layer.name.startswith("lora_te"), layer.adapter
    if isinstance(adapter, Norm):
        yield "norms_text" if is_text else "norms"
        if not adapter.biases:
            yield "bare_norms"
    elif isinstance(adapter, Full):
        yield "full"
    elif isinstance(adapter, IA3):
        yield "ia3"
        if is_text:
            yield "ia3_text"
        if layer.is_convolution:
            yield "ia3_convolutions"
    elif isinstance(adapter, OFT):
        yield "oft"
        if adapter.rescale:
            yield "oft_rescale"
    else:
        yield from _ranked_traits(layer)


def _ranked_traits(layer: Held) -> Iterator[Trait]:
    adapter = layer.adapter
    product = isinstance(adapter, LoHa | LoKr)
    if isinstance(adapter, LoHa):
        yield "loha"
    if isinstance(adapter, LoKr):
        yield "lokr"
        if layer.is_low_rank:
            yield "lokr_low_rank"
        if layer.is_tucker:
            yield "lokr_tucker"
    if layer.is_tucker:
        yield "tucker"
    if isinstance(adapter, Decomposable) and adapter.dora:
        yield "dora_product" if product else "dora"
        if layer.is_tucker and not product:
            yield "dora_tucker"
