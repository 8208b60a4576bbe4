"""The page of a caption check: each picture beside what its caption draws, the worst captions first."""

from pathlib import Path
from typing import Any

from PIL import Image

from danlu.datasets.augmentation import shown_part
from danlu.datasets.scan import scan_dataset
from danlu.experiments.captions import CaptionCheck
from danlu.kit.files import write_atomically
from danlu.kit.language import language, pick
from danlu.kit.quantities import percent
from danlu.pipeline.gallery import data_of

LARGEST_PX = 320


def write_caption_page(check: CaptionCheck, root: Path, path: Path) -> None:
    """Write a page that holds everything within itself: no network, no script, the user's language, light and dark."""
    from jinja2 import Environment, PackageLoader

    loader = PackageLoader("danlu.experiments", ".")
    template = Environment(loader=loader, autoescape=True).get_template("captions.html.jinja")
    drawn_with = ", ".join([check.base, *check.adapters])
    page = template.render(
        lang="zh-CN" if language() == "zh" else "en",
        title=pick(f"Captions of {root.resolve().name}", f"{root.resolve().name} 的标注检查"),
        said=pick(
            f"Each caption was drawn with {drawn_with}. A distance of 1 means that the drawing comes no nearer to the "
            "picture than drawings of other captions do: such a caption says little of its picture, or says it wrong.",
            f"每条标注都用 {drawn_with} 出了图。距离为 1 表示：所出的图并不比其他标注的图更接近原图，"
            "这样的标注没有说明图片内容，或者写错了。",
        ),
        words={
            "distance": pick("distance", "距离"),
            "looks": pick("looks", "外观"),
            "contents": pick("contents", "内容"),
            "missing": pick("not in the drawing", "出图中没有"),
            "invented": pick("only in the drawing", "只在出图中"),
        },
        rows=_rows(check, root),
        notices=[str(notice) for notice in check.notices],
    )
    write_atomically(path, page)


def _rows(check: CaptionCheck, root: Path) -> list[dict[str, Any]]:
    pictures = {picture.name: picture for picture in scan_dataset(root).pictures}
    rows: list[dict[str, Any]] = []
    for one in check.captions:
        picture = pictures[one.name]
        image = shown_part(picture)
        rows.append(
            {
                **one.model_dump(mode="json"),
                "picture": data_of(image, LARGEST_PX),
                "drawn": [_drawing(path) for path in one.drawings],
                "width": percent(min(one.distance, 1.5) / 1.5),
            }
        )
    return rows


def _drawing(path: Path) -> str:
    with Image.open(path) as drawing:
        return data_of(drawing.convert("RGB"), LARGEST_PX)
