"""Ordering another layout."""

from typing import Literal

from danlu.jobs.kinds.convert import ConvertOrder
from danlu.store.folder import file_stem
from danlu.studio.adapters import find_adapter_of
from danlu.studio.context import Studio
from danlu.studio.orders.base import NewJob, Placed
from danlu.studio.orders.kinds.merge import FileName, Reference


class NewConversion(NewJob):
    """An adapter to write in another layout.
    中文: 要转换格式的 LoRA。
    """

    kind: Literal["convert"] = "convert"
    name: FileName
    """What the new file is called."""
    file: Reference
    to: Literal["kohya", "diffusers"]
    """Whose layout."""

    def place(self, studio: Studio, owner: str) -> Placed:
        """Of an adapter that is here."""
        found = find_adapter_of(studio, owner, self.file, "file")
        return Placed(ConvertOrder(stem=file_stem(self.name, "converted"), path=str(found.path), to=self.to), None)
