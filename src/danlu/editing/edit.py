"""Edit the tags of a dataset: operations go in, what every caption would become comes out, and `apply` writes it.

The trigger word of a concept is protected: it is first in every caption that is edited, and no operation takes it away.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from danlu.datasets.history import Change, Contents, apply_change
from danlu.datasets.pictures import Dataset, Picture
from danlu.editing.lines import Line, edit_caption, tags_of
from danlu.editing.operations import Operation
from danlu.editing.patterns import key_of, matches
from danlu.editing.selection import trigger_of
from danlu.kit.errors import UserError
from danlu.kit.language import Text


@dataclass(frozen=True)
class CaptionChange:
    """What one caption becomes."""

    picture: str
    """The picture's name; where several share a caption file, the first one's."""
    before: str | None
    """None where there is no caption file yet."""
    after: str


@dataclass(frozen=True)
class Edits:
    """What an edit would do to a dataset."""

    root: Path
    title: Text
    captions: tuple[CaptionChange, ...]
    """Captions that become others, in the order of the pictures."""
    contents: Contents
    """What files are to hold (see `datasets.history`)."""

    def apply(self) -> Change | None:
        """Write it; None if nothing changes. Raises `UserError` if the disk refuses; then nothing has changed."""
        return apply_change(self.root, self.title, self.contents)


def edit_tags(
    dataset: Dataset, operations: Sequence[Operation], pictures: Sequence[Picture], *, trigger_too: bool = False
) -> Edits:
    """Do operations to the captions of some pictures, one operation after the other.

    With `trigger_too` a trigger word is a tag as any other. Raises `UserError` if an operation names one without that.
    """
    if not trigger_too:
        _require_no_trigger(dataset, operations, pictures)
    captions = {picture.name: picture.caption for picture in dataset.pictures}
    for operation in operations:
        counts = count_keys(list(captions.values()))
        for picture in pictures:
            trigger = None if trigger_too else trigger_of(dataset.concepts[picture.concept])
            captions[picture.name] = edit_caption(captions[picture.name], _guarded(operation, counts, trigger))
    title = Text(
        "; ".join(operation.title.en for operation in operations),
        "；".join(operation.title.zh for operation in operations),
    )
    return Edits(dataset.root, title, *changes_of(dataset, pictures, captions))


def count_keys(captions: Sequence[str | None]) -> Counter[str]:
    """In how many captions each tag is, by its key."""
    return Counter(key for caption in captions for key in {key_of(tag) for tag in tags_of(caption)})


def changes_of(
    dataset: Dataset, pictures: Sequence[Picture], captions: Mapping[str, str | None]
) -> tuple[tuple[CaptionChange, ...], dict[str, bytes | None]]:
    """What becomes of captions, and of the files that hold them: those that stay the same keep every byte."""
    changes: dict[str, CaptionChange] = {}
    contents: dict[str, bytes | None] = {}
    edited = {picture.path for picture in pictures if picture.view is None}
    for picture in pictures:
        after = captions[picture.name]
        file = _file_of(picture, shared=picture.path in edited).relative_to(dataset.root).as_posix()
        if after is None or after == picture.caption or file in changes:
            continue
        changes[file] = CaptionChange(picture.name, picture.caption, after)
        contents[file] = f"{after}\n".encode()
    return tuple(changes.values()), contents


def _file_of(picture: Picture, *, shared: bool) -> Path:
    """Where a caption is written: to the file that it came from, but a view's not to its picture's, unless that is
    edited as well.
    """
    if picture.view is not None and (picture.has_own_caption or not shared):
        return picture.own_caption
    return picture.caption_file or picture.path.with_name(f"{picture.path.stem}.txt")


def with_trigger_first(line: Line, trigger: str) -> Line:
    """The line with a tag before all others, once."""
    return without_tag(line, trigger).with_head([trigger])


def without_tag(line: Line, name: str) -> Line:
    """The line without a tag, wherever it stands."""
    key = key_of(name)
    return line.map_tags(lambda tag: () if key_of(tag) == key else (tag,))


def _guarded(operation: Operation, counts: Mapping[str, int], trigger: str | None) -> Callable[[Line], Line]:
    """The operation, done to everything but the trigger word."""

    def change(line: Line) -> Line:
        if trigger is None:
            return operation.apply(line, counts)
        rest = without_tag(line, trigger)
        applied = operation.apply(rest, counts)
        changed = without_tag(applied, trigger)
        if changed == rest and (rest != line or applied == rest):
            return line
        spelled = next((tag for tag in (*line.tags, *applied.tags) if key_of(tag) == key_of(trigger)), None)
        return with_trigger_first(changed, spelled) if spelled else changed

    return change


def _require_no_trigger(dataset: Dataset, operations: Sequence[Operation], pictures: Sequence[Picture]) -> None:
    triggers = {trigger_of(dataset.concepts[picture.concept]) for picture in pictures} - {None}
    for named in (name for operation in operations for name in operation.named):
        for trigger in triggers:
            if trigger and matches(named, trigger):
                raise UserError(
                    f"'{trigger}' is a trigger word, which stays first in its captions: give --trigger-too to edit it "
                    "like any other tag, or 'danlu dataset trigger' to choose another.",
                    f"“{trigger}”是触发词，固定在标注最前：如确需当作普通标签编辑，请加 --trigger-too；"
                    "要换触发词请用 danlu dataset trigger。",
                )
