"""What `adapter.start_from` names, held against a recipe's layers before anything heavy: does it fit, and what of it is
taken. `adapters.starting` makes the tensors when the run begins.
"""

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from danlu.adapters.base import Adapter
from danlu.adapters.ranked import Factored, Ranked
from danlu.adapters.targets import choose_layers, planned_targets
from danlu.families.base import BaseFacts
from danlu.kit.errors import UserError
from danlu.kit.hashes import known_sha256
from danlu.kit.language import Text, some_of

if TYPE_CHECKING:
    from danlu.adapters.starting import Start

FIELD = "adapter.start_from"


@dataclass(frozen=True)
class StartingPoint:
    """A file that a run begins from."""

    path: Path
    sha256: str
    notes: tuple[Text, ...]
    """What of it isn't taken, and what it doesn't have."""


def find_starting_point(adapter: Adapter, facts: BaseFacts) -> StartingPoint | None:
    """The file that a recipe begins from, if it names one. Raises `UserError` if it can't begin from it."""
    if adapter.start_from is None:
        return None
    path = Path(adapter.start_from).expanduser()
    if not path.is_file():
        raise UserError(
            f"{FIELD} '{path}' doesn't exist: give an adapter file, or leave it out to start afresh.",
            f"{FIELD}“{path}”不存在：请给出 LoRA 文件，或删去该项从零开始训练。",
            field=FIELD,
        )
    status = path.stat()
    return StartingPoint(path, known_sha256(path), _notes(_Question(adapter, facts, path), status.st_mtime_ns))


def read_start(point: StartingPoint, facts: BaseFacts) -> "Start":
    """The file's layers, for the run to begin from."""
    from danlu.adapters.files import read_adapter
    from danlu.adapters.starting import Start
    from danlu.pipeline.base_weights import part_made_for

    return Start.of(part_made_for(read_adapter(point.path), facts))


class _Question:
    """What notes depend on, for a cache: a form asks again at every change of a setting."""

    def __init__(self, adapter: Adapter, facts: BaseFacts, path: Path) -> None:
        self.adapter, self.facts, self.path = adapter, facts, path
        self.key = (adapter.model_dump_json(), str(facts.path), str(path))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Question) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)


@lru_cache(maxsize=16)
def _notes(question: _Question, changed_ns: int) -> tuple[Text, ...]:  # noqa: ARG001 - a file that changed is read anew
    from danlu.adapters.files import own_tensors, read_adapter, settings_in
    from danlu.adapters.starting import OtherKindError, require_kin
    from danlu.pipeline.base_weights import part_made_for

    adapter, facts, path = question.adapter, question.facts, question.path
    file = part_made_for(read_adapter(path), facts)
    settings = settings_in(file)
    chosen = choose_layers(adapter, planned_targets(facts))
    smaller: list[str] = []
    for target, own in chosen:
        found = settings.get(target.name)
        if found is None:
            continue
        try:
            require_kin(own, found, own_tensors(found, file.layers[target.name]), target.shape)
        except OtherKindError as error:
            raise UserError(
                f"{FIELD} '{path.name}' can't be gone on from by this recipe (layer '{target.name}'): {error.why.en}.",
                f"此配方无法从 {FIELD}“{path.name}”继续（层“{target.name}”）：{error.why.zh}。",
                field=FIELD,
            ) from error
        if isinstance(own, Ranked) and isinstance(found, Factored) and found.rank > own.rank:
            smaller.append(target.name)
    names = {target.name for target, _ in chosen}
    if not names & file.layers.keys():
        raise UserError(
            f"{FIELD} '{path.name}' has none of the layers that this recipe trains: choose adapter.targets and "
            "adapter.text_encoder as that file was trained.",
            f"{FIELD}“{path.name}”中没有此配方要训练的层：请按该文件设置 adapter.targets 与 adapter.text_encoder。",
            field=FIELD,
        )
    told = [*file.notes, *_differences(path.name, names, file.layers.keys())]
    if smaller:
        told.append(
            Text(
                f"'{path.name}': {len(smaller)} layers have a higher rank than this recipe and are cut to it "
                f"({some_of(smaller).en}).",
                f"“{path.name}”：{len(smaller)} 层的 rank 高于此配方，将截取（{some_of(smaller).zh}）。",
            )
        )
    return tuple(told)


def _differences(name: str, trained: Collection[str], held: Collection[str]) -> list[Text]:
    """Layers that only one of the two has."""
    told: list[Text] = []
    if rest := [layer for layer in held if layer not in trained]:
        told.append(
            Text(
                f"'{name}': {len(rest)} layers aren't trained by this recipe, and are left out ({some_of(rest).en}).",
                f"“{name}”：有 {len(rest)} 层不在此配方的训练范围内，将略去（{some_of(rest).zh}）。",
            )
        )
    if rest := [layer for layer in trained if layer not in held]:
        told.append(
            Text(
                f"'{name}' lacks {len(rest)} layers of this recipe, which start afresh ({some_of(rest).en}).",
                f"“{name}”缺少此配方的 {len(rest)} 层，这些层从零开始（{some_of(rest).zh}）。",
            )
        )
    return told
