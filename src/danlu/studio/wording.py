"""Sentences for the browser: they name pictures, never where these lie on the server, and buttons, not commands."""

import re

from danlu.kit.language import Language, Text
from danlu.store.folder import StudioFolder

BUTTONS = {
    "tag": Text("Auto-tag", "自动打标"),
    "crop": Text("Crop", "批量裁剪"),
    "resume": Text("Resume", "继续训练"),
    "evaluate": Text("Find the best epoch", "评选最佳轮次"),
    "dataset check": Text("Health check", "质量检查"),
    "dataset undo": Text("Undo", "撤销"),
}
"""What the web app calls that which a command does."""
_COMMAND = re.compile(r"`danlu ((?:dataset )?[a-z-]+)[^`]*`")


def for_browser(folder: StudioFolder, text: Text) -> Text:
    """A sentence as it is shown in the browser: without places, and with the names of buttons for those of commands."""
    bare = without_places(folder, text)

    def named(sentence: str, language: Language) -> str:
        quotes = "“{}”" if language == "zh" else "'{}'"
        return _COMMAND.sub(
            lambda found: quotes.format(getattr(BUTTONS[found[1]], language)) if found[1] in BUTTONS else found[0],
            sentence,
        )

    return Text(named(bare.en, "en"), named(bare.zh, "zh"))


def without_places(folder: StudioFolder, text: Text) -> Text:
    """A sentence in which what lies in the studio's folder is called as its owner calls it.

    `'/home/a/studio/datasets/0f3a/Mei/01.png' is damaged` becomes `'01.png' is damaged`.
    """
    root = re.escape(str(folder.root))
    rest = r"""[/\\]([^'"“”‘’\n]*)"""
    rules = (
        # A picture in its dataset, an uploaded file, a file of a run: what stands behind their folder.
        (re.compile(rf"{root}[/\\]datasets[/\\][^/\\]+[/\\][^/\\'”’\s]+{rest}"), r"\1"),
        (re.compile(rf"{root}[/\\]uploads[/\\][^/\\]+[/\\](?:upload|\d+){rest}"), r"\1"),
        # The folders themselves.
        (re.compile(rf"{root}[/\\]datasets[/\\][^/\\]+[/\\]([^/\\'”’\s]+)"), r"\1"),
        (re.compile(rf"{root}[/\\](?:runs|jobs|uploads)[/\\]([^/\\'”’\s]+)"), r"\1"),
        (re.compile(root), folder.root.name),
    )

    def mend(sentence: str) -> str:
        for pattern, by in rules:
            sentence = pattern.sub(by, sentence)
        return sentence

    return Text(mend(text.en), mend(text.zh))
