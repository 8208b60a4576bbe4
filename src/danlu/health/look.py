"""One look at a picture: decoded once, it is shared by all checks that measure it.

This module needs numpy, OpenCV and PIL; import it where it is used.
"""

import base64
import io
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from danlu.datasets.decode import decode_with_alpha, opened, read_orientation
from danlu.health.sharpness import Softness, softness_by_scale

GREY_PX = 1536
"""Long side at which sharpness is looked at: hardly any bucket of Stable Diffusion is longer."""
SMALL_PX = 256
THUMBNAIL_PX = 240


@dataclass(frozen=True)
class Header:
    """What a file says of itself."""

    format: str
    mode: str
    """PIL's mode, as RGB, CMYK, P."""
    bits: int
    """Bits of a channel: 8 or 16."""
    orientation: int
    """EXIF's, 1 (upright) to 8."""
    profile: str | None
    """The name of the colour profile."""
    frames: int


@dataclass(frozen=True)
class Look:
    """A picture: its header, and its upright RGB pixels at full size."""

    header: Header
    image: Image.Image
    transparent: float
    """The part (0 to 1) of its area that isn't opaque."""

    @cached_property
    def pixels(self) -> NDArray[np.uint8]:
        """(height, width, 3)."""
        return np.asarray(self.image)

    @cached_property
    def softness(self) -> list[Softness]:
        """How soft its edges are, at full size (at most `GREY_PX`) and each half of that."""
        grey, scale = np.asarray(self.image.convert("L")), min(1.0, GREY_PX / max(self.image.size))
        return softness_by_scale(_averaged(grey, scale), scale)

    @cached_property
    def small(self) -> Image.Image:
        """The picture with a short side of at most `SMALL_PX`."""
        return Image.fromarray(_averaged(self.pixels, min(1.0, SMALL_PX / min(self.image.size))))

    @cached_property
    def thumbnail(self) -> str:
        """A small JPEG in base64."""
        small = self.small.copy()
        small.thumbnail((THUMBNAIL_PX, THUMBNAIL_PX))
        content = io.BytesIO()
        small.save(content, "JPEG", quality=80)
        return base64.b64encode(content.getvalue()).decode()


def look_at(path: Path) -> Look:
    """Decode a picture. Raises `UserError` if it can't be decoded."""
    header = _read_header(path)
    image, alpha = decode_with_alpha(path)
    transparent = 0.0 if alpha is None else 1 - alpha.histogram()[255] / (alpha.width * alpha.height)
    return Look(header, image, transparent)


def _averaged(pixels: NDArray[np.uint8], scale: float) -> NDArray[np.uint8]:
    """Pixels scaled down, each new one the mean of those that it covers."""
    size = (max(1, round(scale * pixels.shape[1])), max(1, round(scale * pixels.shape[0])))
    return pixels if scale == 1 else np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def _read_header(path: Path) -> Header:
    with opened(path) as image:
        return Header(
            format=image.format or "",
            mode=image.mode,
            bits=16 if image.mode.startswith("I") or _is_deep_png(path) else 8,
            orientation=read_orientation(path),
            profile=_profile_name(image),
            # A phone's JPEG may carry a second picture (MPO), which is no film.
            frames=1 if image.format == "MPO" else int(getattr(image, "n_frames", 1)),
        )


def _is_deep_png(path: Path) -> bool:
    """PIL doesn't tell: it reads 16-bit colours as 8-bit ones. The depth stands in a PNG's first chunk."""
    with path.open("rb") as file:
        head = file.read(25)
    return head.startswith(b"\x89PNG") and head[24] == 16


def _profile_name(image: Image.Image) -> str | None:
    content = image.info.get("icc_profile")
    if not content:
        return None
    try:
        profile: Any = ImageCms.ImageCmsProfile(io.BytesIO(content))
        return str(profile.profile.profile_description or "?").strip()
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None
