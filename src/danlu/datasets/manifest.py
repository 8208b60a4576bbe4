"""`danlu.toml` at the root of a dataset: what a folder of pictures and captions can't say.

    [concepts.NingGuang]                      [pictures."6_NingGuang/01.png"]
    trigger = "ningguang"                     crop = [12, 0, 524, 768]
    traits = ["red eyes", "hair ornament"]    repeats = 20
    repeats = 6                               excluded = true

    [pictures."6_NingGuang/01.png".views.face]
    crop = [140, 20, 396, 276]
    repeats = 10

People edit this file too: their comments, order and formatting stay when the program writes into it.
"""

import unicodedata
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from danlu.datasets.extension import EXTEND_PATTERN
from danlu.datasets.history import interrupted
from danlu.datasets.pictures import Box, Mirror
from danlu.kit.errors import UserError, nearest
from danlu.kit.files import write_atomically
from danlu.kit.language import Text
from danlu.kit.parsing import parse_toml

if TYPE_CHECKING:
    from tomlkit import TOMLDocument
    from tomlkit.items import Table

MANIFEST_NAME = "danlu.toml"
_HEADER = (
    "Facts about the pictures of this folder that their files can't say; you may edit it.",
    "本文件夹图片的附加信息（裁剪框、重复次数、触发词等），可以手动修改。",
)


class ConceptFacts(BaseModel):
    """What the manifest says of one concept; a field that isn't set leaves the folder's word standing."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    trigger: str | None = Field(default=None, min_length=1)
    """The tag that calls the concept; first in its captions.
    中文: 触发词：调用该概念的标签，放在标注最前面。"""
    traits: tuple[str, ...] | None = None
    """Tags true of every picture of the concept; left out of the captions so that the trigger takes them over.
    中文: 概念的固定特征标签；不写入标注，由触发词吸收。"""
    repeats: int | None = Field(default=None, ge=1)
    """How often each picture of the concept is trained on per epoch.
    中文: 该概念每张图片在每轮中的重复次数。"""


ViewName = Annotated[str, Field(pattern=r"^[\w-]+( [\w-]+)*$", max_length=60)]
"""Letters of any language, digits, blanks, - and _: it becomes part of a caption file's name."""


class ViewFacts(BaseModel):
    """A further view of a picture: a close-up, the upper half, the mirror image; trained on as a picture of its own.

    Its caption is `a.NAME.txt` beside `a.png` if that is there, else the picture's own.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    crop: Box | None = None
    """The part of the picture that it shows, as the picture's own `crop`; empty shows all of it.
    中文: 视图显示的区域，写法同图片的 `crop`；留空则为整张图。"""
    repeats: int | None = Field(default=None, ge=1)
    """How often the view is trained on per epoch; empty takes the picture's repeats.
    中文: 该视图在每轮中的重复次数；留空则同图片。"""
    mirror: Mirror | None = None
    """As the picture's own `mirror`, for this view alone; empty takes the picture's.
    中文: 仅用于该视图的 `mirror`，含义同图片；留空则同图片。"""


class PictureFacts(BaseModel):
    """What the manifest says of one picture."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    crop: Box | None = None
    """The part that is trained on: left, top, right, bottom in pixels of the upright picture.
    中文: 训练所用的裁剪框：左、上、右、下（像素，按 EXIF 转正后的图片）。"""
    extend: str | None = Field(default=None, pattern=EXTEND_PATTERN)
    """How the crop box is filled where it lies outside of the picture: "edge" repeats the edge, "blur" mirrors and
    blurs the picture, "#rrggbb" is a colour. Without it the box must lie within.
    中文: 裁剪框超出图片的部分如何填充："edge" 重复边缘，"blur" 镜像后模糊，"#rrggbb" 为纯色；
    不设置则裁剪框不得超出图片。"""
    repeats: int | None = Field(default=None, ge=1)
    """How often the picture is trained on per epoch, instead of its concept's repeats.
    中文: 该图片在每轮中的重复次数，优先于概念的设置。"""
    excluded: bool | None = None
    """Leave the picture out, with all its views.
    中文: 不使用这张图片及其所有视图。"""
    mirror: Mirror | None = None
    """From which side the picture is shown. true: mirrored half of the time on average, as
    dataset.augmentation.flip does for all pictures; false: never mirrored, even if the recipe flips; "always": only
    mirrored. Empty leaves it to the recipe.
    中文: 左右镜像：true 平均每两次镜像一次（同 dataset.augmentation.flip，仅对该图）；false 从不镜像，
    即使配方开启翻转；"always" 只用镜像。留空由配方决定。"""
    held_out: bool | None = None
    """Never train on the picture and its views, but measure them for validation.
    中文: 该图片及其视图不参与训练，只用于验证。"""
    views: dict[ViewName, ViewFacts] | None = None
    """Further views of the picture by their names; each is trained on beside it.
    中文: 该图片的其他视图（按名称），与图片一同训练。"""


class Manifest(BaseModel):
    """All of `danlu.toml`; pictures are named by their POSIX path relative to the dataset's root."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    concepts: dict[str, ConceptFacts] = Field(default_factory=dict)
    """Facts by the concept's name.
    中文: 按概念名称记录的信息。"""
    pictures: dict[str, PictureFacts] = Field(default_factory=dict)
    """Facts by the picture's path.
    中文: 按图片路径记录的信息。"""

    def about(self, picture: str) -> PictureFacts:
        """What it says of a picture, whichever way accents of its name are written (macOS and others differ)."""
        return self.pictures.get(picture) or self._by_nfc.get(unicodedata.normalize("NFC", picture)) or PictureFacts()

    @cached_property
    def _by_nfc(self) -> dict[str, PictureFacts]:
        return {unicodedata.normalize("NFC", name): facts for name, facts in self.pictures.items()}


def read_manifest(root: Path) -> Manifest:
    """The manifest of a dataset; an empty one if there is no file.

    Raises `UserError` naming file and place for broken TOML, an unknown key (with the nearest known one) or a value
    that makes no sense.
    """
    path = root / MANIFEST_NAME
    try:
        text = _text_of(root)
        return Manifest() if text is None else Manifest.model_validate(parse_toml(text))
    except ValidationError as error:
        raise _told(path, error) from error
    except ValueError as error:
        raise UserError(
            f"'{path}' isn't valid TOML ({error}): correct or delete it.",
            f"“{path}”不是有效的 TOML（{error}）：请修正或删除。",
        ) from error


def _text_of(root: Path) -> str | None:
    """What the file says, as it was before a change that crashed; None without a file."""
    try:
        content = interrupted(root).get(MANIFEST_NAME, (root / MANIFEST_NAME).read_bytes())
    except FileNotFoundError:
        return None
    return None if content is None else content.decode("utf-8-sig")


def update_manifest(
    root: Path,
    *,
    concepts: Mapping[str, ConceptFacts] | None = None,
    pictures: Mapping[str, PictureFacts] | None = None,
) -> None:
    """Write facts into the manifest, atomically. Raises `UserError` as `read_manifest` does, and writes nothing."""
    write_atomically(root / MANIFEST_NAME, manifest_with(root, concepts=concepts, pictures=pictures))


def manifest_with(
    root: Path,
    *,
    concepts: Mapping[str, ConceptFacts] | None = None,
    pictures: Mapping[str, PictureFacts] | None = None,
) -> str:
    """What the manifest is to hold with these facts; everything else in the file stays as it is.

    Only fields that were set on the given facts change: `PictureFacts(crop=box)` leaves repeats alone, and
    `PictureFacts(crop=None)` takes the box out. Raises `UserError` as `read_manifest` does.
    """
    import tomlkit

    read_manifest(root)
    text = _text_of(root)
    document = tomlkit.document() if text is None else tomlkit.parse(text)
    if text is None:
        for line in _HEADER:
            document.add(tomlkit.comment(line))
    for section, facts in (("concepts", concepts or {}), ("pictures", pictures or {})):
        _write_section(document, section, facts)
    return _rendered(document)


def _rendered(document: "TOMLDocument") -> str:
    """The document as text. tomlkit puts tables below dotted keys in the wrong place: there, comments are given up."""
    import tomlkit

    text, meant = tomlkit.dumps(document), document.unwrap()
    try:
        is_meant = parse_toml(text) == meant
    except ValueError:
        is_meant = False
    return text if is_meant else tomlkit.dumps(meant)


def _write_section(document: "TOMLDocument", section: str, facts: Mapping[str, BaseModel]) -> None:
    import tomlkit

    if not facts:
        return
    tables: Any = document.get(section)
    if tables is None:
        tables = tomlkit.table(is_super_table=True)
        document[section] = tables
    written = {unicodedata.normalize("NFC", name): name for name in tables}
    for name, new in facts.items():
        name = name if name in tables else written.get(unicodedata.normalize("NFC", name), name)
        if name not in tables:
            tables[name] = tomlkit.table()
        _write_fields(tables[name], new)
        if not tables[name]:
            del tables[name]


def _write_fields(table: "Table", facts: BaseModel) -> None:
    for field in sorted(facts.model_fields_set):
        value = getattr(facts, field)
        if isinstance(value, dict):
            _write_views(table, value)
        elif value is not None:
            table[field] = list(value) if isinstance(value, tuple) else value
        elif field in table:
            del table[field]


def _write_views(table: "Table", views: Mapping[str, ViewFacts]) -> None:
    """Let the table have these views and no others; those that stay as they are keep their comments."""
    import tomlkit
    from tomlkit.items import InlineTable

    if "views" not in table:
        inline = isinstance(table, InlineTable)
        table["views"] = tomlkit.inline_table() if inline else tomlkit.table(is_super_table=True)
    there: Any = table["views"]
    for name in [name for name in there if name not in views]:
        del there[name]
    for name, facts in views.items():
        if name not in there:
            there[name] = tomlkit.inline_table() if isinstance(there, InlineTable) else tomlkit.table()
        whole = {field: getattr(facts, field) for field in ViewFacts.model_fields}
        _write_fields(there[name], ViewFacts.model_construct(set(whole), **whole))
    if not views:
        del table["views"]


def _told(path: Path, error: ValidationError) -> UserError:
    """The first mistake as one sentence."""
    first = error.errors()[0]
    places = [str(part) for part in first["loc"]]
    where = ".".join(places)
    if first["type"] == "extra_forbidden":
        owner: dict[int, type[BaseModel]] = {1: Manifest, 5: ViewFacts}
        known = owner.get(len(places)) or (ConceptFacts if places[0] == "concepts" else PictureFacts)
        hint = nearest(places[-1], known.model_fields)
        return UserError(f"'{path}': there is no '{where}'; {hint.en}", f"“{path}”：没有“{where}”这一项；{hint.zh}")
    what = _FORMS.get(places[-1] if places[-1] != "[key]" else "views") if first["type"] in _OF_FORM else None
    told = what or Text(str(first["msg"]), str(first["msg"]))
    return UserError(
        f"'{path}': {where} = {first['input']!r} won't do ({told.en}).",
        f"“{path}”：{where} = {first['input']!r} 不可用（{told.zh}）。",
    )


_OF_FORM = ("string_pattern_mismatch", "string_too_long")
_FORMS = {
    "extend": Text("write 'edge', 'blur' or a colour as '#rrggbb'", "请写 'edge'、'blur' 或颜色 '#rrggbb'"),
    "views": Text(
        "a view's name has letters, digits, single blanks, - and _, 60 at most",
        "视图名称只能含文字、数字、单个空格、- 和 _，最多 60 个字符",
    ),
}
