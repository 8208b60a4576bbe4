"""Datasets as other programs keep them."""

import io
import json
import tarfile
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from danlu.datasets.manifest import PictureFacts, read_manifest, update_manifest
from danlu.datasets.scan import scan_dataset
from danlu.intake.importing import import_pictures
from danlu.intake.metadata import read_metadata
from danlu.intake.projects import read_project
from danlu.intake.sidecars import read_sidecar
from danlu.intake.sources import open_sources
from danlu.kit.errors import UserError

Put = Callable[..., Path]


@pytest.mark.parametrize(
    ("name", "said", "caption"),
    [
        ("a.jpg.txt", "1girl\nlong_hair\n^_^\n", "1girl, long hair, ^_^"),
        ("a.txt", "A girl stands.", "A girl stands."),
        ("a.tags", "1girl long_hair", "1girl, long hair"),
        ("a.json", '"1girl, smile"', "1girl, smile"),
        ("a.json", {"tags": ["1girl", "long_hair"], "rating": "s", "caption": "<b>by me</b>", "category": "x"},
         "1girl, long hair"),
        ("a.json", {"tags": "1girl long_hair", "tags_general": "1girl", "tags_character": "hatsune_miku"},
         "hatsune miku, 1girl, long hair"),
        ("a.json", {"tag_string": "1girl hatsune_miku highres", "tag_string_character": "hatsune_miku",
                    "tag_string_meta": "highres", "tag_string_general": "1girl"}, "hatsune miku, 1girl"),
        ("a.json", {"post": {"tags": {"general": ["long_hair"], "species": ["cat"], "meta": ["hi_res"]}}},
         "cat, long hair"),
        ("a.json", {"tags": {"smile": 0.4, "1girl": 0.9}}, "1girl, smile"),
        ("a.json", {"caption": "a girl", "tags": "red hair"}, "a girl, red hair"),
        ("a.json", {"width": 3}, ""),
        ("a.json", "not JSON {", ""),
    ],
)  # fmt: skip
def test_what_is_written_beside_a_picture(name: str, said: Any, caption: str) -> None:
    assert read_sidecar(name, (said if isinstance(said, str) else json.dumps(said)).encode()) == caption


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("train/metadata.jsonl", '{"file_name": "a.png", "text": "x, y"}\n\n'),
        ("train/metadata.csv", 'file_name,text\na.png,"x, y"\n'),
        ("train/metadata.csv", "file_name;caption\na.png;x, y\n"),
        ("train/captions.csv", 'a.png,"x, y"\n'),
        ("train/captions.json", '{"a.png": "x, y"}'),
        ("train/metadata.json", '[{"image": "./a.png", "caption": "x", "tags": ["y"]}]'),
        ("metadata.jsonl", '{"file_name": "train\\\\a.png", "text": "x, y"}'),
        ("train/meta_cap.json", '{"a": {"caption": "x", "tags": "y"}}'),
    ],
)
def test_tables(name: str, content: str) -> None:
    found = read_metadata(name, content.encode())
    assert found is not None and found.caption_at("train/a.png") == "x, y"


@pytest.mark.parametrize(
    ("name", "content"),
    [("tags.csv", "tag,count\n1girl,2\n"), ("a.jsonl", '{"x": 1}'), ("a.json", '{"a": "b"}'), ("a.csv", '"\0')],
)
def test_what_is_no_table(name: str, content: str) -> None:
    assert read_metadata(name, content.encode()) is None


def test_settings_of_other_trainers() -> None:
    concepts = [{"name": "x", "path": "D:\\my\\char", "balancing": 10, "text": {"prompt_source": "filename"}}]
    onetrainer = read_project("concepts.json", json.dumps(concepts).encode())
    assert onetrainer is not None and onetrainer.caption_of("set/char/a_red cat.png") == "a red cat"
    assert "10 times for 'char'" in onetrainer.notice().en and "OneTrainer" in onetrainer.notice().zh
    backends = [{"instance_data_dir": "/d/data", "caption_strategy": "instanceprompt", "instance_prompt": "a zed"}]
    simple = read_project("multidatabackend.json", json.dumps(backends).encode())
    assert simple is not None and simple.caption_of("data/a.png") == "a zed"
    assert simple.caption_of("other/a.png") is None


def test_a_folder_of_all_sorts(tmp_path: Path, put: Put) -> None:
    """Tables belong to the folder that they lie in; what lies beside a picture goes before them; masks come along."""
    root = tmp_path / "in"
    for number, name in enumerate(("train/a.png", "train/b.png", "val/a.png", "c.jpg", "d.png")):
        put(root / name, number)
    (root / "train" / "metadata.jsonl").write_text('{"file_name": "a.png", "text": "t"}\n{"file_name": "b.png"}')
    (root / "c.jpg.txt").write_text("1girl\nsmile")
    put(root / "d_mask.png", 5)
    put(root / "c-masklabel.png", 5)  # the same bytes: masks are no duplicates
    (root / "x.parquet").write_bytes(b"PAR1")
    report = import_pictures([root], tmp_path / "to")
    dataset = scan_dataset(tmp_path / "to")
    assert {one.name: one.caption for one in dataset.pictures} == {
        "train/a.png": "t", "train/b.png": None, "val/a.png": None, "c.jpg": "1girl, smile", "d.png": None
    }  # fmt: skip
    assert set(dataset.masks) == {"c", "d"} and {"c.mask.png", "d.mask.png"} <= {
        one.name for one in dataset.masks.values()
    }
    assert [one.source for one in report.left_out] == ["in/x.parquet"]
    told = " ".join(notice.en for notice in report.notices)
    assert "made of files that other programs wrote" in told and "2 pictures are masks by their names" in told


def test_the_same_picture_may_teach_two_concepts(tmp_path: Path, put: Put) -> None:
    root = tmp_path / "in"
    for folder, caption in (("5_hero", "hero"), ("2_style", "style"), ("reg/1_girl", None)):
        put(root / folder / "a.png", 1, caption)
    put(root / "5_hero" / "twice.png", 1)
    for _ in range(2):  # again: nothing is new
        report = import_pictures([root], tmp_path / "to")
    assert not report.taken
    found = {one.name: one.caption for one in scan_dataset(tmp_path / "to").pictures}
    assert found == {"5_hero/a.png": "hero", "2_style/a.png": "style", "reg/1_girl/a.png": None}
    assert not import_pictures([put(tmp_path / "plain" / "b.png", 1)], tmp_path / "to").taken


def test_accents_of_a_mac(tmp_path: Path, put: Put) -> None:
    nfd, nfc = unicodedata.normalize("NFD", "é"), unicodedata.normalize("NFC", "é")
    put(tmp_path / "in" / f"{nfd}.png", 1)
    put(tmp_path / "in" / "b.png", 2)
    (tmp_path / "in" / f"{nfc}.txt").write_text("zed")
    update_manifest(tmp_path / "in", pictures={f"{nfc}.png": PictureFacts(repeats=3)})
    before = scan_dataset(tmp_path / "in")
    assert ("zed", 3) in [(one.caption, one.repeats) for one in before.pictures]
    assert before.notices == ()
    import_pictures([tmp_path / "in"], tmp_path / "to")
    assert read_manifest(tmp_path / "to").about(f"{nfc}.png").repeats == 3
    assert (tmp_path / "to" / f"{nfc}.txt").read_text() == "zed"


def tar_of(path: Path, **members: tarfile.TarInfo | bytes) -> Path:
    with tarfile.open(path, "w") as tape:
        for name, content in members.items():
            info = content if isinstance(content, tarfile.TarInfo) else tarfile.TarInfo(name.replace("_dot_", "."))
            info.size = len(content) if isinstance(content, bytes) else 0
            tape.addfile(info, io.BytesIO(content) if isinstance(content, bytes) else None)
    return path


def test_a_shard_of_webdataset(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8)).save(buffer, "PNG")
    path = tar_of(tmp_path / "s-0.tar", a_dot_png=buffer.getvalue(), a_dot_txt=b"said", a_dot_json=b'{"caption": "no"}')
    import_pictures([path], tmp_path / "to")
    assert [one.caption for one in scan_dataset(tmp_path / "to").pictures] == ["said"]


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE, "..", "/a.png"])
def test_tars_that_are_not_safe(tmp_path: Path, kind: bytes | str) -> None:
    info = tarfile.TarInfo("../a.png" if kind == ".." else kind if isinstance(kind, str) else "a.png")
    if isinstance(kind, bytes):
        info.type, info.linkname = kind, "/etc/passwd"
    path = tar_of(tmp_path / "s.tar", a=info)
    with pytest.raises(UserError, match="refused"), open_sources([path], tmp_path / "to"):
        pass


def test_a_tar_that_is_cut_short_or_none(tmp_path: Path) -> None:
    path = tmp_path / "s.tar"
    path.write_bytes(b"PK\x03\x04" + b"\xff" * 2000)
    with pytest.raises(UserError, match="isn't a whole tar"), open_sources([path], tmp_path / "to"):
        pass
