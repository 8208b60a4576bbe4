"""A drawing: everything that decides one picture, and up to three axes along which it changes. A file says it whole.

prompt = "mychar, smile"              [x]
size = "512x768"                      kind = "weight"
                                      values = [0, 0.5, 1]
[[adapters]]
file = "mychar.safetensors"           [y]
weight = 0.8                          kind = "seed"
                                      values = [1, 2, 3]
"""

from collections.abc import Callable, Mapping
from itertools import product
from pathlib import Path
from typing import Annotated, Any, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from danlu.datasets.pictures import Size
from danlu.families.base import BASE_PATH, MaxTokens, Prediction
from danlu.generation.axis import Axis, Cell, Stacked
from danlu.generation.prompt_options import with_options
from danlu.generation.prompts import (
    DEFAULT_SAMPLER,
    LARGEST_SEED,
    LARGEST_SIDE_PX,
    LARGEST_WEIGHT,
    LONGEST_TEXT,
    MOST_CLIP_SKIP,
    MOST_GUIDANCE,
    MOST_STEPS,
    Prompt,
    SamplerName,
)
from danlu.kit.errors import UserError
from danlu.kit.forms import form
from danlu.kit.parsing import parse_json, parse_toml
from danlu.kit.path_settings import with_absolute_paths
from danlu.kit.places import EMBEDDED_BASE
from danlu.kit.validation import empty_as_none, explain
from danlu.kit.variants import Chosen

MOST_CELLS = 400
_MOST_ADAPTERS = 16
_CONFIG = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


D = TypeVar("D", bound="Drawing")


_SIZE = form(r"^[1-9]\d{1,3}x[1-9]\d{1,3}$", "width and height, as 512x768", "是宽x高，例如 512x768")


class StackedAdapter(BaseModel):
    """An adapter of the stack; their order makes no difference.
    中文: 叠加的一个 LoRA；先后顺序不影响结果。
    """

    model_config = _CONFIG

    file: str = Field(min_length=1, max_length=4096)
    """The adapter file; a relative path begins where the drawing's file lies.
    中文: LoRA 文件；相对路径以本文件所在文件夹为起点。"""
    weight: float = Field(default=1.0, ge=-LARGEST_WEIGHT, le=LARGEST_WEIGHT)
    """How much of it is added.
    中文: 权重。"""


class Drawing(BaseModel):
    """Pictures to draw: one for each cell of a grid, or a single one without axes.
    中文: 要生成的图片：网格的每一格一张；没有轴则只有一张。
    """

    model_config = _CONFIG

    base: Annotated[str, BASE_PATH] = Field(default=EMBEDDED_BASE, min_length=1, max_length=4096)
    """The base to draw with; a relative path begins where the drawing's file lies.
    中文: 底模；相对路径以本文件所在文件夹为起点。"""
    vae: Annotated[str | None, BASE_PATH] = None
    """Another VAE for the base: a file or a folder.
    中文: 替换底模的 VAE：文件或文件夹。"""
    prediction: Prediction | None = None
    """What the base predicts, if it doesn't tell.
    中文: 底模的预测目标（底模未标明时使用）。"""
    prompt: str = Field(max_length=LONGEST_TEXT)
    """What to draw; emphasis as in A1111: (word:1.2).
    中文: 提示词；强调写法同 A1111：(word:1.2)。"""
    negative: str = Field(default="", max_length=LONGEST_TEXT)
    """What not to draw.
    中文: 反向提示词。"""
    seed: int = Field(default=0, ge=0, le=LARGEST_SEED)
    """The same seed draws the same picture.
    中文: 种子；相同的种子得到相同的图片。"""
    steps: int = Field(default=20, ge=1, le=MOST_STEPS)
    """Sampling steps.
    中文: 采样步数。"""
    cfg: float = Field(default=7.0, ge=0, le=MOST_GUIDANCE)
    """Guidance: how strictly the prompt is followed.
    中文: 提示词引导系数（CFG）。"""
    sampler: SamplerName = DEFAULT_SAMPLER
    """Sampler, named as in A1111.
    中文: 采样器，名称与 A1111 相同。"""
    size: str | None = Field(
        default=None,
        pattern=_SIZE,
    )
    """Width and height, as "512x768"; empty takes the base's own square.
    中文: 宽高，如 "512x768"；留空则用底模的原生方形尺寸。"""
    clip_skip: int = Field(default=1, ge=1, le=MOST_CLIP_SKIP)
    """1 takes the text encoder's last layer.
    中文: 1 表示取文本编码器的最后一层。"""
    max_tokens: MaxTokens = 75
    """How many tokens of a prompt are read.
    中文: 提示词最多读取的 token 数。"""
    adapters: tuple[StackedAdapter, ...] = Field(default=(), max_length=_MOST_ADAPTERS)
    """What is stacked on the base.
    中文: 叠加在底模上的 LoRA。"""
    x: Chosen[Axis] | None = None
    """What changes from column to column.
    中文: 各列之间变化的内容。"""
    y: Chosen[Axis] | None = None
    """What changes from row to row.
    中文: 各行之间变化的内容。"""
    z: Chosen[Axis] | None = None
    """What changes from one such grid to the next.
    中文: 各个网格之间变化的内容。"""

    @property
    def axes(self) -> dict[str, Axis]:
        """The axes that there are, by their names."""
        return {name: axis for name, axis in (("x", self.x), ("y", self.y), ("z", self.z)) if axis is not None}


def with_files(drawing: D, place: Callable[[str, str], str]) -> D:
    """A drawing with each of its adapter files as `place` gives it, which is told the file and its field."""
    changes: dict[str, Any] = {
        name: axis.with_files(lambda file, field=f"{name}.files": place(file, field))
        for name, axis in drawing.axes.items()
    }
    changes["adapters"] = tuple(
        one.model_copy(update={"file": place(one.file, f"adapters.{number}.file")})
        for number, one in enumerate(drawing.adapters)
    )
    return drawing.model_copy(update=changes)


class Sides(NamedTuple):
    """How many cells a grid has in each direction."""

    x: int
    y: int
    z: int


def sides_of(drawing: Drawing) -> Sides:
    """How many cells a drawing has in each direction; 1 where nothing changes."""
    return Sides(*(len(axis.labels) if axis is not None else 1 for axis in (drawing.x, drawing.y, drawing.z)))


def cells_of(drawing: Drawing, native_px: int) -> list[Cell]:
    """What is drawn in each cell: column by column, then row by row, then grid by grid.

    `native_px` is the base's own side. Raises `UserError` with the field for what can't be drawn or has no effect.
    """
    sides = sides_of(drawing)
    _require_sense(drawing, sides)
    prompt = Prompt(
        drawing.prompt,
        drawing.negative,
        drawing.seed,
        _size_of(drawing, native_px),
        drawing.steps,
        drawing.cfg,
        drawing.sampler,
        drawing.clip_skip,
        drawing.max_tokens,
    )
    first = Cell(prompt, tuple(Stacked(one.file, one.weight) for one in drawing.adapters))
    return [_cell(drawing, first, {"x": x, "y": y, "z": z}) for z, y, x in product(*map(range, reversed(sides)))]


def picture_name(number: int) -> str:
    """The file of a cell's picture, by the cell's number from 0."""
    return f"{number + 1:03d}.png"


def read_drawing(path: Path) -> Drawing:
    """Read a drawing from a TOML or JSON file, beside which relative files lie. Raises `UserError` that names
    the file and the key.
    """
    try:
        text = path.read_text("utf-8-sig")
        values: Any = parse_json(text) if path.suffix.lower() == ".json" else parse_toml(text)
    except (FileNotFoundError, IsADirectoryError) as error:
        raise UserError(f"file '{path}' doesn't exist: check the path.", f"文件“{path}”不存在：请检查路径。") from error
    except ValueError as error:
        raise UserError(
            f"'{path}' isn't valid TOML or JSON: {error}.", f"“{path}”不是有效的 TOML 或 JSON：{error}。"
        ) from error
    if not isinstance(values, Mapping):
        raise UserError(f"'{path}' holds no settings.", f"“{path}”中没有设置。")
    try:
        drawing = Drawing.model_validate(empty_as_none(values, Drawing))
    except ValidationError as error:
        raise explain(error, Drawing, f"'{path}'") from error
    folder = path.absolute().parent
    return with_absolute_paths(with_files(drawing, lambda file, _: str(folder / file)), folder)


def _cell(drawing: Drawing, cell: Cell, places: Mapping[str, int]) -> Cell:
    for name, axis in drawing.axes.items():
        try:
            cell = axis.change(cell, places[name])
        except UserError as error:
            field = f"{name}.{error.field}"
            raise UserError(f"'{field}': {error.text.en}", f"“{field}”：{error.text.zh}", field=field) from error
    try:
        prompt = with_options(cell.prompt)
    except UserError as error:
        raise UserError(error.text.en, error.text.zh, field="prompt") from error
    return Cell(prompt, tuple(one for one in cell.adapters if one.file))


def _require_sense(drawing: Drawing, sides: Sides) -> None:
    subjects: dict[str, str] = {}
    for name, axis in drawing.axes.items():
        if other := subjects.get(axis.subject):
            raise UserError(
                f"'{name}' and '{other}' change the same ({axis.title.en}): choose something else for one of them.",
                f"“{name}”与“{other}”变化的是同一项（{axis.title.zh}）：请更换其中之一。",
                field=f"{name}.kind",
            )
        subjects[axis.subject] = name
    count = sides.x * sides.y * sides.z
    if count > MOST_CELLS:
        raise UserError(
            f"the grid would have {sides.x} × {sides.y} × {sides.z} = {count} pictures, and {MOST_CELLS} is the most: "
            "take fewer values.",
            f"网格共有 {sides.x} × {sides.y} × {sides.z} = {count} 张图片，上限为 {MOST_CELLS} 张：请减少取值。",
            field=max(drawing.axes, key=lambda name: len(drawing.axes[name].labels)),
        )


def _size_of(drawing: Drawing, native_px: int) -> Size:
    if drawing.size is None:
        return Size(native_px, native_px)
    width, _, height = drawing.size.partition("x")
    size = Size(int(width), int(height))
    if max(size) > LARGEST_SIDE_PX:
        raise UserError(
            f"size {size} is too large: a side may have {LARGEST_SIDE_PX} pixels.",
            f"尺寸 {size} 过大：边长最多 {LARGEST_SIDE_PX} 像素。",
            field="size",
        )
    return size
