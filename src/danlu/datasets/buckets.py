"""Buckets: the few sizes that pictures are brought to, so that those of one batch fit together.

All buckets have about the area of the base's square; a picture takes the one whose aspect is nearest to its own, so
that little is cut. Formulas §1.1 with one change: aspects are compared by |ln AR|, which treats tall and wide alike.
Pictures that mustn't be enlarged take smaller buckets; buckets with too few pictures are given up.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field, model_validator

from danlu.datasets.pictures import Dataset, Picture, Size
from danlu.kit.errors import UserError
from danlu.kit.language import Text
from danlu.kit.quantities import percent

CUT_NOTICE = 0.2
"""A picture that loses more than this part of its area to its bucket is worth telling."""
UPSCALE_NOTICE = 1.25
"""A picture that is enlarged more than this is worth telling."""


class BucketConfig(BaseModel):
    """Which sizes pictures are trained at.
    中文: 分桶：图片按宽高比归入的训练尺寸。
    """

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    resolution: int | None = Field(default=None, ge=32, le=8192)
    """Side in pixels of the square whose area all buckets have about; default: the base's native size.
    中文: 训练分辨率：各桶面积约等于这个边长（像素）的正方形；默认取底模的原生尺寸。
    Label: Resolution / 训练分辨率"""
    enabled: bool = True
    """Sort pictures into buckets by their shape; off: every picture is cut to the square.
    中文: 启用分桶：按图片长宽比分组；关闭则全部裁成正方形。
    Label: Use buckets / 启用分桶"""
    smallest: int | None = Field(default=None, ge=32, le=8192)
    """Smallest side of a bucket in pixels; default: half the resolution.
    中文: 桶的最短边（像素）；默认为分辨率的一半。
    Label: Smallest side / 最小边长"""
    largest: int | None = Field(default=None, ge=32, le=16384)
    """Largest side of a bucket in pixels; default: twice the resolution.
    中文: 桶的最长边（像素）；默认为分辨率的两倍。
    Label: Largest side / 最大边长"""
    step: int | None = Field(default=None, ge=8, le=1024)
    """Sides of buckets are multiples of this many pixels; default: what the base asks for.
    中文: 桶的边长必须是这个数的整数倍（像素）；默认按底模要求。
    Label: Side step / 边长步进"""
    enlarge: bool = True
    """Enlarge pictures that are smaller than their bucket; off: such a picture takes a smaller bucket of about its
    shape and is scaled down to it, so that nothing is made up and hardly anything cut (kohya's bucket_no_upscale cuts).
    中文: 放大小于所在桶的图片；关闭则这类图片改用形状相近的较小的桶，只缩小、不放大，几乎不裁切
    （kohya 的 bucket_no_upscale 会裁掉边缘）。
    Label: Enlarge small pictures / 放大小图"""
    fewest: int = Field(default=1, ge=1, le=1000)
    """Buckets with fewer pictures than this are given up: their pictures take the nearest bucket that others use,
    unless more than a fifth of their area would be cut off there. About the batch size keeps batches full.
    中文: 图片少于该数量的桶会被取消，其中的图片改用其他图片所在的最相近的桶，除非那样要裁掉五分之一以上的面积。
    设为批次大小左右可让批次装满。
    Label: Fewest pictures per bucket / 每桶最少图片数"""

    @model_validator(mode="after")
    def _there_are_buckets(self) -> "BucketConfig":
        for name, is_set in (("enlarge", not self.enlarge), ("fewest", self.fewest > 1)):
            if is_set and not self.enabled:
                raise ValueError(
                    f"{name} has no effect with enabled = false, which cuts every picture to the square: leave it out."
                    f"|enabled = false 时所有图片都裁成正方形，{name} 不起作用：请删去。"
                )
        return self


@dataclass(frozen=True)
class Arrangement:
    """Which bucket each picture of a dataset takes, by the picture's index, and what the user should know."""

    buckets: tuple[Size, ...]
    sizes: tuple[Size, ...]
    """All sizes there were to choose from."""
    warnings: tuple[Text, ...]


def bucket_sizes(side_px: int, *, smallest: int, largest: int, step: int) -> list[Size]:
    """All buckets of about side² pixels with sides in [smallest, largest] and multiples of `step`, sorted.

    `smallest` is rounded down and `largest` up to a multiple of `step`; the square is always there (formulas §1.1).
    """
    area = side_px * side_px
    smallest = max(step, smallest // step * step)
    largest = -(-largest // step) * step
    square = max(step, side_px // step * step)
    found = {Size(square, square)}
    for width in range(smallest, largest + 1, step):
        height = min(largest, area // width // step * step)
        if height >= smallest:
            found |= {Size(width, height), Size(height, width)}
    return sorted(found)


def choose_bucket(size: Size, sizes: Sequence[Size]) -> Size:
    """The bucket for a picture: its own size if listed, else the nearest aspect by |ln AR|; first one wins ties."""
    if size in sizes:
        return size
    aspect = _log_aspect(size)
    return min(sorted(sizes), key=lambda bucket: abs(_log_aspect(bucket) - aspect))


def choose_smaller(size: Size, step: int) -> Size:
    """A bucket with sides that are multiples of `step` (one at least) which a picture fills without being enlarged: of
    all there are, the one that cuts off and scales away least. What is cut counts double, so that it is never more than
    if both sides were cut down to their multiples (formulas §1.3).
    """
    widths, heights = (range(step, max(step, side // step * step) + 1, step) for side in size)
    # For each width, only the heights around the picture's own shape come into question.
    own_shape = ((width, round(width * size.height / size.width / step)) for width in widths)
    near = {
        Size(width, min(max(step, (multiple + off) * step), heights[-1]))
        for width, multiple in own_shape
        for off in (-1, 0, 1)
    }
    return min(sorted(near), key=lambda bucket: 2 * area_lost(size, bucket) + abs(1 - enlargement(size, bucket)))


def area_lost(size: Size, bucket: Size) -> float:
    """The part (0 to 1) of a picture's area that is cut off when it fills its bucket."""
    return 1 - math.exp(-abs(_log_aspect(size) - _log_aspect(bucket)))


def enlargement(size: Size, bucket: Size) -> float:
    """The factor by which a picture is scaled to fill its bucket; above 1 it is enlarged."""
    return max(bucket.width / size.width, bucket.height / size.height)


def sizes_for(config: BucketConfig, *, native_px: int, step_px: int) -> list[Size]:
    """The sizes that the settings allow for a base of this native size and step, sorted.

    Raises `UserError` for settings that the base can't take or that contradict each other.
    """
    step = config.step or step_px
    side = config.resolution or native_px
    if step % step_px:
        raise UserError(
            f"buckets.step = {step} won't do: this base needs sides that are multiples of {step_px}.",
            f"buckets.step = {step} 不可用：该底模要求边长为 {step_px} 的整数倍。",
            field="dataset.buckets.step",
        )
    if side < step:
        raise UserError(
            f"buckets.resolution = {side} is smaller than one step of {step} px: choose at least {step}.",
            f"buckets.resolution = {side} 小于一个步长（{step} 像素）：请至少设为 {step}。",
            field="dataset.buckets.resolution",
        )
    if not config.enabled:
        return [Size(side // step * step, side // step * step)]
    smallest = config.smallest or max(step, round(side / 2 / step) * step)
    largest = config.largest or max(step, round(side * 2 / step) * step)
    if not smallest <= side <= largest:
        raise UserError(
            f"The resolution {side} must lie between buckets.smallest = {smallest} and buckets.largest = {largest}.",
            f"必须满足 buckets.smallest（{smallest}）≤ 分辨率（{side}）≤ buckets.largest（{largest}）。",
            field="dataset.buckets.resolution",
        )
    return bucket_sizes(side, smallest=smallest, largest=largest, step=step)


def arrange(dataset: Dataset, config: BucketConfig, *, native_px: int, step_px: int) -> Arrangement:
    """Choose a bucket for every picture (its crop box counts as its size), and warn of what costs quality.

    `native_px` and `step_px` are the base's facts. Raises `UserError` for settings that the base can't take.
    """
    sizes = sizes_for(config, native_px=native_px, step_px=step_px)
    chosen = [choose_bucket(picture.framed_size, sizes) for picture in dataset.pictures]
    if not config.enlarge:
        step = config.step or step_px
        chosen = [
            choose_smaller(picture.framed_size, step) if enlargement(picture.framed_size, bucket) > 1 else bucket
            for picture, bucket in zip(dataset.pictures, chosen, strict=True)
        ]
    framed = [picture.framed_size for picture in dataset.pictures]
    buckets = tuple(_give_up_small(framed, chosen, config))
    pairs = list(zip(dataset.pictures, buckets, strict=True))
    warnings = [*_warn_of_enlargement(pairs), *_warn_of_cuts(pairs), *_warn_of_lone_pictures(pairs)]
    return Arrangement(buckets, tuple(sizes), tuple(warnings))


def _give_up_small(framed: Sequence[Size], chosen: Sequence[Size], config: BucketConfig) -> list[Size]:
    """The buckets of pictures of these sizes, those with too few pictures given up one by one, the emptiest first."""
    buckets, kept = list(chosen), set[Size]()
    while True:
        counts = Counter(buckets)
        small = [bucket for bucket, count in counts.items() if count < config.fewest and bucket not in kept]
        if not small:
            return buckets
        given_up = min(small, key=lambda bucket: (counts[bucket], bucket))
        moved = {
            index: _best_other(framed[index], counts.keys() - {given_up}, config)
            for index, bucket in enumerate(buckets)
            if bucket == given_up
        }
        if None in moved.values():
            kept.add(given_up)
            continue
        for index, other in moved.items():
            buckets[index] = other or given_up


def _best_other(size: Size, others: Iterable[Size], config: BucketConfig) -> Size | None:
    """The bucket in use that cuts least of a picture; None if all cut much, or would enlarge it where that is off."""
    fitting = [
        bucket
        for bucket in sorted(others)
        if area_lost(size, bucket) <= CUT_NOTICE and (config.enlarge or enlargement(size, bucket) <= 1)
    ]
    return min(fitting, key=lambda bucket: (area_lost(size, bucket), -bucket.width * bucket.height), default=None)


def _log_aspect(size: Size) -> float:
    # The difference of two logarithms, not the logarithm of a quotient: a size and its mirror then tie exactly.
    return math.log(size.width) - math.log(size.height)


def _warn_of_enlargement(pairs: Sequence[tuple[Picture, Size]]) -> list[Text]:
    enlarged = [(enlargement(picture.framed_size, bucket), picture, bucket) for picture, bucket in pairs]
    enlarged = [each for each in enlarged if each[0] > UPSCALE_NOTICE]
    if not enlarged:
        return []
    factor, picture, bucket = max(enlarged, key=lambda each: each[0])
    return [
        Text(
            f"{len(enlarged)} of {len(pairs)} pictures are enlarged to fill their bucket, '{picture.name}' "
            f"({picture.framed_size}) the most, by {factor:.1f} to {bucket}: larger originals would be sharper, or set "
            "dataset.buckets.enlarge = false.",
            f"{len(pairs)} 张图片中有 {len(enlarged)} 张要放大才能填满所在的桶，放大最多的是“{picture.name}”"
            f"（{picture.framed_size}，放大 {factor:.1f} 倍到 {bucket}）：换更大的原图会更清晰，"
            "或设置 dataset.buckets.enlarge = false。",
        )
    ]


def _warn_of_cuts(pairs: Sequence[tuple[Picture, Size]]) -> list[Text]:
    cut = [(area_lost(picture.framed_size, bucket), picture, bucket) for picture, bucket in pairs]
    cut = [each for each in cut if each[0] > CUT_NOTICE]
    if not cut:
        return []
    lost, picture, bucket = max(cut, key=lambda each: each[0])
    return [
        Text(
            f"{len(cut)} of {len(pairs)} pictures lose more than {percent(CUT_NOTICE)} of their area to their bucket, "
            f"'{picture.name}' ({picture.framed_size}) the most, {percent(lost)} in {bucket}: crop them by hand, or "
            "widen buckets.smallest and buckets.largest.",
            f"{len(pairs)} 张图片中有 {len(cut)} 张在分桶时被裁掉超过 {percent(CUT_NOTICE)} 的面积，"
            f"最多的是“{picture.name}”"
            f"（{picture.framed_size} 在 {bucket} 中损失 {percent(lost)}）：请手动裁剪，或放宽 buckets.smallest 和 "
            "buckets.largest。",
        )
    ]


def _warn_of_lone_pictures(pairs: Sequence[tuple[Picture, Size]]) -> list[Text]:
    """Many buckets with a single picture each: they never share a batch, and each size is rarely trained."""
    counts = Counter(bucket for _, bucket in pairs)
    lone = sum(count == 1 for count in counts.values())
    if lone < 3 or lone * 2 <= len(counts):
        return []
    return [
        Text(
            f"{lone} of {len(counts)} buckets hold a single picture: crop the pictures to fewer shapes, or set "
            "dataset.buckets.fewest = 2.",
            f"{len(counts)} 个桶中有 {lone} 个只有一张图片：请把图片裁成更少的几种比例，"
            "或设置 dataset.buckets.fewest = 2。",
        )
    ]
