"""The page shows every finding with the command that mends it, and that command does."""

import base64
import html
import io
import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from danlu.cli.main import run
from danlu.health.examine import Report
from danlu.health.page import write_page
from danlu.kit.language import set_language


@pytest.fixture
def page(open_ward: Path, check: Callable[..., Report], tmp_path: Path) -> str:
    out = tmp_path / "page.html"
    write_page(check(open_ward), out, " --resolution 256")
    return out.read_text("utf-8")


def test_thumbnails_are_small_pictures_worst_first(page: str) -> None:
    cards = re.findall(r'<div class="card (\w+)">', page)
    assert cards == sorted(cards, key=["problem", "warning", "note"].index) and len(cards) == 16
    thumbnails = re.findall(r"data:image/jpeg;base64,([\w+/=]+)", page)
    assert len(thumbnails) == 15  # all but the unreadable one's
    with Image.open(io.BytesIO(base64.b64decode(thumbnails[0]))) as image:
        assert max(image.size) <= 240
    assert "http" not in page


def test_it_speaks_chinese(open_ward: Path, check: Callable[..., Report], tmp_path: Path) -> None:
    set_language("zh")
    write_page(check(open_ward), tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text("utf-8")
    assert '<html lang="zh-CN">' in text and "边缘有纯色条" in text and "全部修复" in text


def test_its_commands_work(page: str, ward: Path, open_ward: Path, capsys: pytest.CaptureFixture[str]) -> None:
    commands = {html.unescape(line) for line in re.findall(r"<code>(danlu .*?)</code>", page)}
    assert sum("--picture" in line for line in commands) == 8
    for line in sorted(commands):
        words = [str(ward) if word == str(open_ward) else word for word in shlex.split(line)]
        assert run(words[1:]) == 0
        assert "nothing to fix" not in capsys.readouterr().out, line
        assert run(["dataset", "undo", str(ward)]) == 0


def test_names_are_escaped(tmp_path: Path, check: Callable[..., Report]) -> None:
    (tmp_path / "a<b>&'c.png").write_bytes(b"")
    Image.new("RGB", (64, 64)).save(tmp_path / "b.png")
    write_page(check(tmp_path), tmp_path / "page.html")
    assert "<b>&'c" not in (tmp_path / "page.html").read_text("utf-8")
