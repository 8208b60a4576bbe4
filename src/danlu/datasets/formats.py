"""Which files are pictures that can be read, told from their names; and the decoders that are let near them."""

import importlib
import importlib.util
from functools import cache

from danlu.kit.language import Text

_HEIC_READER = next((name for name in ("pi_heif", "pillow_heif") if importlib.util.find_spec(name)), None)
"""Phones' HEIC pictures are read if one of these is installed; the extra `heic` brings the first."""
HEIC_SUFFIXES = frozenset({".heic", ".heif", ".hif"})
PICTURE_SUFFIXES = frozenset(
    {".png", ".jpg", ".jpeg", ".jfif", ".webp", ".bmp", ".gif", ".avif", ".tif", ".tiff"}
    | (HEIC_SUFFIXES if _HEIC_READER else set())
)
UNREAD_SUFFIXES = frozenset({*HEIC_SUFFIXES, ".jxl", ".psd", ".svg"}) - PICTURE_SUFFIXES
"""Pictures too, but none that can be trained on."""


_LONGEST_PNG_TEXT = 2**26
"""PIL takes a PNG with 1 MiB of packed text for an attack, but workflows and XMP in sound pictures are longer."""


@cache
def readable_formats() -> tuple[str, ...]:
    """What files with those names are in practice, as PIL calls it; nothing else is handed to a decoder."""
    from PIL import PngImagePlugin

    PngImagePlugin.MAX_TEXT_CHUNK = PngImagePlugin.MAX_TEXT_MEMORY = _LONGEST_PNG_TEXT
    if _HEIC_READER:
        importlib.import_module(_HEIC_READER).register_heif_opener()
    return ("PNG", "JPEG", "WEBP", "BMP", "GIF", "AVIF", "TIFF", *(("HEIF",) if _HEIC_READER else ()))


def way_out(suffix: str) -> Text:
    """What to do about a picture of a kind that isn't read."""
    if suffix.lower() in HEIC_SUFFIXES:
        return Text(
            "install Danlu's extra `heic` (`pip install pi-heif`) or save it as JPEG",
            "请安装 heic 附加依赖（`pip install pi-heif`），或另存为 JPEG",
        )
    return Text("save it as PNG", "请另存为 PNG")
