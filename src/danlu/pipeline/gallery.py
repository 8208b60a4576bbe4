"""The pictures of a report, carried within the page: previews by epoch, dataset pictures with their crop boxes."""

import base64
import io
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup, escape
from PIL import Image

from danlu.datasets.decode import decode_picture
from danlu.datasets.extension import cut_out
from danlu.datasets.pictures import Box, Picture
from danlu.datasets.scan import scan_dataset
from danlu.generation.pngtext import read_png
from danlu.kit.errors import UserError
from danlu.kit.language import pick
from danlu.rundir.layout import RunFolder

LARGEST_PREVIEW_PX = 256
MOST_COLUMNS = 12
"""More columns than this no one looks at, and each costs its pictures' bytes."""
MOST_CROPS = 60
CROP_PX = 150


@dataclass(frozen=True)
class Column:
    """One round of previews."""

    title: str
    folder: Path
    epoch: int | None = None
    """None: the base's own pictures, or those within an epoch."""


def preview_matrix(run: RunFolder, best: int | None) -> dict[str, Any] | None:
    """Rows are prompts, columns the base, the epochs and what was drawn between them; None without previews.

    With many columns some are left out evenly; the first, the last and the best always stay.
    """
    base = Column(pick("base", "底模"), run.preview_folder(None))
    columns = [column for column in [base, *_choose_columns(_columns(run), best)] if column.folder.is_dir()]
    names = sorted({path.name for column in columns for path in column.folder.glob("*.png")})
    if not names:
        return None
    return {
        "columns": [{"title": column.title, "base": column is base} for column in columns],
        "rows": [
            {
                "prompt": _prompt_of([column.folder / name for column in columns]),
                "cells": [
                    {
                        "source": _embed(column.folder / name),
                        "base": column is base,
                        "best": column.epoch is not None and column.epoch == best,
                    }
                    for column in columns
                ],
            }
            for name in names
        ],
    }


def _columns(run: RunFolder) -> list[Column]:
    """The rounds of previews in the order in which they were drawn."""
    found: list[tuple[int, float, Column]] = []
    for folder in run.previews.glob("[0-9]*"):
        if not (match := re.fullmatch(r"(\d+)(?:-step(\d+))?", folder.name)):
            continue
        epoch, step = int(match[1]), match[2]
        if step is None:
            column = Column(pick(f"epoch {epoch}", f"第 {epoch} 轮"), folder, epoch)
        else:
            column = Column(pick(f"step {int(step)}", f"第 {int(step)} 步"), folder)
        found.append((epoch, math.inf if step is None else int(step), column))
    return [column for _, _, column in sorted(found, key=lambda one: one[:2])]


def _choose_columns(columns: Sequence[Column], best: int | None) -> list[Column]:
    if len(columns) <= MOST_COLUMNS:
        return list(columns)
    step = (len(columns) - 1) / (MOST_COLUMNS - 1)
    even = {round(number * step) for number in range(MOST_COLUMNS)}
    return [column for index, column in enumerate(columns) if index in even or (column.epoch and column.epoch == best)]


def _prompt_of(paths: Sequence[Path]) -> str:
    for path in paths:
        if path.exists():
            try:
                return read_png(path).prompt.text
            except UserError:
                continue
    return ""


def _embed(path: Path) -> str:
    if not path.exists():
        return ""
    with Image.open(path) as picture:
        return data_of(picture.convert("RGB"), LARGEST_PREVIEW_PX)


def data_of(picture: Image.Image, largest_px: int) -> str:
    """A picture as a data address, scaled down if it is larger."""
    scale = min(1.0, largest_px / max(picture.size))
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    small = picture if scale == 1 else picture.resize(size, Image.Resampling.LANCZOS)
    content = io.BytesIO()
    small.save(content, "WEBP", quality=86)
    return "data:image/webp;base64," + base64.b64encode(content.getvalue()).decode()


def crop_cells(recipe: dict[str, Any]) -> list[dict[str, Any]]:
    """The dataset's pictures with boxes and captions; empty if the dataset has been moved away since."""
    try:
        dataset = scan_dataset(Path(recipe["dataset"]["path"]))
    except UserError:
        return []
    cells: list[dict[str, Any]] = []
    step = max(1, math.ceil(len(dataset.pictures) / MOST_CROPS))
    for picture in dataset.pictures[::step]:
        try:
            drawing = draw_box(picture)
        except UserError:
            continue
        cells.append(
            {
                "svg": drawing,
                "name": picture.name,
                "bucket": str(picture.framed_size),
                "caption": picture.caption or pick("no caption", "无标注"),
            }
        )
    return cells


def draw_box(picture: Picture) -> Markup:
    """The picture, extended as its crop box is, with everything outside the box dimmed."""
    width, height = picture.size
    box = picture.crop or Box(0, 0, width, height)
    shown = Box(min(0, box.left), min(0, box.top), max(width, box.right), max(height, box.bottom))
    source = data_of(cut_out(decode_picture(picture.path), shown, picture.extend), CROP_PX * 2)
    place = f'x="{shown.left}" y="{shown.top}" width="{shown.size.width}" height="{shown.size.height}"'
    hole = f"M{shown.left} {shown.top}H{shown.right}V{shown.bottom}H{shown.left}Z"
    hole += f" M{box.left} {box.top}H{box.right}V{box.bottom}H{box.left}Z"
    stroke = max(1, max(shown.size) // 75)
    turned = ' style="transform:scaleX(-1)"' if picture.is_mirrored else ""
    return Markup(  # only numbers and our own data address; the name is escaped
        f'<svg viewBox="{shown.left} {shown.top} {shown.size.width} {shown.size.height}"{turned}>'
        f'<title>{escape(picture.name)}</title><image href="{source}" {place}/>'
        f'<path d="{hole}" fill="#000" fill-opacity=".55" fill-rule="evenodd"/>'
        f'<rect x="{box.left}" y="{box.top}" width="{box.size.width}" height="{box.size.height}" fill="none" '
        f'stroke="var(--a)" stroke-width="{stroke}"/></svg>'
    )
