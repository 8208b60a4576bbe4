"""Sentences for the browser: they name pictures and datasets, never where these lie on the server's disk."""

import re

from danlu.kit.language import Text
from danlu.store.folder import StudioFolder


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
