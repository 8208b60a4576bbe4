"""The review sheet: every crop of a dataset on one page, the doubtful first, each with the command that changes it.

The page carries all that it shows (HTML with small JPEGs inside), so it can be kept, moved and opened anywhere. A click
into a picture puts the point into its command.
"""

import base64
import io
import shlex
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from danlu.cropping.boxes import WHOLE
from danlu.cropping.crop import Crop
from danlu.cropping.sheet import all_shown
from danlu.datasets.decode import decode_picture
from danlu.datasets.extension import cut_out
from danlu.datasets.pictures import Box
from danlu.kit.files import write_atomically
from danlu.kit.language import Text, language
from danlu.kit.quantities import percent

THUMBNAIL_PX = 280
DOUBTFUL = 0.5
"""Subjects found with a lower score are told as doubtful."""
ENLARGED = 1.005
"""Factors up to this are rounding."""


def remarks(crop: Crop) -> list[Text]:
    """What the user should know of a crop, the gravest first; empty if all is well."""
    told: list[Text] = []
    if crop.head_kept < WHOLE:
        told.append(Text(f"head cut: {percent(crop.head_kept)} kept", f"头部被裁：保留 {percent(crop.head_kept)}"))
    if crop.subject_kept < WHOLE:
        told.append(
            Text(
                f"subject cut: {percent(crop.subject_kept)} kept",
                f"主体被裁：保留 {percent(crop.subject_kept)}",
            )
        )
    if crop.upscale > ENLARGED:
        told.append(Text(f"enlarged x{crop.upscale:.2f}", f"放大 {crop.upscale:.2f} 倍"))
    if crop.outside > 0:
        told.append(
            Text(
                f"{percent(crop.outside)} of it border ({crop.extend})",
                f"{percent(crop.outside)} 为填充（{crop.extend}）",
            )
        )
    if crop.score is not None and crop.subject is None:
        told.append(Text("no subject found: centred", "未找到主体：居中裁剪"))
    elif crop.score is not None and crop.score < DOUBTFUL:
        told.append(Text(f"doubtful subject ({crop.score:.2f})", f"主体不确定（{crop.score:.2f}）"))
    if crop.was_there:
        told.append(Text("kept as it was", "沿用已有"))
    return told


def write_review(
    crops: Sequence[Crop], root: Path, out: Path, on_progress: Callable[[int, int], None] | None = None
) -> None:
    """Write the page, crops sorted by risk. Raises `UserError` if a picture can't be decoded or the disk refuses."""
    from jinja2 import Environment, PackageLoader

    cells: list[dict[str, Any]] = []
    for done, crop in enumerate(sorted(crops, key=lambda one: (-one.risk, one.name)), start=1):
        cells.append(_cell(crop, root))
        if on_progress:
            on_progress(done, len(crops))
    page = Environment(loader=PackageLoader("danlu.cropping", "."), autoescape=True).get_template("review.html.jinja")
    words = {name: str(text) for name, text in _WORDS.items()}
    risky = sum(cell["is_risky"] for cell in cells)
    title = str(Text(f"Crops of {root.name}", f"{root.name} 的裁剪"))
    write_atomically(
        out, page.render(lang=language(), title=title, words=words, cells=cells, count=len(crops), risky=risky)
    )


_WORDS = {
    "intro": Text(
        "The doubtful first. Red: what is trained on. Blue: the subject. Green: the head. Click into a picture to put "
        "that point into its command, then copy the command into a terminal.",
        "可疑的排在最前。红框：参与训练的部分；蓝框：主体；绿框：头部。点击图片可把该点写入命令，再复制到终端运行。",
    ),
    "pictures": Text("pictures", "张图片"),
    "risky": Text("to look at", "张需要查看"),
    "fine": Text("fine", "正常"),
    "take": Text("copy", "复制"),
}


def _cell(crop: Crop, root: Path) -> dict[str, Any]:
    shown = all_shown(crop)
    told = remarks(crop)
    return {
        "name": crop.name,
        "picture": _thumbnail(crop, shown),
        "view": f"{shown.left} {shown.top} {shown.size.width} {shown.size.height}",
        "shown": _rectangle(shown),
        "box": _rectangle(crop.box),
        "subject": _rectangle(crop.subject) if crop.subject else None,
        "head": _rectangle(crop.head) if crop.head else None,
        "hole": _path(shown) + _path(crop.box),
        "stroke": max(1, max(shown.size) / 110),
        "size": list(crop.size),
        "bucket": str(crop.bucket),
        "remarks": [str(text) for text in told],
        "is_risky": any(text.en != "kept as it was" for text in told),
        "command": edit_command(crop, root),
    }


def edit_command(crop: Crop, root: Path) -> str:
    """The command that would set this very box: to be changed by whoever wants another."""
    edges = ",".join(str(edge) for edge in crop.box)
    extend = f" --extend {shlex.quote(crop.extend)}" if crop.outside > 0 and crop.extend else ""
    return f"danlu dataset crop-box {shlex.quote(str(root.resolve()))} {shlex.quote(crop.name)} --box={edges}{extend}"


def _rectangle(box: Box) -> dict[str, int]:
    return {"x": box.left, "y": box.top, "width": box.size.width, "height": box.size.height}


def _path(box: Box) -> str:
    return f"M{box.left} {box.top}H{box.right}V{box.bottom}H{box.left}Z"


def _thumbnail(crop: Crop, shown: Box) -> str:
    """The picture, extended as its box is, as a data address."""
    from PIL import Image

    picture = cut_out(decode_picture(crop.path), shown, crop.extend)
    picture.thumbnail((THUMBNAIL_PX, THUMBNAIL_PX), Image.Resampling.LANCZOS, reducing_gap=2.0)
    content = io.BytesIO()
    picture.save(content, "JPEG", quality=82)
    return "data:image/jpeg;base64," + base64.b64encode(content.getvalue()).decode()
