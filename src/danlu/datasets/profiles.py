"""Colour profiles embedded in pictures: in go pixels and a profile's bytes, out come pixels in sRGB."""

import io
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL.Image import Image


def is_srgb(profile: bytes) -> bool:
    """Whether an embedded profile says that it is sRGB: converting would only add rounding."""
    from PIL import ImageCms

    try:
        source: Any = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return False
    return "srgb" in (source.profile.profile_description or "").lower()


def in_srgb(colours: "Image", profile: bytes | None) -> "Image":
    """Convert from the embedded profile; a damaged or unfitting profile is passed over, as browsers do."""
    from PIL import ImageCms

    if not profile or is_srgb(profile):
        return colours.convert("RGB")
    try:
        source: Any = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        space = source.profile.xcolor_space.strip()
        fits = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}.get(space) == colours.mode
        if fits:
            turned = ImageCms.profileToProfile(colours, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
            return turned if turned is not None else colours.convert("RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        pass
    return colours.convert("RGB")
