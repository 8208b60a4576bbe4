"""Pictures as they come from the world: sound ones that look like attacks, and attacks that look like pictures."""

from pathlib import Path

import pytest
from PIL import Image, ImageCms, PngImagePlugin

from danlu.datasets.decode import decode_picture


@pytest.mark.parametrize("kind", ["zTXt", "iTXt", "iCCP"])
def test_long_texts_and_profiles_in_a_png_are_no_damage(tmp_path: Path, kind: str) -> None:
    about = PngImagePlugin.PngInfo()
    options: dict[str, object] = {"pnginfo": about}
    if kind == "zTXt":
        about.add_text("workflow", "x" * 2_000_000, zip=True)
    elif kind == "iTXt":
        about.add_itxt("XML:com.adobe.xmp", "y" * 2_000_000, zip=True)
    else:
        profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
        options["icc_profile"] = profile + bytes(2_000_000)
    Image.new("RGB", (16, 16), "teal").save(tmp_path / "a.png", **options)
    assert decode_picture(tmp_path / "a.png").size == (16, 16)
