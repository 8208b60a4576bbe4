"""What `docs/prepare-a-dataset.md` shows of editing tags and of the trigger word is what the program prints."""

import re
import shlex
import shutil
import tomllib
from pathlib import Path

import pytest

from danlu.editing.rules import OWN_RULES, read_rules
from danlu.kit.places import data_folder

DOCS = Path(__file__).parents[2] / "docs"
HEADINGS = {"en": ("## Edit tags", "## Repeats"), "zh": ("## 编辑标签", "## 重复次数")}


def blocks_of(language: str) -> list[str]:
    page = DOCS / {"en": "prepare-a-dataset.md", "zh": "prepare-a-dataset.zh.md"}[language]
    begin, end = HEADINGS[language]
    part = page.read_text("utf-8").split(begin)[1].split(end)[0]
    return re.findall(r"^```\n(.*?)^```$", part, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_shows_what_is_printed(danlu, language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(data_folder() / "samples" / "character", tmp_path / "character")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DANLU_LANG", language)
    assert danlu("tag", "character").code == 0
    shown = [block.split("\n\n", 1) for block in blocks_of(language) if block.startswith("danlu ")]
    assert len(shown) == 4
    for line, printed in sorted(shown, key=lambda one: "dataset edit" in one[0]):  # once the trigger word is set
        ran = danlu(*shlex.split(line)[1:])
        assert (ran.code, ran.out) == (0, printed), line


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_rules_that_the_page_shows_are_accepted(language: str, tmp_path: Path) -> None:
    (rules,) = (block for block in blocks_of(language) if block.startswith("[implies]"))
    (tmp_path / OWN_RULES).write_text(rules, encoding="utf-8")
    assert read_rules(tmp_path).implied_by("red qipao") == ("china dress", "red dress", "dress")
    assert tomllib.loads(rules)["aliases"]["cheongsam"] == read_rules(tmp_path).spelled("cheongsam")
