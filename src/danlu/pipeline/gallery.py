"""The pictures of a report, carried within the page: previews by epoch, dataset pictures with their crop boxes."""

import base64
import io
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup, escape
from PIL import Image

from danlu.datasets.decode import decode_picture
from danlu.datasets.pictures import Box, Picture
from danlu.datasets.scan import scan_dataset
from danlu.generation.pngtext import read_png
from danlu.kit.errors import UserError
from danlu.kit.language import pick
from danlu.rundir.layout import RunFolder

LARGEST_PREVIEW_PX = 256
MOST_EPOCHS = 12
"""More columns than this no one looks at, and each costs its pictures' bytes."""
MOST_CROPS = 60
CROP_PX = 150


def preview_matrix(run: RunFolder, best: int | None) -> dict[str, Any] | None:
    """Rows are prompts, columns the base and the epochs; None without previews.

    With many epochs some are left out evenly; the first, the last and the best always stay.
    """
    folders = [path for path in sorted(run.previews.glob("[0-9]*")) if path.is_dir()] if run.previews.exists() else []
    chosen = _choose_epochs([int(path.name) for path in folders], best)
    columns = [(pick("base", "底模"), run.preview_folder(None), None)]
    columns += [(pick(f"epoch {epoch}", f"第 {epoch} 轮"), run.preview_folder(epoch), epoch) for epoch in chosen]
    columns = [column for column in columns if column[1].is_dir()]
    names = sorted({path.name for _, folder, _ in columns for path in folder.glob("*.png")})
    if not names:
        return None
    return {
        "columns": [{"title": title, "base": epoch is None} for title, _, epoch in columns],
        "rows": [
            {
                "prompt": _prompt_of([folder / name for _, folder, _ in columns]),
                "cells": [
                    {
                        "source": _embed(folder / name),
                        "base": epoch is None,
                        "best": epoch is not None and epoch == best,
                    }
                    for _, folder, epoch in columns
                ],
            }
            for name in names
        ],
    }


def _choose_epochs(epochs: Sequence[int], best: int | None) -> list[int]:
    if len(epochs) <= MOST_EPOCHS:
        return list(epochs)
    step = (len(epochs) - 1) / (MOST_EPOCHS - 1)
    even = {epochs[round(number * step)] for number in range(MOST_EPOCHS)}
    return sorted(even | {epoch for epoch in epochs if epoch == best})


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
        return _data_of(picture.convert("RGB"), LARGEST_PREVIEW_PX)


def _data_of(picture: Image.Image, largest_px: int) -> str:
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
            drawing = _draw_box(picture)
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


def _draw_box(picture: Picture) -> Markup:
    """The picture with everything outside its crop box dimmed."""
    width, height = picture.size
    box = picture.crop or Box(0, 0, width, height)
    source = _data_of(decode_picture(picture.path), CROP_PX * 2)
    hole = f"M0 0H{width}V{height}H0Z M{box.left} {box.top}H{box.right}V{box.bottom}H{box.left}Z"
    stroke = max(1, max(picture.size) // 75)
    return Markup(  # only numbers and our own data address; the name is escaped
        f'<svg viewBox="0 0 {width} {height}"><title>{escape(picture.name)}</title>'
        f'<image href="{source}" width="{width}" height="{height}"/>'
        f'<path d="{hole}" fill="#000" fill-opacity=".55" fill-rule="evenodd"/>'
        f'<rect x="{box.left}" y="{box.top}" width="{box.size.width}" height="{box.size.height}" fill="none" '
        f'stroke="var(--a)" stroke-width="{stroke}"/></svg>'
    )
