"""A drawing's grid with its labels as one picture: columns and rows are named, grids follow one below the other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw

from danlu.generation.axis import Axis
from danlu.generation.drawing import Drawing, sides_of
from danlu.generation.sheet import GAP_PX, PAPER, text_height, text_width, wrap, write
from danlu.kit.language import Text

LARGEST_SIDE_PX, LARGEST_AREA_PX = 16_000, 40_000_000
"""Beyond these, other programs refuse to open a picture; the cells are made smaller instead."""
MISSING = (226, 224, 219)
_SMALLEST_CELL_PX = 32
_NAMES_PX = 160
"""How wide the names of rows may be."""


@dataclass(frozen=True)
class _Layout:
    """Where things stand, in pixels."""

    cell: tuple[int, int]
    margin: int
    """On the left, for the rows' names."""
    width: int
    rows: Sequence[str]
    """Their names."""

    def left(self, column: int) -> int:
        return self.margin + column * (self.cell[0] + GAP_PX)


def draw_grid_sheet(drawing: Drawing, pictures: Sequence[Path | None], say: Callable[[Text], str] = str) -> Image.Image:
    """The pictures of a drawing's cells, in their order (None: not drawn), under its prompt and beside its values;
    `say` chooses the language.
    """
    sides = sides_of(drawing)
    columns, rows, grids = (_names(axis, count, say) for axis, count in zip(_axes(drawing), sides, strict=True))
    layout = _lay_out(_size_of(pictures), columns, rows, len(grids))
    heading = wrap(drawing.prompt, layout.width - 2 * GAP_PX)
    titles = [wrap(name, layout.width - 2 * GAP_PX) for name in grids]
    names = [wrap(name, layout.cell[0]) for name in columns]
    above = text_height(max(len(lines) for lines in names))
    height = len(rows) * (layout.cell[1] + GAP_PX) + above
    top = GAP_PX + text_height(len(heading))
    total = top + sum(height + text_height(len(lines)) for lines in titles)
    sheet = Image.new("RGB", (layout.width, total), PAPER)
    pen = ImageDraw.Draw(sheet)
    write(pen, (GAP_PX, GAP_PX // 2), heading)
    for number, lines in enumerate(titles):
        write(pen, (GAP_PX, top), lines)
        top += text_height(len(lines))
        for column, texts in enumerate(names):
            write(pen, (layout.left(column), top), texts)
        first = number * sides.x * sides.y
        _paste(sheet, top + above, layout, pictures[first : first + sides.x * sides.y])
        top += height
    return sheet


def _paste(sheet: Image.Image, top: int, layout: _Layout, pictures: Sequence[Path | None]) -> None:
    pen = ImageDraw.Draw(sheet)
    width, height = layout.cell
    columns = len(pictures) // len(layout.rows)
    for row, name in enumerate(layout.rows):
        y = top + row * (height + GAP_PX)
        lines = wrap(name, layout.margin - 2 * GAP_PX)
        write(pen, (GAP_PX, y + max(0, (height - text_height(len(lines))) // 2)), lines)
        for column, path in enumerate(pictures[row * columns : (row + 1) * columns]):
            x = layout.left(column)
            if path is None:
                pen.rectangle((x, y, x + width - 1, y + height - 1), fill=MISSING)
                continue
            with Image.open(path) as picture:
                small = _fitted(picture, layout.cell)
            sheet.paste(small, (x + (width - small.width) // 2, y + (height - small.height) // 2))


def _lay_out(size: tuple[int, int], columns: Sequence[str], rows: Sequence[str], grids: int) -> _Layout:
    across, down = len(columns) * size[0], len(rows) * grids * size[1]
    scale = min(1.0, LARGEST_SIDE_PX / across, LARGEST_SIDE_PX / down, (LARGEST_AREA_PX / (across * down)) ** 0.5)
    width, height = (max(_SMALLEST_CELL_PX, int(side * scale)) for side in size)
    lines = [line for name in rows for line in wrap(name, _NAMES_PX)]
    margin = 2 * GAP_PX + max(map(text_width, lines)) if lines else GAP_PX
    return _Layout((width, height), margin, margin + len(columns) * (width + GAP_PX), rows)


def _axes(drawing: Drawing) -> tuple[Axis | None, ...]:
    return drawing.x, drawing.y, drawing.z


def _names(axis: Axis | None, count: int, say: Callable[[Text], str]) -> list[str]:
    if axis is None:
        return [""] * count
    return [say(Text(f"{axis.title.en}: {label.en}", f"{axis.title.zh}：{label.zh}")) for label in axis.labels]


def _size_of(pictures: Sequence[Path | None]) -> tuple[int, int]:
    for path in pictures:
        if path is not None:
            with Image.open(path) as picture:
                return picture.size
    return 64, 64


def _fitted(picture: Image.Image, cell: tuple[int, int]) -> Image.Image:
    scale = min(cell[0] / picture.width, cell[1] / picture.height)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    whole = picture.convert("RGB")
    return whole if size == picture.size else whole.resize(size, Image.Resampling.LANCZOS, reducing_gap=3)
