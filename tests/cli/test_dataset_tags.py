"""`danlu dataset tags, find, edit, trigger`: what they print, write and take back."""

import json
from pathlib import Path

import pytest

from captioned import texts, write_dataset

CAPTIONS = {
    "4_cat/a.png": "smile, red hair, hat",
    "4_cat/b.png": "red hair, hat, glasses",
    "4_cat/c.png": "red hair, hat, smile, glasses",
    "4_cat/d.png": "red hair",
    "2_dog/a.png": None,
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_dataset(tmp_path / "数据 集", CAPTIONS)
    return tmp_path / "数据 集"


def test_tags_are_listed_with_shares(danlu, folder: Path) -> None:
    ran = danlu("dataset", "tags", folder)
    assert ran.out.splitlines()[:3] == [
        "tag       pictures   cat  dog",
        "red hair         4  100%   0%",
        "hat              3   75%   0%",
    ]
    assert "4 tags in 5 pictures." in ran.out and "1 pictures have no caption." in ran.err
    told = json.loads(danlu("dataset", "tags", folder, "--find", "*hair OR s*", "--concept", "cat", "--json").out)
    assert [one["tag"] for one in told["tags"]] == ["red hair", "smile"] and told["pictures"] == 4


def test_pictures_are_found(danlu, folder: Path) -> None:
    ran = danlu("dataset", "find", folder, "smile AND NOT glasses")
    assert "4_cat/a.png" in ran.out and "4_cat/c.png" not in ran.out and "1 of 5 pictures." in ran.out
    assert json.loads(danlu("dataset", "find", folder, "NOT *", "--json").out) == [
        {"picture": "2_dog/a.png", "caption": None}
    ]
    wrong = danlu("dataset", "find", folder, "smile AND (hat", "--lang", "zh")
    assert wrong.code == 2 and "第 11 个字符" in wrong.err and "smile AND ▶(hat" in wrong.err


def test_operations_happen_in_the_order_in_which_they_are_given(danlu, folder: Path) -> None:
    before = texts(folder)
    line = ["dataset", "edit", folder, "--concept", "cat", "--where", "smile"]
    line += ["--add-head", "x, y", "--delete", "x", "--add-head", "x", "--replace", "red hair=auburn hair", "--dedupe"]
    dry = danlu(*line, "--dry-run")
    assert texts(folder) == before
    assert "4_cat/a.png\n- smile, red hair, hat\n+ x, y, smile, auburn hair, hat\n" in dry.out
    assert "2 captions would change: add 'x, y' at the head; delete 'x'; add 'x' at the head" in dry.out
    shown = json.loads(danlu(*line, "--dry-run", "--json").out)
    ran = danlu(*line)
    assert ran.code == 0 and "2 captions changed" in ran.out and f'danlu dataset undo "{folder}"' in ran.out
    after = texts(folder)
    assert {name for name in after if before.get(name) != after[name]} == set(shown["files"])
    for one in shown["captions"]:
        assert after[one["picture"].replace(".png", ".txt")].decode() == one["after"] + "\n"
    assert "Nothing changes" in danlu("dataset", "edit", folder, "--delete", "nobody has this").out
    assert danlu("dataset", "undo", folder).code == 0 and texts(folder) == before


def test_rules_sorting_and_pictures_without_captions(danlu, folder: Path) -> None:
    (folder / "danlu-tags.toml").write_text('[implies]\nglasses = ["eyewear"]\n', encoding="utf-8")
    line = ["dataset", "edit", folder, "--implications", "add", "--sort", "alphabetical", "--add-tail", "end"]
    told = json.loads(danlu(*line, "--json").out)
    assert {one["picture"]: one["after"] for one in told["captions"]} == {
        "2_dog/a.png": "end",
        "4_cat/a.png": "hat, red hair, smile, end",
        "4_cat/b.png": "eyewear, glasses, hat, red hair, end",
        "4_cat/c.png": "eyewear, glasses, hat, red hair, smile, end",
        "4_cat/d.png": "red hair, end",
    }
    assert (folder / "2_dog" / "a.txt").read_text("utf-8") == "end\n"


def test_a_long_diff_is_cut(danlu, tmp_path: Path) -> None:
    write_dataset(tmp_path, {f"{number:02}.png": "a" for number in range(23)})
    ran = danlu("dataset", "edit", tmp_path, "--add-tail", "b", "--dry-run")
    assert ran.out.count("+ a, b") == 20 and "and 3 more" in ran.out and "23 captions would change" in ran.out


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ([], "There is nothing to do"),
        (["--add-head", " , "], "--add-head has no tags"),
        (["--delete", "a;;;b"], "a tag can't have line breaks"),
        (["--replace", "a"], "write OLD=NEW"),
        (["--replace", "=_= = smile", "--replace", "=_==smile"], "'=_==smile': write OLD=NEW"),
        (["--replace", "a="], "use --delete 'a'"),
        (["--sort", "size"], "--sort must be one of: alphabetical, frequency"),
        (["--dedupe", "--concept", "cta"], "did you mean 'cat'"),
        (["--delete", "zq"], "--trigger-too"),
    ],
)
def test_mistakes_are_told(danlu, folder: Path, options: list[str], told: str) -> None:
    (folder / "danlu.toml").write_text('[concepts.cat]\ntrigger = "zq"\n', encoding="utf-8")
    before = texts(folder)
    ran = danlu("dataset", "edit", folder, *options)
    assert ran.code == 2 and told in ran.err and texts(folder) == before


def test_the_trigger_is_looked_at_and_set(danlu, folder: Path) -> None:
    before = texts(folder)
    shown = danlu("dataset", "trigger", folder, "--concept", "cat")
    assert "It has no trigger word yet." in shown.out and "red hair" in shown.out and "hat  " not in shown.out
    assert danlu("dataset", "trigger", folder, "zq", "--concept", "cat", "--absorb", "all", "--dry-run").code == 0
    assert texts(folder) == before
    ran = danlu("dataset", "trigger", folder, "girl", "--concept", "cat", "--absorb", "all")
    assert "4 captions changed: trigger 'girl', absorbing 'red hair'" in ran.out and "common word" in ran.err
    (cat,) = json.loads(danlu("dataset", "trigger", folder, "--concept", "cat", "--json").out)
    assert (cat["trigger"], cat["captions_led"], cat["traits"], cat["offered"]) == ("girl", 4, ["red hair"], [])
    assert len(cat["conflicts"]) == 1
    danlu("dataset", "undo", folder)
    assert texts(folder) == before


def test_mistakes_about_triggers_are_told(danlu, folder: Path) -> None:
    for options, told in (
        (["zq"], "--concept"),
        (["--absorb", "all", "--keep", "hat"], "give one of them"),
        (["--dry-run"], "--dry-run has no effect"),
        (["--concept", "cat", "--keep", "red hair"], "has no trigger word"),
    ):
        ran = danlu("dataset", "trigger", folder, *options)
        assert ran.code == 2 and told in ran.err, told
