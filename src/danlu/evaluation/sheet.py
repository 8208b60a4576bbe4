"""The pictures behind an evaluation, for the eyes: the base's and the best epoch's, at the same seeds."""

from PIL import Image

from danlu.evaluation.evaluate import Evaluated
from danlu.evaluation.prompts import SET_NAMES, SetName
from danlu.generation.sheet import Tile, contact_sheet
from danlu.kit.language import pick

TITLES: dict[SetName, tuple[str, str]] = {
    "recall": ("only the trigger", "只有触发词"),
    "control": ("trigger and other tags", "触发词加其他标签"),
    "leak": ("without the trigger", "没有触发词"),
}
PAIRS = 8


def evaluation_sheet(evaluated: Evaluated, *, tile_px: int = 128) -> Image.Image:
    """A sheet of pairs of rows, the base above and the best epoch below, for each kind of prompt."""
    report = evaluated.report
    blank = Tile(Image.new("RGB", (1, 1), "white"))
    tiles: list[Tile] = []
    columns = min(PAIRS, report.settings.seeds)
    for name in SET_NAMES:
        before, after = pick("base", "底模"), pick(f"epoch {report.best_epoch}", f"第 {report.best_epoch} 轮")
        for title, pictures in ((before, evaluated.base[name]), (after, evaluated.best[name])):
            texts = [f"{title}: {text}" for text in report.prompts[name]]
            row = [Tile(picture, text) for picture, text in zip(pictures[:columns], texts, strict=False)]
            tiles += row + [blank] * (columns - len(row))
    heading = " / ".join(pick(*TITLES[name]) for name in SET_NAMES)
    return contact_sheet(tiles, columns=columns, title=f"{report.concept.trigger}: {heading}", tile_px=tile_px)
