"""Ordering a merge."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from danlu.jobs.kinds.merge import MergeOrder, Rank, WeightedFile
from danlu.store.folder import file_stem
from danlu.studio.adapters import find_adapter_of, require_family
from danlu.studio.bases import FoundBase, find_base_of
from danlu.studio.context import Studio
from danlu.studio.orders.base import NewJob, Placed

FileName = Annotated[str, Field(min_length=1, max_length=100, pattern=r"\S")]
Reference = Annotated[str, Field(max_length=300)]


class WeightedAdapter(BaseModel):
    """An adapter by its reference from `GET /adapters`, and how much of it is taken."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: Reference
    weight: Annotated[float, Field(ge=-10, le=10)] = 1.0


class NewMerge(NewJob):
    """Adapters to add up.
    中文: 要合并的 LoRA。
    """

    kind: Literal["merge"] = "merge"
    name: FileName
    """What the new file is called."""
    adapters: Annotated[tuple[WeightedAdapter, ...], Field(min_length=1, max_length=20)]
    base: str | None = None
    """Id of their base: needed for kinds other than LoRA."""
    rank: Rank | None = None
    """Cut the sum to this rank; null keeps all of it."""

    def place(self, studio: Studio, owner: str) -> Placed:
        """Of adapters that are here and fit each other."""
        base = find_base_of(studio, owner, self.base, field="base") if self.base is not None else None
        files = tuple(
            WeightedFile(path=find_fitting(studio, owner, one.file, base, field=f"adapters.{at}"), weight=one.weight)
            for at, one in enumerate(self.adapters)
        )
        stem = file_stem(self.name, "merged")
        return Placed(MergeOrder(stem=stem, adapters=files, base_path=base and base.path, rank=self.rank), None)


def find_fitting(studio: Studio, owner: str, reference: str, base: FoundBase | None, *, field: str) -> str:
    """Where the adapter file of a reference lies. Raises `ProblemError` if it is gone, `UserError` if it was made for
    another family than the base's.
    """
    found = find_adapter_of(studio, owner, reference, field)
    if base is not None:
        require_family(found, base, field)
    return str(found.path)
