"""The zip that a newcomer comes with: 40 pictures of the sample character, in every state that pictures are found in.

Made from the pictures that ship with Danlu, the same bytes each time. Names are written as Chinese Windows does: in GBK
where that can hold them, else in UTF-8.
"""

import io
import zipfile
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from danlu.kit.places import data_folder

TOP = "丹炉 素材"
CORRUPT, TRUNCATED = "坏 了.png", "断 了.jpg"
TWINS = {"副本/01 (1).png": "原图/01.png", "副本/备份 🎨.png": "原图/角色 05.png"}
"""Byte for byte the same as the other."""
NEAR_TWINS = {"副本/重新保存.jpg": "原图/02.png", "副本/略小.png": "原图/03.png", "副本/亮一点.png": "原图/04.png"}
ANIMATED = "动图/眨眼.gif"
ROTATED = {"手机 📱/IMG_2041.JPG": 6, "手机 📱/IMG_2042.JPG": 8, "手机 📱/IMG_2043.JPG": 3}
"""EXIF orientations."""
CAPTIONS = {
    "原图/01.txt": ("character, smile, 微笑的角色", "gb18030"),
    "原图/角色 05.txt": ("character, glasses, 戴眼镜，蓝色背景", "gb18030"),
    "手机 📱/IMG_2041.txt": ("character, photo, 手机照片", "utf-8"),
    "特殊/透明.txt": ("character, transparent background", "utf-8-sig"),
}
RUBBISH = ("__MACOSX/._01.png", "原图/.DS_Store", "原图/Thumbs.db", "__MACOSX/原图/01.png")
NOTE = "说明.txt"
"""A text that belongs to no picture."""


def make_mixed_zip(folder: Path) -> Path:
    """Write the zip into a folder; returns its path."""
    files = _pictures() | {name: text.encode(encoding) for name, (text, encoding) in CAPTIONS.items()}
    files |= {NOTE: "这些图片来自我的手机和网盘。".encode("gb18030")}
    files |= dict.fromkeys(RUBBISH, b"rubbish")
    path = folder / "我的 角色 🎨.zip"
    path.write_bytes(_zipped({f"{TOP}/{name}": content for name, content in files.items()}))
    return path


def picture_names() -> list[str]:
    """The names of the 40 pictures, below the zip's only folder."""
    return sorted(_pictures())


@cache
def _pictures() -> dict[str, bytes]:
    found = {f"原图/{_plain_name(number)}": _sample_bytes(number) for number in range(1, 13)}
    found |= {name: found[same] for name, same in TWINS.items()}
    found |= {
        "副本/重新保存.jpg": _saved(_sample(2), "JPEG", quality=80),
        "副本/略小.png": _saved(_sample(3).resize((200, 200)), "PNG"),
        "副本/亮一点.png": _saved(_sample(4).point(lambda value: min(255, value + 6)), "PNG"),
    }
    for number, (name, orientation) in enumerate(ROTATED.items(), 1):
        found[name] = _phone_picture(_close_up(number).resize((900, 1200)), orientation)
    found |= {f"特写/近景 {number}.png": _saved(_close_up(number), "PNG") for number in range(4, 10)}
    return found | _odd_ones()


def _odd_ones() -> dict[str, bytes]:
    grey_16_bit = Image.fromarray(np.asarray(_close_up(10).convert("L"), np.uint16) * 257)
    truncated = _saved(_close_up(11), "JPEG", quality=90)
    frames = [_close_up(12).transpose(Image.Transpose.FLIP_LEFT_RIGHT)]
    return {
        "特殊/透明.png": _saved(_cut_out(_sample(7, zoom=0.8)), "PNG"),
        "特殊/半透明.webp": _saved(_cut_out(_sample(8, zoom=0.7)), "WEBP", lossless=True),
        "特殊/16位 灰度.png": _saved(grey_16_bit, "PNG"),
        "特殊/印刷 CMYK.jpg": _saved(_sample(9, zoom=0.75).convert("CMYK"), "JPEG", quality=92),
        "特殊/扫描.tif": _saved(_sample(10, zoom=0.65), "TIFF", compression="tiff_lzw"),
        "特殊/网页.avif": _saved(_sample(11, zoom=0.7), "AVIF", quality=90),
        "特殊/画图.bmp": _saved(_sample(12, zoom=0.75), "BMP"),
        "特殊/名不副实.jpg": _saved(_sample(6, zoom=0.8), "PNG"),
        ANIMATED: _saved(_close_up(12), "GIF", save_all=True, append_images=frames, duration=300),
        "动图/静止.gif": _saved(_sample(5, zoom=0.65), "GIF"),
        "尺寸/很高.png": _saved(_sample(1).resize((128, 640)), "PNG"),
        "尺寸/很小 🐜.png": _saved(_sample(2, zoom=0.6).resize((40, 40)), "PNG"),
        CORRUPT: b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4,
        TRUNCATED: truncated[: len(truncated) // 3],
    }


def _plain_name(number: int) -> str:
    return f"{number:02}.png" if number < 5 else f"角色 {number:02}.png"


def _sample_bytes(number: int) -> bytes:
    return (data_folder() / "samples" / "character" / f"{number:02}.png").read_bytes()


def _sample(number: int, zoom: float = 1.0) -> Image.Image:
    """A sample picture; zoomed, its upper middle."""
    image = Image.open(io.BytesIO(_sample_bytes(number))).convert("RGB")
    width, height = round(image.width * zoom), round(image.height * zoom)
    left = (image.width - width) // 2
    return image.crop((left, 0, left + width, height))


def _close_up(number: int) -> Image.Image:
    return _sample(number, zoom=0.5).resize((256, 256), Image.Resampling.LANCZOS)


def _cut_out(image: Image.Image) -> Image.Image:
    """With a transparent ground outside of an ellipse."""
    alpha = Image.new("L", image.size, 0)
    ImageDraw.Draw(alpha).ellipse((4, 4, image.width - 4, image.height - 4), fill=255)
    image.putalpha(alpha)
    return image


def _phone_picture(upright: Image.Image, orientation: int) -> bytes:
    """What a phone stores: pixels as the sensor had them, and how to turn them."""
    undo = {3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = orientation, "Phone"
    return _saved(upright.transpose(undo[orientation]), "JPEG", quality=90, exif=exif)


def _saved(image: Image.Image, form: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def _zipped(files: dict[str, bytes]) -> bytes:
    """A zip whose names are in GBK where that can hold them; `zipfile` writes stand-ins of the same length first."""
    buffer = io.BytesIO()
    stand_ins: dict[bytes, bytes] = {}
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, (name, content) in enumerate(files.items()):
            raw = _in_gbk(name)
            if raw is not None and not raw.isascii():
                stand_in = f"@{number}@".ljust(len(raw), "_")
                stand_ins[stand_in.encode()] = raw
                name = stand_in
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    content = buffer.getvalue()
    for stand_in, raw in stand_ins.items():
        assert content.count(stand_in) == 2
        content = content.replace(stand_in, raw)
    return content


def _in_gbk(name: str) -> bytes | None:
    try:
        return name.encode("gbk")
    except UnicodeEncodeError:
        return None
