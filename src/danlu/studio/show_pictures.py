"""Show pictures of a model: previews of its run, copied with every pixel, and uploaded ones, drawn anew.

Uploaded files are decoded in child processes as a dataset's are, and only what was decoded is kept: whatever else a
file held (where a photo was taken) stays behind. Of a PNG that tells how it was drawn, that is kept on the card.
"""

import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from danlu.datasets.decode import decode_picture, opened
from danlu.datasets.formats import PICTURE_SUFFIXES
from danlu.datasets.thumbnails import tell_lost
from danlu.generation.pngtext import KEY, png_bytes, read_parameters, with_adapter_called
from danlu.kit.errors import UserError
from danlu.kit.files import write_atomically
from danlu.kit.language import Text
from danlu.kit.workers import Limits, Lost, map_limited
from danlu.rundir.layout import RunFolder
from danlu.studio.cards import PICTURES, CardPicture
from danlu.studio.problems import ProblemError
from danlu.studio.shapes.common import said
from danlu.studio.shapes.uploads import RefusedFile

MOST = 30
"""Of a model."""
_LONGEST_PX = 2048
_QUALITY = 92
_LONGEST_TEXT = 20_000


@dataclass(frozen=True)
class Drawn:
    """A show picture before it lies in its model's folder."""

    content: bytes
    suffix: str
    width: int
    height: int
    parameters: str


def previews_of(run: RunFolder, names: Sequence[str]) -> list[Path]:
    """The previews that are called so, as POSIX paths in the run's folder. Raises `ProblemError` if one isn't there."""
    there = {path.relative_to(run.root).as_posix(): path for path in run.previews.rglob("*.png") if path.is_file()}
    for name in names:
        if name not in there:
            text = Text(f"The training has no preview '{name[:200]}'.", f"该训练没有预览图“{name[:200]}”。")
            raise ProblemError(422, "invalid", text, field="previews")
    return [there[name] for name in dict.fromkeys(names)]


def keep_previews(folder: Path, previews: Sequence[Path], called: str) -> list[CardPicture]:
    """Copy previews into a model's folder, where their prompts name its file: `called`, without the ending."""
    from PIL import Image

    kept: list[CardPicture] = []
    for preview in previews:
        with Image.open(preview) as image:
            (width, height), parameters = image.size, str(image.info.get(KEY, ""))
            named = with_adapter_called(parameters, called)
            content = preview.read_bytes() if named == parameters else png_bytes(image, named)
        kept.append(_keep(folder, Drawn(content, ".png", width, height, named)))
    return kept


def keep_uploads(folder: Path, aside: Path) -> tuple[list[CardPicture], list[RefusedFile]]:
    """Draw uploaded pictures anew into a model's folder; those that can't be, with the reason."""
    paths = sorted(path for path in aside.rglob("*") if path.is_file())
    shown = {path: path.relative_to(aside).as_posix() for path in paths}
    good = [path for path in paths if path.suffix.lower() in PICTURE_SUFFIXES]
    limits = Limits()
    found = dict(map_limited(try_to_draw, good, limits=limits))
    kept: list[CardPicture] = []
    refused: list[RefusedFile] = []
    for path, name in shown.items():
        drawn = found.get(path)
        if isinstance(drawn, Drawn):
            kept.append(_keep(folder, drawn))
        else:
            refused.append(_refuse(path, name, drawn, limits))
    return kept, refused


def try_to_draw(path: Path) -> Drawn | Text:
    """An uploaded picture drawn anew, or the sentence about what is wrong with it."""
    try:
        with opened(path) as image:
            parameters = str(image.info.get(KEY, ""))[:_LONGEST_TEXT]
        picture = decode_picture(path)
    except UserError as error:
        return error.text
    picture.thumbnail((_LONGEST_PX, _LONGEST_PX))
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", quality=_QUALITY)
    return Drawn(buffer.getvalue(), ".webp", picture.width, picture.height, parameters)


def together(there: Sequence[CardPicture], more: Sequence[CardPicture]) -> list[CardPicture]:
    """Pictures with further ones, each once. Raises `ProblemError` if there are too many."""
    whole: Mapping[str, CardPicture] = {one.file: one for one in [*there, *more]}
    if len(whole) > MOST:
        text = Text(f"A model has {MOST} showcase images at most.", f"一个模型最多 {MOST} 张展示图。")
        raise ProblemError(413, "too_large", text, field="pictures")
    return list(whole.values())


def forget_others(folder: Path, pictures: Sequence[CardPicture]) -> None:
    """Delete files of pictures that aren't shown any more."""
    shown = {one.file for one in pictures}
    for path in (folder / PICTURES).glob("*"):
        if path.name not in shown:
            path.unlink(missing_ok=True)


def _keep(folder: Path, drawn: Drawn) -> CardPicture:
    """Called by its bytes: the same picture isn't shown twice, and what has a name never changes."""
    name = f"{hashlib.sha256(drawn.content).hexdigest()[:16]}{drawn.suffix}"
    write_atomically(folder / PICTURES / name, drawn.content)
    text = drawn.parameters
    return CardPicture(file=name, prompt=_prompt(text), parameters=text, width=drawn.width, height=drawn.height)


def _prompt(parameters: str) -> str:
    try:
        return read_parameters(parameters).prompt.text if parameters else ""
    except ValueError:
        return ""


def _refuse(path: Path, name: str, why: Text | Lost | None, limits: Limits) -> RefusedFile:
    if why is None:
        text = Text(f"'{name}' is no picture.", f"“{name}”不是图片。")
        return RefusedFile(source=name, why="type", text=said(text))
    told = tell_lost(name, why, limits) if isinstance(why, Lost) else why
    plain = Text(told.en.replace(str(path), name), told.zh.replace(str(path), name))
    return RefusedFile(source=name, why="damaged", text=said(plain))
