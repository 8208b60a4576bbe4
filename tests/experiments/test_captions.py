"""The caption check on the embedded world: a wrong caption ranks worst, drawings are made once, the page is whole."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from danlu.cli.main import run
from danlu.datasets.manifest import ConceptFacts, update_manifest
from danlu.datasets.scan import scan_dataset
from danlu.experiments.caption_drawings import CheckSettings, prompt_of
from danlu.experiments.caption_page import write_caption_page
from danlu.experiments.captions import CaptionCheck, check_captions
from danlu.families.find import find_base
from danlu.kit.errors import UserError
from danlu.kit.language import set_language
from danlu.kit.places import data_folder
from danlu.tagging.base import find_tagger
from danlu.tagging.tag import tag_dataset

WRONG = "solo, portrait, red hair, beard, dark skin, blue background"


def make_dataset(root: Path, count: int, captions: Sequence[str] = ()) -> Path:
    root.mkdir()
    for path in sorted((data_folder() / "samples" / "character").glob("*.png"))[:count]:
        shutil.copyfile(path, root / path.name)
    for path, caption in zip(sorted(root.glob("*.png")), captions, strict=False):
        path.with_suffix(".txt").write_text(caption, encoding="utf-8")
    return root


def check(root: Path, **settings: int) -> CaptionCheck:
    return check_captions(root, find_base("danlu-mini"), find_tagger(), CheckSettings(**settings))


def test_a_wrong_caption_ranks_worst_and_is_explained(tmp_path: Path) -> None:
    root = make_dataset(tmp_path / "图片 set", 4)
    tag_dataset(root, find_tagger())
    (root / "03.txt").write_text(WRONG, encoding="utf-8")
    first = check(root, steps=6, seeds=1)
    worst, *others = first.captions
    assert (worst.name, worst.caption, first.drawn) == ("03.png", WRONG, 4)
    assert worst.distance > 1.5 * others[0].distance
    assert "beard" in worst.invented
    assert "beard" not in worst.missing
    (root / "03.txt").write_text((root / "01.txt").read_text(), encoding="utf-8")
    again = check(root, steps=6, seeds=1)
    assert again.drawn == 0  # the caption of the first picture has been drawn already
    page = tmp_path / "page.html"
    write_caption_page(first, root, page)
    text = page.read_text("utf-8")
    assert text.index("03.png") < text.index(others[0].name)
    assert "http" not in text.replace("http-equiv", "")
    assert text.count("data:image/webp") == 8
    set_language("zh")
    write_caption_page(first, root, page)
    assert "的标注检查" in page.read_text("utf-8")


def test_an_interrupted_check_goes_on(tmp_path: Path) -> None:
    root = make_dataset(tmp_path / "set", 3, [f"portrait, {colour} hair" for colour in ("red", "blue", "grey")])

    def stop(done: int, _total: int) -> None:
        if done:
            raise KeyboardInterrupt

    settings = CheckSettings(steps=1, seeds=2)
    with pytest.raises(KeyboardInterrupt):
        check_captions(root, find_base("danlu-mini"), find_tagger(), settings, on_picture=stop)
    assert check(root, steps=1, seeds=2).drawn == 2


def test_equal_captions_are_no_better_than_each_other(tmp_path: Path) -> None:
    result = check(make_dataset(tmp_path / "set", 3, ["portrait, smile"] * 3), steps=1, seeds=1)
    assert result.drawn == 1
    assert [one.distance for one in result.captions] == pytest.approx([1, 1, 1])


def test_a_single_caption_and_pictures_without_one_are_told(tmp_path: Path) -> None:
    result = check(make_dataset(tmp_path / "set", 2, ["portrait, smile"]), steps=1, seeds=1)
    assert [notice.en[:20] for notice in result.notices] == ["1 pictures have no c", "A single caption has"]
    with pytest.raises(UserError, match="`danlu tag"):
        check(make_dataset(tmp_path / "bare", 1))


def test_a_base_alone_is_told_what_the_trigger_word_stands_for(tmp_path: Path) -> None:
    root = make_dataset(tmp_path / "set", 1, ["ohwx, smile (big)"])
    update_manifest(root, concepts={"set": ConceptFacts(trigger="ohwx", traits=("red hair", "mole"))})
    dataset = scan_dataset(root)
    (picture,) = dataset.pictures
    assert prompt_of(dataset, picture, has_adapters=False) == "red hair, mole, smile \\(big\\)"
    assert prompt_of(dataset, picture, has_adapters=True) == "ohwx, smile \\(big\\)"


def test_the_command_shows_a_table_and_a_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = make_dataset(tmp_path / "set", 2, ["portrait, smile", "portrait, sad"])
    page = tmp_path / "captions.html"
    assert run(["dataset", "captions", str(root), "--steps", "1", "--seeds", "1", "--html", str(page)]) == 0
    shown = capsys.readouterr().out
    assert "portrait, smile" in shown
    assert page.exists()
    assert run(["dataset", "captions", str(root), "--steps", "1", "--seeds", "1", "--json"]) == 0
    assert '"distance"' in capsys.readouterr().out
