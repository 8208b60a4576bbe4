"""Which part of a picture a bucket shows, in the form in which SDXL is told (Podell et al., 2023, section 2.2)."""

from danlu.datasets.pictures import Box, Picture, Size
from danlu.families.base import Framing


def framing_of(picture: Picture, bucket: Size, *, flipped: bool = False) -> Framing:
    """The size of the file's picture, what `fitting.crop_and_resize` cuts off above and to the left (in pixels of the
    bucket, so that an uncut picture tells 0, 0), and the bucket. Of a flipped picture what was on the right is cut off
    on the left.
    """
    box = picture.crop or Box(0, 0, *picture.size)
    if flipped:
        box = Box(picture.size.width - box.right, box.top, picture.size.width - box.left, box.bottom)
    scale = max(bucket.width / box.size.width, bucket.height / box.size.height)
    left = box.left * scale + (box.size.width * scale - bucket.width) / 2
    top = box.top * scale + (box.size.height * scale - bucket.height) / 2
    width, height = picture.size
    return Framing(height, width, max(0, round(top)), max(0, round(left)), bucket.height, bucket.width)
