"""Masks: found beside pictures, in a folder or in their transparency; cut as the picture is cut; refused if they don't
fit."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from danlu.datasets.decode import decode_mask
from danlu.datasets.fitting import crop_and_resize
from danlu.datasets.manifest import PictureFacts, update_manifest
from danlu.datasets.masks import MaskConfig, mask_values, with_masks
from danlu.datasets.pictures import Box, Dataset, Mask, Picture, Size
from danlu.datasets.scan import scan_dataset
from danlu.kit.errors import UserError

FILES = MaskConfig(source="files")
ALPHA = MaskConfig(source="alpha")


def draw(path: Path, size: tuple[int, int] = (32, 16), mode: str = "RGB", colour: object = "white") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, colour).save(path)  # type: ignore[arg-type]
    return path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    draw(tmp_path / "6_x" / "a.png")
    draw(tmp_path / "6_x" / "b.jpg")
    return tmp_path


def masks_of(dataset: Dataset) -> dict[str, Mask | None]:
    return {picture.name: picture.mask for picture in dataset.pictures}


def test_a_mask_beside_a_picture_is_no_picture(root: Path) -> None:
    mask = draw(root / "6_x" / "a.mask.png", mode="L")
    dataset = scan_dataset(root)
    assert masks_of(with_masks(dataset, FILES)) == {"6_x/a.png": Mask(mask, False), "6_x/b.jpg": None}
    assert (
        "1 of 2 pictures have no mask and count as a whole, as '6_x/b.jpg'" in with_masks(dataset, FILES).notices[0].en
    )
    unused = with_masks(dataset, MaskConfig())
    assert masks_of(unused) == {"6_x/a.png": None, "6_x/b.jpg": None}
    assert "1 masks, as 'a.mask.png', aren't used" in unused.notices[0].en


def test_a_folder_of_masks(root: Path, tmp_path: Path) -> None:
    one = draw(root / "masks" / "6_x" / "a.webp", mode="L")
    two = draw(root / "masks" / "6_x" / "b.mask.png", mode="L")
    dataset = scan_dataset(root, without=[(root / "masks").resolve()])
    found = with_masks(dataset, MaskConfig(source="files", folder=str(root / "masks")))
    assert masks_of(found) == {"6_x/a.png": Mask(one, False), "6_x/b.jpg": Mask(two, False)}
    assert found.notices == ()


def test_transparency_as_a_mask(root: Path) -> None:
    path = draw(root / "6_x" / "c.png", mode="RGBA", colour=(9, 9, 9, 128))
    found = with_masks(scan_dataset(root), ALPHA)
    assert masks_of(found) == {"6_x/a.png": None, "6_x/b.jpg": None, "6_x/c.png": Mask(path, True)}
    values = mask_values(found.pictures[2], Size(32, 16), Size(4, 2))
    assert values is not None and values.shape == (2, 4)
    np.testing.assert_allclose(values, 128 / 255, rtol=1e-6)


@pytest.mark.parametrize(
    ("config", "name", "said", "chinese"),
    [
        (FILES, "c.mask.png", "c.mask.png' has no picture '6_x/c'", "没有对应的图片"),
        (FILES, None, "there is no mask in", "没有蒙版"),
        (ALPHA, None, "no picture has transparency", "没有图片带透明度"),
        (MaskConfig(source="files", folder="/none"), None, "'/none' doesn't exist", "不存在"),
    ],
)
def test_masks_that_are_not_there(root: Path, config: MaskConfig, name: str | None, said: str, chinese: str) -> None:
    if name:
        draw(root / "6_x" / name, mode="L")
    with pytest.raises(UserError, match=said) as caught:
        with_masks(scan_dataset(root), config)
    assert chinese in caught.value.text.zh


def test_a_mask_of_another_shape_is_refused_and_a_smaller_one_is_not(root: Path) -> None:
    draw(root / "6_x" / "a.mask.png", (16, 16), "L")
    with pytest.raises(
        UserError, match=r"a\.mask\.png' \(16x16\) has another shape than its picture '6_x/a\.png' \(32x16\)"
    ):
        with_masks(scan_dataset(root), FILES)
    draw(root / "6_x" / "a.mask.png", (11, 5), "L")  # a third of 32x16, rounded
    assert masks_of(with_masks(scan_dataset(root), FILES))["6_x/a.png"]


def test_the_mask_of_an_excluded_picture_is_in_order(root: Path) -> None:
    for name in "ab":
        draw(root / "6_x" / f"{name}.mask.png", mode="L")
    update_manifest(root, pictures={"6_x/b.jpg": PictureFacts(excluded=True)})
    assert list(masks_of(with_masks(scan_dataset(root), FILES))) == ["6_x/a.png"]


def test_a_folder_without_its_source_is_refused() -> None:
    with pytest.raises(ValueError, match="folder has no effect without source = 'files'"):
        MaskConfig(folder="masks")


def picture_with(mask: Path, size: Size, crop: Box | None) -> Picture:
    return Picture(mask, "a.png", 0, size, 1, None, crop, Mask(mask, False))


SIDES = st.integers(8, 60)


@given(st.tuples(SIDES, SIDES), st.tuples(st.integers(1, 6), st.integers(1, 6)), st.randoms(), st.data())
def test_the_mask_lies_over_the_picture(
    tmp_path_factory: pytest.TempPathFactory,
    size: tuple[int, int],
    bucket: tuple[int, int],
    rng: object,
    data: st.DataObject,
) -> None:
    """A picture that is its own mask: what counts at a latent is how bright the picture is there, in any crop."""
    width, height = size
    left, top = data.draw(st.integers(0, width - 4)), data.draw(st.integers(0, height - 4))
    box = Box(left, top, data.draw(st.integers(left + 4, width)), data.draw(st.integers(top + 4, height)))
    y, x = np.mgrid[0:height, 0:width]
    smooth = (127 + 60 * np.sin(x / 9) + 60 * np.cos(y / 7)).astype(np.uint8)
    path = tmp_path_factory.mktemp("m") / "a.png"
    Image.fromarray(smooth).save(path)
    target = Size(bucket[0] * 8, bucket[1] * 8)
    values = mask_values(picture_with(path, Size(width, height), box), target, Size(*bucket))
    shown = np.asarray(crop_and_resize(decode_mask(path, is_alpha=False), box, target), float) / 255
    cells = shown.reshape(bucket[1], 8, bucket[0], 8).mean(axis=(1, 3))
    assert values is not None
    np.testing.assert_allclose(values, cells, atol=0.12)


def test_each_value_is_the_mean_over_its_latent(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (32, 48), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "m.png")
    whole = picture_with(tmp_path / "m.png", Size(48, 32), None)
    expected = pixels.reshape(4, 8, 6, 8).mean(axis=(1, 3)) / 255
    found = mask_values(whole, Size(48, 32), Size(6, 4))
    assert found is not None and found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    # The bucket cuts the sides off; the mask is at half the picture's size.
    half = picture_with(tmp_path / "m.png", Size(96, 64), None)
    np.testing.assert_allclose(mask_values(half, Size(32, 32), Size(4, 4)), expected[:, 1:5], rtol=1e-5)
    cropped = picture_with(tmp_path / "m.png", Size(96, 64), Box(16, 16, 48, 48))
    np.testing.assert_allclose(mask_values(cropped, Size(64, 64), Size(2, 2)), expected[1:3, 1:3], rtol=1e-5)


def test_what_a_mask_leaves_out(tmp_path: Path) -> None:
    """White painted on nothing counts where it is painted; black all over leaves nothing to learn."""
    pixels = np.zeros((16, 32, 4), np.uint8)
    pixels[..., :3] = 255
    pixels[:, :16, 3] = 255
    Image.fromarray(pixels).save(tmp_path / "m.png")
    found = mask_values(picture_with(tmp_path / "m.png", Size(32, 16), None), Size(32, 16), Size(4, 2))
    assert found is not None and found.tolist() == [[1, 1, 0, 0]] * 2
    with pytest.raises(UserError, match="leaves nothing of its picture to learn from"):
        mask_values(picture_with(tmp_path / "m.png", Size(32, 16), Box(16, 0, 32, 16)), Size(16, 16), Size(2, 2))


def test_the_orientation_of_a_mask_counts_as_the_pictures_does(tmp_path: Path) -> None:
    pixels = np.zeros((16, 32), np.uint8)
    pixels[:, :16] = 255
    exif = Image.Exif()
    exif[0x0112] = 6  # turned a quarter clockwise: what was on the left is at the top
    Image.fromarray(pixels).save(tmp_path / "m.png", exif=exif)
    found = mask_values(picture_with(tmp_path / "m.png", Size(16, 32), None), Size(16, 32), Size(2, 4))
    assert found is not None and found.tolist() == [[1, 1], [1, 1], [0, 0], [0, 0]]
