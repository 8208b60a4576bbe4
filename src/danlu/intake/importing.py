"""Bring pictures from anywhere into a dataset: copied byte for byte, decoded once, told about once.

    sources → arrivals → staged copies (threads: copy, hash) → looks (child processes: decode, thumbnail) → places

A file takes its place in the dataset only when it is known to be sound, so that an import that is interrupted leaves
whole files, and can be repeated: what is there already is recognised by its bytes. Nothing is ever written over.
"""

import shutil
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from danlu.datasets.file_kinds import MASK_ENDING, stem_key
from danlu.datasets.scan_notices import tell_foreign_masks
from danlu.datasets.thumbnails import Look, keep_thumbnail, known_sha256, remember_sha256, tell_lost, try_to_look_at
from danlu.intake.arrivals import Arrival, pictures_in, plan_arrivals, require_something
from danlu.intake.contents import Contents, all_metadata, sort_contents
from danlu.intake.layout import concept_folder
from danlu.intake.names import Names
from danlu.intake.report import ImportReport, LeftOut, Taken
from danlu.intake.sources import Entry, open_sources
from danlu.intake.staging import stage, staging_folder
from danlu.intake.texts import Captions, take_facts
from danlu.kit.errors import UserError
from danlu.kit.file_names import require_name
from danlu.kit.files import require_space
from danlu.kit.language import Text
from danlu.kit.workers import Limits, Lost, map_limited

_COPYING_THREADS, _AHEAD = 4, 8


def import_pictures(
    sources: Sequence[Path],
    target: Path,
    *,
    limits: Limits | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> ImportReport:
    """Copy the pictures of `sources` (folders, zip files, files) with what belongs to them into the dataset `target`,
    which is made or added to. `on_progress` is told (done, all).

    Raises `UserError`, before anything is written, for a source that can't be read or isn't safe, if there is nothing
    to import, if space is short, or if the pictures wouldn't go together with those that are there.
    """
    if target.exists() and not target.is_dir():
        raise UserError(f"'{target}' is a file: give a folder.", f"“{target}”是文件：请指定文件夹。")
    if not target.exists():
        require_name(target)
    with open_sources(sources, target) as opened:
        contents = [sort_contents(source) for source in opened]
        there = pictures_in(target)
        arrivals, outside = plan_arrivals(contents, target, there)
        require_something(sources, contents, arrivals, bool(there))
        require_space(target, sum(arrival.entry.size_bytes for arrival in arrivals))
        with staging_folder(target) as staging:
            work = _Import(target, there, staging, limits or Limits())
            work.take(arrivals, on_progress or (lambda _done, _total: None))
            work.give_loose_captions(contents)
            for one in contents:
                work.left_out += take_facts(target, one, work.placed_of(one), staging)
    work.left_out += [*outside, *(lost for one in contents for lost in one.left_out)]
    return work.report(contents)


class _Staged(NamedTuple):
    arrival: Arrival
    sha256: str
    name: str
    """Where in the dataset it is to lie."""


@dataclass(frozen=True)
class _Twin:
    """A picture whose bytes are known already."""

    arrival: Arrival
    sha256: str
    name: str
    """Under which they are known in the dataset."""


class _Import:
    """One import at work."""

    def __init__(self, root: Path, there: Sequence[str], staging: Path, limits: Limits) -> None:
        self.root, self.staging, self.limits = root, staging, limits
        self.names, self.captions = Names(there), Captions(root)
        self.taken: list[Taken] = []
        self.left_out: list[LeftOut] = []
        self.captioned: list[str] = []
        self.animated = 0
        self._there, self._was_there = list(there), set(there)
        self._by_size: dict[int, list[str]] = {}
        for name in there:
            self._by_size.setdefault((root / name).stat().st_size, []).append(name)
        self._known: dict[str, dict[str, str]] = {}
        """Names in the dataset, there or to be, by the hash of their bytes and the folder of their concept."""
        self._bad: dict[str, Arrival] = {}
        self._twins: list[_Twin] = []
        self._waiting: dict[Path, _Staged] = {}

    def take(self, arrivals: Sequence[Arrival], on_progress: Callable[[int, int], None]) -> None:
        """Copy, look at and place all that arrives."""
        fresh = self._fresh(arrivals)
        results = map_limited(try_to_look_at, fresh, limits=self.limits)
        try:
            for path, look in results:
                self._settle(path, look)
                on_progress(len(self.taken) + len(self.left_out) + len(self._twins), len(arrivals))
        finally:
            results.close()
            fresh.close()
        for twin in self._twins:
            self._settle_twin(twin)
        if arrivals:
            on_progress(len(arrivals), len(arrivals))

    def give_loose_captions(self, contents: Sequence[Contents]) -> None:
        """Texts of sources without pictures go to pictures of the same name that have none: to those of the other
        sources, or if none has any, to the dataset's.
        """
        if any(one.pictures for one in contents):
            names = [*(one.name for one in self.taken), *(twin.name for twin in self._twins)]
        else:
            names = self._there
        by_stem = _by_stem(names)
        for one in contents:
            with_picture = {stem_key(entry.name) for entry in one.pictures}
            for stem, entries in one.captions.items():
                if stem not in with_picture:
                    name = by_stem.get(stem) or by_stem.get(PurePosixPath(stem).name)
                    self._give_loose(None if one.pictures else name, entries)
        if names is self._there:
            metadata = all_metadata(contents)
            for name in names:
                if told := metadata.caption_of(str((self.root / name).absolute()), name):
                    self._note_captioned(name, self.captions.give(name, told=told))

    def _give_loose(self, name: str | None, entries: Sequence[Entry]) -> None:
        if name is None:
            self.left_out += [_tell_loose(entry.shown) for entry in entries]
        else:
            self._note_captioned(name, self.captions.give(name, entries))

    def _note_captioned(self, name: str, is_new: bool) -> None:
        if is_new and name in self._was_there:
            self.captioned.append(name)

    def placed_of(self, contents: Contents) -> Mapping[str, str]:
        """Where the pictures of a source lie now, by their names in it."""
        by_source = {one.source: one.name for one in self.taken}
        return {entry.name: by_source[entry.shown] for entry in contents.pictures if entry.shown in by_source}

    def report(self, contents: Sequence[Contents]) -> ImportReport:
        """All that was done."""
        order = {entry.shown: index for index, entry in enumerate(e for one in contents for e in one.source.entries)}
        taken = [replace(one, has_caption=self.captions.has_one(one.name)) for one in self.taken]
        told = tell_foreign_masks([name for one in contents for name in one.foreign_masks])
        told += [project.notice() for one in contents for project in one.projects]
        notices = [*_tell_animated(self.animated), *self.captions.notices(), *told, *_tell_others(contents)]
        return ImportReport(
            self.root,
            tuple(sorted(taken, key=lambda one: one.name)),
            tuple(sorted([*self.left_out, *self.captions.left_out], key=lambda one: order.get(one.source, 0))),
            tuple(self.captioned),
            tuple(notices),
        )

    def _fresh(self, arrivals: Sequence[Arrival]) -> Generator[Path]:
        """Staged copies of pictures that aren't known yet, in order; copying runs ahead of whoever takes them."""
        threads = ThreadPoolExecutor(_COPYING_THREADS, thread_name_prefix="copy")
        ahead: deque[tuple[Arrival, Path, Future[str | Text]]] = deque()
        try:
            for number, arrival in enumerate(arrivals):
                place = self.staging / f"{number}{arrival.suffix}"
                ahead.append((arrival, place, threads.submit(stage, arrival.entry, place)))
                if len(ahead) > _AHEAD:
                    yield from self._first(ahead)
            while ahead:
                yield from self._first(ahead)
        finally:
            threads.shutdown(cancel_futures=True)

    def _first(self, ahead: deque[tuple[Arrival, Path, Future[str | Text]]]) -> Iterator[Path]:
        arrival, place, copied = ahead.popleft()
        sha256 = copied.result()
        if isinstance(sha256, Text):
            self.left_out.append(LeftOut(arrival.entry.shown, "damaged", sha256))
        elif name := self._known_as(place.stat().st_size, sha256, arrival):
            self._twins.append(_Twin(arrival, sha256, name))
            place.unlink()
        else:
            name = self.names.take(arrival.folder, arrival.stem, arrival.suffix)
            self._known.setdefault(sha256, {})[arrival.concept] = name
            self._waiting[place] = _Staged(arrival, sha256, name)
            yield place

    def _known_as(self, size: int, sha256: str, arrival: Arrival) -> str | None:
        """The picture of the dataset that is the same and teaches the same; None if there is none. Those that are there
        are hashed only when one of their size arrives.
        """
        for name in self._by_size.pop(size, []):
            same = self._known.setdefault(known_sha256(self.root / name), {})
            same.setdefault(concept_folder(PurePosixPath(name).parent.as_posix()), name)
        same = self._known.get(sha256, {})
        return same.get(arrival.concept) if arrival.names_concept else next(iter(same.values()), None)

    def _settle(self, path: Path, look: Look | Text | Lost) -> None:
        staged = self._waiting.pop(path)
        arrival, shown = staged.arrival, staged.arrival.entry.shown
        if not isinstance(look, Look):
            text = tell_lost(shown, look, self.limits) if isinstance(look, Lost) else _renamed(look, path, shown)
            self.left_out.append(LeftOut(shown, "damaged", text))
            self._bad[staged.sha256] = arrival
            path.unlink()
            return
        place = self.root / staged.name
        place.parent.mkdir(parents=True, exist_ok=True)
        path.replace(place)
        remember_sha256(place, staged.sha256)
        keep_thumbnail(staged.sha256, look.thumbnail)
        self._take_mask(arrival, place)
        self.captions.give(staged.name, arrival.captions, arrival.sidecars, told=arrival.told)
        self.taken.append(Taken(shown, staged.name, look.size))
        self.animated += look.is_animated

    def _take_mask(self, arrival: Arrival, place: Path) -> None:
        if arrival.mask is None:
            return
        staged, suffix = self.staging / "mask", PurePosixPath(arrival.mask.name).suffix.lower()
        problem = stage(arrival.mask, staged)
        if isinstance(problem, Text):
            self.left_out.append(LeftOut(arrival.mask.shown, "damaged", problem))
        else:
            shutil.move(staged, place.with_name(f"{place.stem}{MASK_ENDING}{suffix}"))

    def _settle_twin(self, twin: _Twin) -> None:
        """What is known already isn't taken again, but may bring the caption that the first one lacks."""
        arrival, name = twin.arrival, twin.name
        shown = arrival.entry.shown
        if bad := self._bad.get(twin.sha256):
            text = Text(
                f"'{shown}' is the same as '{bad.entry.shown}', which can't be used.",
                f"“{shown}”与“{bad.entry.shown}”相同，无法使用。",
            )
            self.left_out.append(LeftOut(shown, "damaged", text))
            return
        text = Text(f"'{shown}' is the same, byte for byte, as '{name}'.", f"“{shown}”与“{name}”逐字节相同。")
        self.left_out.append(LeftOut(shown, "duplicate", text))
        brings = self.captions.give(name, arrival.captions, arrival.sidecars, told=arrival.told)
        self._note_captioned(name, brings)


def _by_stem(names: Sequence[str]) -> dict[str, str]:
    """Pictures by their path without suffix, and by its last part where that is only one's."""
    by_last: dict[str, list[str]] = {}
    for name in names:
        by_last.setdefault(PurePosixPath(stem_key(name)).name, []).append(name)
    unique = {last: alike[0] for last, alike in by_last.items() if len(alike) == 1}
    return unique | {stem_key(name): name for name in names}


def _renamed(text: Text, path: Path, shown: str) -> Text:
    """A sentence about a staged copy as one about the file that the user knows."""
    return Text(text.en.replace(str(path), shown), text.zh.replace(str(path), shown))


def _tell_loose(shown: str) -> LeftOut:
    text = Text(f"'{shown}' is a text without a picture of its name.", f"“{shown}”没有同名的图片。")
    return LeftOut(shown, "caption", text)


def _tell_animated(count: int) -> list[Text]:
    if not count:
        return []
    return [Text(f"{count} animated pictures: the first frame is trained on.", f"{count} 张动图：只用第一帧训练。")]


def _tell_others(contents: Sequence[Contents]) -> list[Text]:
    others = [name for one in contents for name in one.others]
    if not others:
        return []
    count, first = len(others), others[0]
    return [
        Text(
            f"{count} files are neither pictures nor captions and are passed over, as '{first}'.",
            f"跳过了 {count} 个既非图片也非标注的文件（如“{first}”）。",
        )
    ]
