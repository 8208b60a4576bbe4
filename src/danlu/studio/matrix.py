"""Previews of a run as a matrix: a row for each place of the run, a column for each prompt."""

import re
from pathlib import Path

from danlu.generation.pngtext import read_parameters
from danlu.rundir.layout import RunFolder
from danlu.store.records import RunRecord
from danlu.studio.runs import file_url
from danlu.studio.shapes.runs import PreviewMatrix, PreviewPicture, PreviewRow

_FOLDER = re.compile(r"(\d{3,})(?:-step(\d{8,}))?")


def preview_matrix(run: RunRecord, folder: RunFolder) -> PreviewMatrix:
    """The base's pictures first, then those of each epoch and of the steps within, in the order of training."""
    rows: list[tuple[tuple[int, int], PreviewRow]] = []
    folders = [one for one in folder.previews.iterdir() if one.is_dir()] if folder.previews.is_dir() else []
    for place in folders:
        found = _FOLDER.fullmatch(place.name)
        if not found and place.name != "base":
            continue
        epoch, step = (int(found[1]), int(found[2]) if found[2] else None) if found else (None, None)
        pictures = _pictures(run, folder, place)
        order = (-1, 0) if epoch is None else (epoch, 10**12 if step is None else step)
        rows.append((order, PreviewRow(epoch=epoch, step=step, pictures=pictures)))
    rows.sort(key=lambda row: row[0])
    shown = [row for _, row in rows]
    return PreviewMatrix(prompts=_prompts(shown), rows=shown)


def _pictures(run: RunRecord, folder: RunFolder, place: Path) -> list[PreviewPicture | None]:
    """By their number, from 1; one that is missing leaves its place empty."""
    numbered = {int(one.stem): one for one in place.glob("*.png") if one.stem.isdecimal()}
    return [_picture(run, folder, numbered.get(number)) for number in range(1, max(numbered, default=0) + 1)]


def _picture(run: RunRecord, folder: RunFolder, path: Path | None) -> PreviewPicture | None:
    if path is None:
        return None
    from PIL import Image

    with Image.open(path) as image:
        width, height = image.size
        text = str(image.info.get("parameters", ""))
    parameters = read_parameters(text)
    return PreviewPicture(
        prompt=parameters.prompt.text,
        url=file_url(run, path.relative_to(folder.root).as_posix()),
        width=width,
        height=height,
        seed=parameters.prompt.seed,
        parameters=text,
    )


def _prompts(rows: list[PreviewRow]) -> list[str]:
    """By place in the row: the prompt that any row has there."""
    count = max((len(row.pictures) for row in rows), default=0)
    prompts: list[str] = []
    for index in range(count):
        cells = [row.pictures[index] for row in rows if index < len(row.pictures)]
        prompts.append(next((one.prompt for one in reversed(cells) if one), ""))
    return prompts
