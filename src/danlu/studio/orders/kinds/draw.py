"""Ordering a drawing."""

from typing import Literal

from danlu.generation.drawing import Drawing, cells_of, with_files
from danlu.generation.prompts import check_prompt
from danlu.jobs.kinds.draw import DrawOrder
from danlu.kit.errors import UserError
from danlu.studio.adapters import find_adapter_of, require_family
from danlu.studio.bases import FoundBase, find_base_of
from danlu.studio.context import Studio
from danlu.studio.orders.base import NewJob, Placed


class NewDrawing(Drawing, NewJob):
    """Pictures to draw. `base` is the id of one, each adapter's `file` a reference from `GET /adapters`.
    中文: 要出的图。
    """

    kind: Literal["draw"] = "draw"

    def place(self, studio: Studio, owner: str) -> Placed:
        """With a base and adapters that are here and fit each other."""
        if self.vae is not None:
            raise UserError("another VAE can't be chosen here.", "此处不能更换 VAE。", field="vae")
        base = find_base_of(studio, owner, self.base, field="base")
        files: dict[str, str] = {}

        def look_up(reference: str, field: str) -> str:
            found = find_adapter_of(studio, owner, reference, field)
            require_family(found, base, field)
            files[reference] = str(found.path)
            return reference

        with_files(self, look_up)
        values = self.model_dump(exclude={"kind"})
        native = f"{base.facts.native_px}x{base.facts.native_px}"
        drawing = Drawing.model_validate({**values, "base": base.id, "size": self.size or native})
        _require_drawable(drawing, base)
        return Placed(DrawOrder(drawing=drawing, base_path=base.path, files=files), None)


def _require_drawable(drawing: Drawing, base: FoundBase) -> None:
    """Raise `UserError` for a grid that makes no sense, or pictures that the base can't draw."""
    for prompt in dict.fromkeys(cell.prompt for cell in cells_of(drawing, base.facts.native_px)):
        if prompt.clip_skip > base.facts.max_clip_skip:
            most = base.facts.max_clip_skip
            raise UserError(
                f"clip skip {prompt.clip_skip} doesn't exist: this base goes up to {most}.",
                f"没有 Clip skip {prompt.clip_skip}：该底模最多为 {most}。",
                field="clip_skip",
            )
        try:
            check_prompt(prompt, step_px=base.facts.drawn_step_px)
        except UserError as error:
            raise UserError(error.text.en, error.text.zh, field="size") from error
