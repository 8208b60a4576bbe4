"""Masks: which parts of a picture count while it is trained on.

In: grey pictures (white counts, black doesn't), beside the pictures or in a folder of their own, or the pictures' own
transparency. Out: for each picture where its mask is, and the mask as it lies over the picture's latents: cut as the
picture is cut, each value the mean over the area that one latent covers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, model_validator

from danlu.datasets.decode import decode_mask, has_alpha, read_size
from danlu.datasets.file_kinds import masked_stem, stem_key
from danlu.datasets.fitting import shown_box
from danlu.datasets.formats import PICTURE_SUFFIXES
from danlu.datasets.pictures import Dataset, Mask, Picture, Size
from danlu.kit.errors import UserError
from danlu.kit.language import Text
from danlu.kit.path_settings import PathSetting

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class MaskConfig(BaseModel):
    """Which parts of the pictures count.
    中文: 蒙版：图片的哪些部分参与训练。
    """

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    source: Literal["none", "files", "alpha"] = "none"
    """Where it is told which parts of a picture count: "files" reads a grey picture for each, `NAME.mask.png` beside it
    (or as other programs name theirs), of which white counts and black doesn't; "alpha" takes the picture's own
    transparency. A picture of which a tenth counts teaches a tenth as much; one without a mask counts as a whole.
    中文: 图片哪些部分参与训练："files" 读取旁边的灰度图 `文件名.mask.png`（也认其他程序的命名；
    白色参与，黑色不参与）；"alpha" 用图片自身的透明度。只有十分之一参与的图片，影响也只有十分之一；
    没有蒙版的图片整张参与。
    Label: Mask source / 蒙版来源"""
    folder: Annotated[str | None, PathSetting()] = None
    """A folder of masks under the names of their pictures (and the same folders within), instead of masks beside them.
    中文: 蒙版文件夹：其中的文件与图片同名（子文件夹也相同），代替图片旁边的蒙版。
    Label: Mask folder / 蒙版文件夹"""

    @model_validator(mode="after")
    def _folder_is_used(self) -> "MaskConfig":
        if self.folder is not None and self.source != "files":
            raise ValueError(
                "folder has no effect without source = 'files': leave it out, or set that too."
                "|没有 source = 'files' 时 folder 不起作用：请删去，或一并设置。"
            )
        return self


def with_masks(dataset: Dataset, config: MaskConfig) -> Dataset:
    """The dataset with the masks of its pictures, and what the user should know of them.

    Raises `UserError` if there are none though they are asked for, for a mask without a picture, and for one of
    another shape than its picture.
    """
    if config.source == "none":
        return replace(dataset, notices=(*dataset.notices, *_tell_unused(dataset.masks)))
    masks = _alphas(dataset) if config.source == "alpha" else _files(dataset, config)
    pictures = tuple(replace(picture, mask=masks.get(stem_key(picture.file_name))) for picture in dataset.pictures)
    for picture in pictures:
        _require_same_shape(picture)
    if not any(picture.mask for picture in pictures):
        raise _none_found(dataset, config)
    return replace(dataset, pictures=pictures, notices=(*dataset.notices, *_tell_bare(pictures)))


def mask_values(picture: Picture, bucket: Size, latents: Size) -> "NDArray[np.float32] | None":
    """How much each latent of a picture counts, (h, w) of `latents`, 0 to 1; None if it has no mask.

    Raises `UserError` if nothing counts of what the bucket shows.
    """
    import numpy as np
    from PIL import Image

    if picture.mask is None:
        return None
    mask = decode_mask(picture.mask.path, is_alpha=picture.mask.is_alpha)
    if picture.crop and not picture.crop.lies_within(picture.size):
        # What was made up around a picture isn't learnt: PIL fills with 0 beyond the edge.
        mask = mask.resize(picture.size, Image.Resampling.BOX).crop(picture.crop)
        whole, crop = picture.crop.size, None
    else:
        whole, crop = picture.size, picture.crop
    across, down = mask.width / whole.width, mask.height / whole.height
    left, top, right, bottom = shown_box(whole, crop, bucket)
    box = (left * across, top * down, min(right * across, mask.width), min(bottom * down, mask.height))
    values = np.asarray(mask.convert("F").resize(latents, Image.Resampling.BOX, box=box), np.float32) / np.float32(255)
    if not values.any():
        raise UserError(
            f"The mask '{picture.mask.path}' leaves nothing of its picture to learn from: make white (or opaque) what "
            "counts, or exclude the picture.",
            f"蒙版“{picture.mask.path}”没有留下任何参与训练的部分：请把参与的部分涂白（或设为不透明），或排除该图片。",
        )
    return values


def _files(dataset: Dataset, config: MaskConfig) -> dict[str, Mask]:
    found = dataset.masks if config.folder is None else _walk(Path(config.folder))
    known = {stem_key(picture.file_name) for picture in dataset.pictures}
    for name in found.keys() - known:
        _require_picture(dataset.root, name, found[name])
    return {name: Mask(path, is_alpha=False) for name, path in found.items()}


def _alphas(dataset: Dataset) -> dict[str, Mask]:
    return {
        stem_key(picture.name): Mask(picture.path, is_alpha=True)
        for picture in dataset.files
        if has_alpha(picture.path)
    }


def _walk(folder: Path) -> dict[str, Path]:
    """The masks of a folder by their pictures' names without suffix."""
    if not folder.is_dir():
        raise UserError(
            f"dataset.masks.folder: the folder '{folder}' doesn't exist; correct the path, or leave it out.",
            f"dataset.masks.folder：文件夹“{folder}”不存在；请改正路径或删去该项。",
        )
    paths = (path for path in sorted(folder.rglob("*")) if path.suffix.lower() in PICTURE_SUFFIXES)
    return {masked_stem(path.relative_to(folder).as_posix()): path for path in paths}


def _require_picture(root: Path, name: str, mask: Path) -> None:
    """Excluded pictures aren't in the dataset, but their masks are in order."""
    folder, stem = (root / name).parent, PurePosixPath(name).name
    beside = folder.iterdir() if folder.is_dir() else []
    if not any(stem_key(path.name) == stem and path.suffix.lower() in PICTURE_SUFFIXES for path in beside):
        raise UserError(
            f"The mask '{mask}' has no picture '{name}': rename or remove it.",
            f"蒙版“{mask}”没有对应的图片“{name}”：请改名或删除。",
        )


def _require_same_shape(picture: Picture) -> None:
    if picture.mask is None or picture.mask.is_alpha:
        return
    mask, size = read_size(picture.mask.path), picture.size
    # A smaller mask is rounded to whole pixels in one direction.
    by_width, by_height = mask.width / size.width, mask.height / size.height
    if abs(mask.height - by_width * size.height) > 1 and abs(mask.width - by_height * size.width) > 1:
        raise UserError(
            f"The mask '{picture.mask.path}' ({mask}) has another shape than its picture '{picture.name}' ({size}): "
            "make it as wide and as high, or smaller in both directions alike.",
            f"蒙版“{picture.mask.path}”（{mask}）与图片“{picture.name}”（{size}）的长宽比不同：请改为同样大小，或等比缩小。",
        )


def _none_found(dataset: Dataset, config: MaskConfig) -> UserError:
    if config.source == "alpha":
        return UserError(
            "dataset.masks.source = 'alpha', but no picture has transparency: save them as PNG or WebP with an alpha "
            "channel, or set dataset.masks.source = 'none'.",
            "dataset.masks.source = 'alpha'，但没有图片带透明度：请另存为带 alpha 通道的 PNG 或 WebP，"
            "或设置 dataset.masks.source = 'none'。",
        )
    place = config.folder or dataset.root
    return UserError(
        f"dataset.masks.source = 'files', but there is no mask in '{place}': put `NAME.mask.png` beside the pictures, "
        "name a folder in dataset.masks.folder, or set dataset.masks.source = 'none'.",
        f"dataset.masks.source = 'files'，但“{place}”中没有蒙版：请在图片旁放置 `文件名.mask.png`，"
        "或用 dataset.masks.folder 指定文件夹，或设置 dataset.masks.source = 'none'。",
    )


def _tell_bare(pictures: Sequence[Picture]) -> list[Text]:
    bare = [picture for picture in pictures if picture.mask is None]
    if not bare:
        return []
    return [
        Text(
            f"{len(bare)} of {len(pictures)} pictures have no mask and count as a whole, as '{bare[0].name}'.",
            f"{len(pictures)} 张图片中有 {len(bare)} 张没有蒙版，整张参与训练（如“{bare[0].name}”）。",
        )
    ]


def _tell_unused(masks: Mapping[str, Path]) -> list[Text]:
    if not masks:
        return []
    first = next(iter(masks.values())).name
    return [
        Text(
            f"{len(masks)} masks, as '{first}', aren't used: set dataset.masks.source = 'files' to use them.",
            f"有 {len(masks)} 个蒙版未使用（如“{first}”）：要使用请设置 dataset.masks.source = 'files'。",
        )
    ]
