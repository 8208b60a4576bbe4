"""Pictures as they come from the world: sound ones that look like attacks, and attacks that look like pictures."""

from pathlib import Path

import pytest
from PIL import Image, ImageCms, PngImagePlugin

from danlu.datasets.decode import decode_picture
from danlu.datasets.scan import scan_dataset
from danlu.datasets.soundness import tell_broken, without_broken


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


def test_a_picture_that_is_cut_short_behind_its_header_is_found_and_named(tmp_path: Path) -> None:
    for name in ("a", "b"):
        Image.effect_noise((64, 64), 50).save(tmp_path / f"{name}.png")
    content = (tmp_path / "b.png").read_bytes()
    (tmp_path / "b.png").write_bytes(content[: len(content) // 2])
    (tmp_path / "c.txt").write_text("x")
    dataset = scan_dataset(tmp_path)
    assert len(dataset.pictures) == 2
    sound = without_broken(dataset)
    assert [one.name for one in sound.pictures] == ["a.png"]
    assert [one.name for one in sound.problems] == ["b.png"]
    assert "'b.png'" in tell_broken(sound.problems)[0].en and tell_broken(()) == []
