"""Ordering a LoRA from two bases."""

from typing import Literal

from danlu.jobs.kinds.extract import ExtractOrder
from danlu.jobs.kinds.merge import Rank
from danlu.kit.errors import UserError
from danlu.store.folder import file_stem
from danlu.studio.bases import find_base_of
from danlu.studio.context import Studio
from danlu.studio.orders.base import NewJob, Placed
from danlu.studio.orders.kinds.merge import FileName


class NewExtraction(NewJob):
    """Two bases whose difference becomes a LoRA.
    中文: 两个底模，其差异将提取为 LoRA。
    """

    kind: Literal["extract"] = "extract"
    name: FileName
    """What the new file is called."""
    tuned: str
    """Id of the base that was fine-tuned."""
    base: str
    """Id of the base that it was made from."""
    rank: Rank = 32
    """At most so much in each layer."""
    targets: Literal["attention", "attention+mlp", "full", "all"] = "attention+mlp"
    """Which layers, as `adapter.targets` in a recipe."""

    def place(self, studio: Studio, owner: str) -> Placed:
        """Of two bases that are here, of one family."""
        tuned = find_base_of(studio, owner, self.tuned, field="tuned")
        base = find_base_of(studio, owner, self.base, field="base")
        if tuned.id == base.id:
            raise UserError(
                "a base doesn't differ from itself: choose the fine-tuned base and the one that it was made from.",
                "同一个底模没有差异：请分别选择微调后的底模与原底模。",
                field="base",
            )
        if tuned.facts.family != base.facts.family:
            raise UserError(
                f"'{tuned.name}' is of {tuned.family.title}, and '{base.name}' of {base.family.title}: "
                "both must be of one family.",
                f"“{tuned.name}”属于 {tuned.family.title}，而“{base.name}”属于 {base.family.title}：两者必须同系列。",
                field="base",
            )
        stem = file_stem(self.name, "extracted")
        order = ExtractOrder(
            stem=stem, tuned_path=tuned.path, base_path=base.path, rank=self.rank, targets=self.targets
        )
        return Placed(order, None)
