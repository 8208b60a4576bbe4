"""Captions of every East Asian and Western encoding are told apart."""

import pytest

from danlu.datasets.encodings import guess_text

SAID = {
    "gb18030": [
        "女孩, 蓝发",
        "1girl, 蓝色头发, 微笑",
        "一个站在雨中的女孩，手里拿着伞",
        "夏日の恋, 女孩",
        "凝光, 长髮",
    ],
    "cp932": ["少女, 青い髪", "1girl, メイド, 笑顔", "初音ミク", "青い目の女の子が立っている"],
    "euc_jp": ["少女, 青い髪", "1girl, メイド, 笑顔", "青い目の女の子が立っている"],
    "big5": ["少女, 藍色頭髮", "一個站在雨中的女孩，手裡拿著傘", "長髮, 微笑"],
    "cp949": ["한 소녀가 비 속에서 우산을 들고 서 있다"],
    "cp1252": ["fiancée, café", "Mädchen mit blauen Haaren, schön", "une fille à côté d’un château, été"],
}


@pytest.mark.parametrize(("encoding", "text"), [(encoding, text) for encoding, texts in SAID.items() for text in texts])
def test_the_encoding_is_found(encoding: str, text: str) -> None:
    guess = guess_text(text.encode(encoding))
    assert guess is not None and guess.text == text


@pytest.mark.parametrize(("encoding", "text"), [("cp932", "ﾐｸ, 少女"), ("euc_jp", "初音ミク")])
def test_what_can_not_be_told_is_doubtful(encoding: str, text: str) -> None:
    guess = guess_text(text.encode(encoding))
    assert guess is not None and guess.rival is not None


@pytest.mark.parametrize(("encoding", "text"), [("gb18030", "女孩, 蓝发"), ("cp932", "少女, 青い髪")])
def test_what_is_plain_is_not_called_doubtful(encoding: str, text: str) -> None:
    guess = guess_text(text.encode(encoding))
    assert guess is not None and guess.rival is None


@pytest.mark.parametrize("content", [b"abc\xff\xff\xff", bytes(range(256)), b"\x89PNG\r\n\x1a\n\x00\x00"])
def test_what_is_no_text(content: bytes) -> None:
    assert guess_text(content) is None
