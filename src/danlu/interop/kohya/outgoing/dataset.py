"""A dataset as folders that kohya's programs train on: `img/N_concept`, `reg/N_class` and a dataset config.

They know of no crop boxes, views, single repeats or exclusions, and read pixels as they lie in the file. So what is
trained on is written out: pictures that are used whole and plainly become hard links, all others new PNG files with
the pixels that Danlu trains on; pictures of other repeats lie in a folder of their own. Then the result is read back.
"""

import os
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from danlu.datasets.augmentation import shown_part
from danlu.datasets.decode import is_plain
from danlu.datasets.manifest import ConceptFacts, manifest_with
from danlu.datasets.pictures import Dataset, Picture, Size
from danlu.datasets.scan import scan_dataset
from danlu.kit.errors import UserError
from danlu.kit.files import told_by_disk, write_atomically
from danlu.kit.language import Text

TRAINED, REGULARIZING = "img", "reg"
MOST_REPEATS = 999
"""What the number at the head of a folder's name may be."""


@dataclass(frozen=True)
class PlannedFile:
    """One picture of the export."""

    picture: Picture
    folder: str
    """POSIX path below the target, as `img/6_hero`."""
    stem: str
    is_linked: bool
    """Whether the file itself is used, instead of a new one."""

    @property
    def name(self) -> str:
        """POSIX path of the picture below the target."""
        suffix = self.picture.path.suffix.lower() if self.is_linked else ".png"
        return f"{self.folder}/{self.stem}{suffix}"


@dataclass(frozen=True)
class DatasetExport:
    """What an export makes, and what it leaves behind."""

    dataset: Dataset
    files: tuple[PlannedFile, ...]
    notices: tuple[Text, ...]

    @property
    def linked(self) -> int:
        """How many pictures are used as they are."""
        return sum(file.is_linked for file in self.files)

    def folders(self) -> dict[str, list[PlannedFile]]:
        """The files by their folder."""
        found: dict[str, list[PlannedFile]] = {}
        for file in self.files:
            found.setdefault(file.folder, []).append(file)
        return found


def plan_dataset_export(dataset: Dataset) -> DatasetExport:
    """Where each picture that is trained on goes. Raises `UserError` for repeats that a folder's name can't say."""
    files: list[PlannedFile] = []
    taken: set[tuple[str, str]] = set()
    for picture in dataset.pictures:
        if picture.held_out:
            continue
        folder = _folder_of(dataset, picture)
        stem = next(stem for stem in _stems(picture) if (folder, stem.casefold()) not in taken)
        taken.add((folder, stem.casefold()))
        linked = picture.crop is None and not picture.is_mirrored and is_plain(picture.path)
        files.append(PlannedFile(picture, folder, stem, linked))
    return DatasetExport(dataset, tuple(files), tuple(_notices(dataset)))


def write_dataset_export(
    export: DatasetExport, out: Path, *, copy: bool = False, on_progress: Callable[[int, int], None] | None = None
) -> int:
    """Write pictures, captions and triggers into a new folder, whole or not at all; returns how many were linked.

    Pictures that can't be linked, because they lie on another disk, are copied. Raises `UserError` if the folder is
    there and not empty or lies within the dataset, for a picture that can't be decoded, and if what was written isn't
    read back as it was meant.
    """
    _require_new(export.dataset.root, out)
    part = out.parent / f".{out.name}.part"
    shutil.rmtree(part, ignore_errors=True)
    linked = 0
    try:
        for done, file in enumerate(export.files, 1):
            linked += _write_picture(file, part / file.name, copy=copy)
            _write_caption(export.dataset, file, part)
            if on_progress:
                on_progress(done, len(export.files))
        _write_triggers(export.dataset, part)
        _require_same(export, part)
        if out.exists():
            out.rmdir()
        part.replace(out)
    except OSError as error:
        raise told_by_disk(error, out) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return linked


def _folder_of(dataset: Dataset, picture: Picture) -> str:
    concept = dataset.concepts[picture.concept]
    if picture.repeats > MOST_REPEATS:
        raise UserError(
            f"'{picture.name}' has {picture.repeats} repeats, and a folder's name says {MOST_REPEATS} at most: lower "
            "them, and train for more epochs.",
            f"“{picture.name}”的重复次数为 {picture.repeats}，而文件夹名最多写 {MOST_REPEATS}："
            "请减少重复次数，增加轮数。",
        )
    return f"{REGULARIZING if concept.regularization else TRAINED}/{picture.repeats}_{concept.name}"


def _stems(picture: Picture) -> list[str]:
    """Names without suffix that a picture may take, in order of preference: only pictures of other folders get more."""
    own = picture.path.stem if picture.view is None else f"{picture.path.stem}.{picture.view}"
    own = own + "_" if own.lower().endswith(".mask") else own  # else it would be taken for one
    above = PurePosixPath(picture.file_name).parent.parts
    joined = "__".join([*above, own])
    return [own, joined, *(f"{joined}-{number}" for number in range(2, 10_000))]


def _write_picture(file: PlannedFile, target: Path, *, copy: bool) -> bool:
    target.parent.mkdir(parents=True, exist_ok=True)
    if not file.is_linked:
        shown_part(file.picture).save(target, "PNG")
        return False
    if not copy:
        try:
            os.link(file.picture.path, target)
        except OSError:
            pass
        else:
            return True
    shutil.copyfile(file.picture.path, target)
    return False


def _write_caption(dataset: Dataset, file: PlannedFile, part: Path) -> None:
    """A picture without caption teaches the empty one, and kohya would take its folder's name; what is there for
    regularization takes its folder's name in both programs.
    """
    caption = file.picture.caption
    if caption is None and dataset.concepts[file.picture.concept].regularization:
        return
    (part / file.folder / f"{file.stem}.txt").write_text(f"{caption or ''}\n", encoding="utf-8")


def _write_triggers(dataset: Dataset, part: Path) -> None:
    """For Danlu's own reading: kohya passes the file over."""
    facts = {
        one.name: ConceptFacts(trigger=one.trigger, traits=one.traits or None)
        for one in dataset.concepts
        if one.trigger or one.traits
    }
    if facts:
        write_atomically(part / "danlu.toml", manifest_with(part, concepts=facts))


def _require_new(root: Path, out: Path) -> None:
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UserError(
            f"'{out}' is there already and isn't empty: choose a new folder with --to.",
            f"“{out}”已存在且不为空：请用 --to 指定新的文件夹。",
        )
    if out.resolve().is_relative_to(root.resolve()):
        raise UserError(
            f"'{out}' lies within the dataset, which would then hold everything twice: choose another folder.",
            f"“{out}”位于数据集内部，会造成重复：请换一个文件夹。",
        )


def _require_same(export: DatasetExport, part: Path) -> None:
    """Hold what a scan finds against what was meant."""
    trained = replace(export.dataset, pictures=tuple(file.picture for file in export.files))
    meant, found = _summary(trained), _summary(scan_dataset(part))
    if meant != found:
        name = next(iter((meant - found) + (found - meant)))[0]
        raise UserError(
            f"The export isn't read back as it was meant ('{name}'): nothing was kept. Please report this.",
            f"导出结果读回后不一致（“{name}”）：未保留任何文件。请反馈此问题。",
        )


def _summary(dataset: Dataset) -> Counter[tuple[str, bool, int, str, Size]]:
    rows = ((dataset.concepts[one.concept], one) for one in dataset.pictures)
    return Counter(
        (concept.name, concept.regularization, one.repeats, one.caption or "", one.framed_size) for concept, one in rows
    )


def _notices(dataset: Dataset) -> list[Text]:
    """What isn't in the folders, though the dataset says it."""
    held_out = [one.name for one in dataset.pictures if one.held_out]
    rows: Sequence[tuple[Sequence[object], str, str]] = (
        (held_out, "pictures are held out for validation and left out", "张图片留作验证，未导出"),
        (dataset.problems, "pictures can't be read and are left out", "张图片无法读取，未导出"),
        (list(dataset.masks), "masks aren't taken along", "个蒙版未导出"),
    )
    return [Text(f"{len(found)} {en}.", f"{len(found)} {zh}。") for found, en, zh in rows if found]
