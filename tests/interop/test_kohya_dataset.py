"""`danlu dataset export`: what is trained on, as folders; read back it is the same, and originals stay as they are."""

import hashlib
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from danlu.datasets.augmentation import shown_part
from danlu.datasets.decode import decode_picture, is_plain
from danlu.datasets.manifest import ConceptFacts, PictureFacts, ViewFacts, update_manifest
from danlu.datasets.pictures import Box, Dataset
from danlu.datasets.regularization import with_class_captions
from danlu.datasets.scan import scan_dataset
from danlu.interop.kohya.incoming.recipes import import_kohya
from danlu.interop.kohya.outgoing.dataset import plan_dataset_export, write_dataset_export
from danlu.interop.kohya.outgoing.dataset_config import write_dataset_config
from danlu.kit.errors import UserError
from small_world import make_recipe

BOX = Box(2, 1, 12, 11)


def save(path: Path, seed: int, mode: str = "RGB", **options: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    channels = {"RGB": 3, "RGBA": 4, "L": 1}[mode]
    pixels = np.random.default_rng(seed).integers(0, 255, (12, 16, channels), dtype=np.uint8)
    Image.fromarray(pixels.squeeze()).save(path, **options)


def make(root: Path) -> Path:
    """Two concepts over nested folders with namesakes, and regularization; odd files and captions among them."""
    exif = Image.Exif()
    exif[0x0112] = 6
    save(root / "6_女孩" / "a.png", 1)
    save(root / "6_女孩" / "more" / "a.png", 2)
    save(root / "6_女孩" / "turned.JPG", 3, exif=exif)
    save(root / "6_女孩" / "clear.png", 4, mode="RGBA")
    save(root / "2_hat 帽" / "a.webp", 5, lossless=True)
    save(root / "2_hat 帽" / "grey.png", 6, mode="L")
    save(root / "reg" / "1_girl" / "r1.png", 7)
    save(root / "reg" / "1_girl" / "r2.png", 8)
    (root / "6_女孩" / "a.txt").write_bytes("女孩, 微笑".encode("gb18030"))
    (root / "6_女孩" / "clear.txt").write_text("one\n\ntwo", encoding="utf-8")
    (root / "reg" / "1_girl" / "r2.txt").write_text("a girl", encoding="utf-8")
    return root


def content(dataset: Dataset) -> Counter[tuple[bytes, str, int, str, bool]]:
    """What is trained on: the multiset of pixels, captions and repeats, with the concept's name."""
    named = with_class_captions(dataset)
    return Counter(
        (
            shown_part(one).tobytes(),
            one.caption or "",
            one.repeats,
            dataset.concepts[one.concept].name,
            dataset.concepts[one.concept].regularization,
        )
        for one in named.pictures
        if not one.held_out
    )


def digests(root: Path) -> dict[str, str]:
    files = (one for one in sorted(root.rglob("*")) if one.is_file())
    return {str(one): hashlib.sha256(one.read_bytes()).hexdigest() for one in files}


NAMES = ["6_女孩/a.png", "6_女孩/more/a.png", "6_女孩/turned.JPG", "2_hat 帽/a.webp", "reg/1_girl/r1.png"]
VIEWS = st.dictionaries(
    st.sampled_from(["face", "半身", "mask"]),
    st.builds(
        ViewFacts,
        crop=st.sampled_from([None, BOX]),
        repeats=st.none() | st.integers(1, 9),
        mirror=st.sampled_from([None, "always"]),
    ),
    max_size=2,
)
FACTS = st.dictionaries(
    st.sampled_from(NAMES),
    st.builds(
        PictureFacts,
        crop=st.sampled_from([None, BOX]),
        repeats=st.none() | st.integers(1, 12),
        excluded=st.sampled_from([None, None, True]),
        mirror=st.sampled_from([None, "always", True, False]),
        views=VIEWS,
    ),
)


@settings(max_examples=25)
@given(facts=FACTS)
def test_what_is_read_back_is_what_was_trained_on(
    tmp_path_factory: pytest.TempPathFactory, facts: Mapping[str, PictureFacts]
) -> None:
    folder = tmp_path_factory.mktemp("x")
    root, out = make(folder / "数据"), folder / "kohya"
    update_manifest(root, concepts={"女孩": ConceptFacts(trigger="zq", traits=("red",))}, pictures=facts)
    before, dataset = digests(root), scan_dataset(root)
    export = plan_dataset_export(dataset)
    write_dataset_export(export, out)
    write_dataset_config(export, out, None)
    again = scan_dataset(out)
    assert content(again) == content(dataset)
    assert digests(root) == before
    assert [one.name for one in folder.iterdir() if one.name.startswith(".")] == []
    assert {one.trigger for one in again.concepts if one.name == "女孩"} == (
        {"zq"} if any("女孩" in f.folder for f in export.files) else set()
    )
    for file in export.files:
        assert file.is_linked == (out / file.name).samefile(file.picture.path)


def test_what_the_config_says_is_what_is_there(tmp_path: Path, base_folder: Path) -> None:
    root, out = make(tmp_path / "数据"), tmp_path / "kohya"
    update_manifest(root, pictures={"6_女孩/a.png": PictureFacts(views={"face": ViewFacts(crop=BOX, repeats=3)})})
    recipe = make_recipe(root, base_folder, {"dataset": {"captions": {"shuffle": True}, "buckets": {"resolution": 64}}})
    export = plan_dataset_export(scan_dataset(root))
    write_dataset_export(export, out)
    assert write_dataset_config(export, out, recipe) == []
    settings_file = tmp_path / "config.toml"
    settings_file.write_text(f'dataset_config = "{(out / "dataset_config.toml").as_posix()}"\n', encoding="utf-8")
    found = import_kohya(settings_file).recipe
    assert (
        Path(found.dataset.path) == out / "img" and Path(found.dataset.regularization or "") == out / "reg" / "1_girl"
    )
    assert found.dataset.captions.shuffle and found.dataset.buckets.resolution == 64
    trained = scan_dataset(Path(found.dataset.path))
    assert Counter(one.repeats for one in trained.pictures) == {6: 4, 3: 1, 2: 2}
    assert sorted(one.name for one in (out / "img").iterdir()) == ["2_hat 帽", "3_女孩", "6_女孩"]


def test_flips_are_said_by_folder_and_never_for_a_picture_that_must_not(tmp_path: Path) -> None:
    import tomllib

    root, out = make(tmp_path / "数据"), tmp_path / "kohya"
    sides = {"2_hat 帽/a.webp": True, "2_hat 帽/grey.png": True, "6_女孩/a.png": True}
    update_manifest(root, pictures={name: PictureFacts(mirror=True) for name in sides})
    export = plan_dataset_export(scan_dataset(root))
    write_dataset_export(export, out)
    (told,) = write_dataset_config(export, out, None)
    assert told.en.startswith("1 pictures that Danlu also shows mirrored, as '6_女孩/a.png'")
    subsets = tomllib.loads((out / "dataset_config.toml").read_text("utf-8"))["datasets"][0]["subsets"]
    assert {Path(one["image_dir"]).name: one["flip_aug"] for one in subsets} == {
        "2_hat 帽": True,
        "6_女孩": False,
        "1_girl": False,
    }


def test_what_is_held_out_or_broken_is_left_out_and_told(tmp_path: Path) -> None:
    root = make(tmp_path / "数据")
    (root / "6_女孩" / "broken.png").write_bytes(b"no")
    save(root / "6_女孩" / "a.mask.png", 1, mode="L")
    update_manifest(root, pictures={"6_女孩/clear.png": PictureFacts(held_out=True)})
    export = plan_dataset_export(scan_dataset(root))
    assert [one.en.split(" ", 2)[1] for one in export.notices] == ["pictures", "pictures", "masks"]
    assert write_dataset_export(export, tmp_path / "o", copy=True) == 0
    assert not any("clear" in one.name or "broken" in one.name for one in (tmp_path / "o").rglob("*"))


def test_mistakes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = make(tmp_path / "数据")
    export = plan_dataset_export(scan_dataset(root))
    with pytest.raises(UserError, match="lies within the dataset"):
        write_dataset_export(export, root / "o")
    with pytest.raises(UserError, match="isn't empty"):
        write_dataset_export(export, tmp_path)
    with pytest.raises(UserError, match="999 at most"):
        plan_dataset_export(scan_dataset(root, repeats=1000))

    def refuse(*_: object, **__: object) -> None:
        raise OSError(28, "No space left")

    monkeypatch.setattr("shutil.copyfile", refuse)
    with pytest.raises(UserError, match="No space"):
        write_dataset_export(export, tmp_path / "o", copy=True)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["数据"]


def test_files_that_other_programs_read_otherwise(tmp_path: Path) -> None:
    root = make(tmp_path)
    plain = {one.name for one in sorted(root.rglob("*.*")) if one.suffix != ".txt" and is_plain(one)}
    assert plain == {"a.png", "a.webp", "grey.png", "r1.png", "r2.png"}
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    Image.new("RGB", (8, 8)).save(tmp_path / "profile.png", icc_profile=profile)
    Image.new("I;16", (8, 8)).save(tmp_path / "deep.png")
    Image.new("P", (8, 8)).save(tmp_path / "clear.png", transparency=0)
    assert not any(is_plain(tmp_path / name) for name in ("profile.png", "deep.png", "clear.png"))
    for mode in ("P", "1", "CMYK"):
        Image.effect_noise((8, 8), 60).convert(mode).save(tmp_path / f"{mode}.{'jpg' if mode == 'CMYK' else 'png'}")
    for path in (tmp_path / "P.png", tmp_path / "1.png", tmp_path / "CMYK.jpg"):
        assert is_plain(path)
        assert decode_picture(path).tobytes() == Image.open(path).convert("RGB").tobytes()
