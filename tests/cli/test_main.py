"""The command line as such: both languages, exit codes, sentences for what was mistyped."""

import unicodedata

import pytest

from danlu.cli.main import make_program, run
from danlu.cli.speech import commands_in

NAMES = [words for words, _ in commands_in(make_program())]


def has_chinese(text: str) -> bool:
    return any("CJK UNIFIED" in unicodedata.name(character, "") for character in text)


@pytest.mark.parametrize("words", NAMES, ids=" ".join)
def test_every_command_has_help_with_examples_in_both_languages(danlu, words: tuple[str, ...]) -> None:
    english, chinese = danlu(*words, "--help"), danlu(*words, "--help", "--lang", "zh")
    assert english.code == chinese.code == 0
    assert not has_chinese(english.out)
    assert "Usage: danlu" in english.out and "用法：danlu" in chinese.out
    assert f"  danlu {' '.join(words)}" in english.out.partition("Examples:")[2]
    # Every paragraph, option and example is told in Chinese too.
    told = [line for line in chinese.out.splitlines() if line.startswith("  --")]
    assert len(told) == sum(line.startswith("  --") for line in english.out.splitlines())
    described = chinese.out.partition("示例：")[0]
    assert has_chinese(described.splitlines()[2])
    assert all(has_chinese(line) for line in chinese.out.partition("示例：")[2].splitlines() if line.startswith("  # "))


def test_the_list_of_commands_is_the_order_of_the_work(danlu) -> None:
    listed = danlu("--help").out
    assert listed.index("  demo ") < listed.index("  init ") < listed.index("  plan ") < listed.index("  train ")
    assert danlu().out == listed


def test_help_lines_fit_the_terminal(danlu, monkeypatch: pytest.MonkeyPatch) -> None:
    from danlu.cli.speech import cells

    monkeypatch.setenv("COLUMNS", "70")
    for words in NAMES:
        for language in ("en", "zh"):
            page = danlu(*words, "--help", "--lang", language).out
            body = page.partition("示例：" if language == "zh" else "Examples:")[0]
            assert max(cells(line) for line in body.splitlines()[1:]) <= 70


def test_language_of_the_environment(danlu, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DANLU_LANG")
    for variable, value in (("LANG", "zh_CN.UTF-8"), ("LC_ALL", "zh_TW.UTF-8"), ("DANLU_LANG", "zh")):
        with monkeypatch.context() as patch:
            patch.setenv(variable, value)
            assert "命令：" in danlu("--help").out
            assert "Commands:" in danlu("--help", "--lang=en").out


@pytest.mark.parametrize(
    ("line", "en", "zh"),
    [
        (["trian"], "did you mean 'train'?", "是不是想写“train”？"),
        (["plan", "x.toml", "--jsn"], "did you mean '--json'?", "是不是想写“--json”？"),
        (["train"], "RECIPE is missing", "缺少 RECIPE"),
        (["generate", "-o", "x"], "--prompt is missing", "缺少 --prompt"),
        (["generate", "-o", "x", "--prompt", "a", "--steps", "0"], "from 1 to 1000", "1 到 1000 之间"),
        (["generate", "-o", "x", "--prompt", "a", "--steps", "two"], "--steps must be", "--steps 必须"),
        (["generate", "-o", "x", "--prompt", "a", "--sampler", "ddim2"], "one of: Euler", "只能是：Euler"),
        (["crop", "my", "pictures"], "quotes", "引号"),
        (["init", "x", "--theme", "manga"], "one of: anime", "只能是：anime"),
        (["plan", "missing.toml"], "danlu init", "danlu init"),
        (["inspect", "missing"], "doesn't exist", "不存在"),
        (["resume", "missing"], "holds no run", "没有训练"),
        (["crop", "missing"], "doesn't exist", "不存在"),
    ],
)
def test_mistakes_are_one_sentence_in_both_languages_and_exit_with_2(danlu, line: list[str], en: str, zh: str) -> None:
    english, chinese = danlu(*line), danlu(*line, "--lang", "zh")
    assert english.code == chinese.code == 2
    assert en in english.err and zh in chinese.err
    assert english.out == chinese.out == ""
    assert english.err.count("\n") == chinese.err.count("\n") == 1
    assert not has_chinese(english.err) and has_chinese(chinese.err)


def test_a_wrong_language_is_told(danlu) -> None:
    assert danlu("--help", "--lang", "fr").code == 2
    assert danlu("--help", "--lang").code == 2


def test_what_stands_behind_two_dashes_is_left_alone(danlu) -> None:
    assert "'--lang'" in danlu("crop", "--sizes", "64x64", "--", "--lang").err


def test_interruption_exits_with_1(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("danlu.pipeline.inspection.inspect_path", interrupt)
    assert run(["inspect", "x"]) == 1
    assert "Interrupted." in capsys.readouterr().err
