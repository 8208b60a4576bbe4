"""The texts that come with pictures: captions, in UTF-8 from then on, and the facts of a `danlu.toml`.

What is in the dataset already is never written over.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from danlu.datasets.captions import decode_caption
from danlu.datasets.encodings import Guess
from danlu.datasets.history import apply_change
from danlu.datasets.manifest import MANIFEST_NAME, ConceptFacts, Manifest, manifest_with, read_manifest
from danlu.intake.contents import LARGEST_TEXT_BYTES, Contents
from danlu.intake.layout import has_kohya_folders
from danlu.intake.report import LeftOut
from danlu.intake.sidecars import read_sidecar
from danlu.intake.sources import Entry
from danlu.kit.errors import UserError
from danlu.kit.files import write_atomically
from danlu.kit.language import Text


class Captions:
    """Writes captions beside the pictures of a dataset, and remembers what the user should know of them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.left_out: list[LeftOut] = []
        self._converted: list[str] = []
        self._guessed: dict[str, Guess] = {}
        self._foreign: list[str] = []

    def give(
        self, picture: str, captions: Sequence[Entry] = (), sidecars: Sequence[Entry] = (), told: str | None = None
    ) -> bool:
        """Write the captions of a picture of the dataset, if it has none: its own, else what another program wrote
        about it alone, else what is told of it; whether it has one now that is new.
        """
        if self.has_one(picture):
            return False
        for entry in captions:
            try:
                self._copy(entry, (self.root / picture).with_suffix(PurePosixPath(entry.name).suffix.lower()))
            except UserError as error:
                self.left_out.append(LeftOut(entry.shown, "caption", error.text))
        for entry in () if self.has_one(picture) else sidecars:
            try:
                text = read_sidecar(entry.shown, self._content(entry))
            except UserError as error:
                self.left_out.append(LeftOut(entry.shown, "caption", error.text))
                continue
            if text:
                self._foreign.append(entry.shown)
                write_atomically((self.root / picture).with_suffix(".txt"), text + "\n")
                break
        if told and not self.has_one(picture):
            write_atomically((self.root / picture).with_suffix(".txt"), told + "\n")
        return self.has_one(picture)

    def has_one(self, picture: str) -> bool:
        """Whether a picture has a caption."""
        return any((self.root / picture).with_suffix(suffix).exists() for suffix in (".txt", ".caption"))

    def notices(self) -> list[Text]:
        """That captions are in another encoding or form now."""
        return [*self._tell_converted(), *self._tell_doubtful(), *self._tell_foreign()]

    def _tell_converted(self) -> list[Text]:
        if not self._converted:
            return []
        count, first = len(self._converted), self._converted[0]
        names = sorted({self._guessed[one].name if one in self._guessed else "UTF-16" for one in self._converted})
        en, zh = " or ".join(names), "、".join(names)
        return [
            Text(
                f"{count} captions weren't in UTF-8 (the first: '{first}'); they were read as {en}, and are now.",
                f"{count} 条标注不是 UTF-8（第一个：“{first}”）；已按 {zh} 读取并转存为 UTF-8。",
            )
        ]

    def _tell_doubtful(self) -> list[Text]:
        doubtful = [shown for shown, guess in self._guessed.items() if guess.rival]
        if not doubtful:
            return []
        count, first, name = len(doubtful), doubtful[0], self._guessed[doubtful[0]].name
        return [
            Text(
                f"The encoding of {count} captions is doubtful: look at '{first}', which was read as {name}.",
                f"{count} 条标注的编码不确定：请检查“{first}”（按 {name} 读取）。",
            )
        ]

    def _tell_foreign(self) -> list[Text]:
        if not self._foreign:
            return []
        count, first = len(self._foreign), self._foreign[0]
        return [
            Text(
                f"{count} captions were made of files that other programs wrote, as '{first}': look at a few.",
                f"{count} 条标注取自其他程序的文件（如“{first}”）：请抽查几条。",
            )
        ]

    def _copy(self, entry: Entry, place: Path) -> None:
        content = self._content(entry)
        text, guess = decode_caption(entry.shown, content)
        if guess or content.startswith((b"\xff\xfe", b"\xfe\xff")):
            self._converted.append(entry.shown)
        if guess:
            self._guessed[entry.shown] = guess
        write_atomically(place, text)

    @staticmethod
    def _content(entry: Entry) -> bytes:
        if entry.size_bytes > LARGEST_TEXT_BYTES:
            raise UserError(
                f"'{entry.shown}' is too large for a caption: shorten it.", f"“{entry.shown}”过大，不像标注：请缩短。"
            )
        return entry.read()


def take_facts(root: Path, contents: Contents, placed: Mapping[str, str], folder: Path) -> list[LeftOut]:
    """Write into the dataset's manifest what a source's says of the pictures that were taken, as a change that can be
    undone; facts that the dataset has already stay. `placed` are their new names; `folder` is for temporary files.
    """
    entry = contents.manifest
    if entry is None:
        return []
    try:
        facts, known = _read(entry, folder), read_manifest(root)
    except UserError as error:
        return [LeftOut(entry.shown, "manifest", error.text)]
    above = entry.name[: -len(MANIFEST_NAME)]
    now = {unicodedata.normalize("NFC", name): place for name, place in placed.items()}
    pictures = {
        place: about
        for name, about in facts.pictures.items()
        if (place := now.get(unicodedata.normalize("NFC", above + name))) and place not in known.pictures
    }
    concepts = {name: about for name, about in _concepts(root, facts, placed).items() if name not in known.concepts}
    if pictures or concepts:
        title = Text(f"Facts that came with '{entry.shown}'", f"随“{entry.shown}”导入的信息")
        apply_change(root, title, {MANIFEST_NAME: manifest_with(root, concepts=concepts, pictures=pictures).encode()})
    return []


def _read(entry: Entry, folder: Path) -> Manifest:
    if entry.size_bytes > 16 * LARGEST_TEXT_BYTES:
        raise UserError(f"'{entry.shown}' is too large.", f"“{entry.shown}”过大。")
    (folder / MANIFEST_NAME).write_bytes(entry.read())
    try:
        return read_manifest(folder)
    except RecursionError as error:
        raise UserError(f"'{entry.shown}' isn't valid TOML.", f"“{entry.shown}”不是有效的 TOML。") from error
    finally:
        (folder / MANIFEST_NAME).unlink()


def _concepts(root: Path, facts: Manifest, placed: Mapping[str, str]) -> Mapping[str, ConceptFacts]:
    """The facts by concept; the only concept of a plain folder is called as the dataset is."""
    if len(facts.concepts) == 1 and not has_kohya_folders(root.resolve().name, placed.values()):
        return {root.resolve().name: next(iter(facts.concepts.values()))}
    return facts.concepts if placed else {}
