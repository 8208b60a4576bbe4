"""Which pictures can really be read: a file whose header is sound may be cut short further on.

Each file is decoded once, in child processes with limits; that one is sound is remembered with its thumbnail.
"""

from collections.abc import Sequence
from dataclasses import replace

from danlu.datasets.pictures import Dataset, Problem
from danlu.datasets.thumbnails import thumbnails_of
from danlu.kit.language import Text

_SHOWN = 20


def without_broken(dataset: Dataset) -> Dataset:
    """The dataset less the pictures whose pixels can't be read, which become problems as those that the scan found."""
    looked_at = thumbnails_of(picture.path for picture in dataset.files)
    broken = {path: found for path, found in looked_at.items() if isinstance(found, Text)}
    if not broken:
        return dataset
    problems = [Problem(one.name, broken[one.path]) for one in dataset.files if one.path in broken]
    kept = tuple(picture for picture in dataset.pictures if picture.path not in broken)
    return replace(dataset, pictures=kept, problems=(*dataset.problems, *problems))


def tell_broken(problems: Sequence[Problem]) -> list[Text]:
    """Which pictures are left out because they can't be read, each by its name."""
    if not problems:
        return []
    names = [problem.name for problem in problems[:_SHOWN]]
    more = len(problems) - len(names)
    en, zh = ", ".join(f"'{name}'" for name in names), "、".join(f"“{name}”" for name in names)
    rest = Text(f" and {more} more", f" 等 {len(problems)} 张") if more else Text("", "")
    first = problems[0].text
    return [
        Text(
            f"{len(problems)} pictures that can't be read are left out: {en}{rest.en}. The first: {first.en}",
            f"跳过了 {len(problems)} 张无法读取的图片：{zh}{rest.zh}。第一张：{first.zh}",
        )
    ]
