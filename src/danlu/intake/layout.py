"""Into which folder of the dataset each picture of a source goes.

kohya's folders are kept, wherever they lie in the source: `project/image/6_NAME/a.png`, pointed at from any level, goes
to `6_NAME/a.png`, regularization pictures to `reg/1_CLASS/a.png`. What lies outside of such folders (samples, logs)
isn't taken, as training wouldn't see it either. A source without such folders is taken as it is, less the folders that
hold nothing but the next one.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath
from posixpath import commonpath

from danlu.datasets.folder_names import REGULARIZATION_NAMES, REPEATS_NAME
from danlu.intake.names import portable
from danlu.kit.errors import UserError


def folders_for(source: str, names: Sequence[str], *, in_kohya_folders: bool) -> dict[str, str | None]:
    """The dataset's folder for each picture of a source, given its name and those of its pictures; None for those that
    lie outside of the source's kohya folders.

    With `in_kohya_folders`, pictures of a source that has none get one by the source's name.
    """
    kept = {name: _kept_from((source, *PurePosixPath(name).parent.parts)) for name in names}
    if has_kohya_folders(source, names):
        return {name: None if parts is None else _joined(parts) for name, parts in kept.items()}
    folders = [PurePosixPath(name).parent.parts for name, parts in kept.items() if parts is None]
    wrapping = len(PurePosixPath(commonpath(["/".join(parts) for parts in folders])).parts) if folders else 0
    above = (f"1_{source}",) if in_kohya_folders else ()
    return {
        name: _joined(parts if parts is not None else (*above, *PurePosixPath(name).parent.parts[wrapping:]))
        for name, parts in kept.items()
    }


def has_kohya_folders(root: str, names: Iterable[str]) -> bool:
    """Whether pictures to train on lie in `REPEATS_NAME` folders, the root's own name counting too."""
    for name in names:
        parts = (root, *PurePosixPath(name).parent.parts)
        regular = not any(part.lower() in REGULARIZATION_NAMES for part in parts)
        if regular and any(REPEATS_NAME.fullmatch(part) for part in parts):
            return True
    return False


def require_no_mixture(target: Path, there: Sequence[str], source: str) -> None:
    """Raise `UserError` if a dataset holds pictures that training passes over once kohya folders are beside them."""
    root = target.resolve().name
    loose = [name for name in there if _kept_from((root, *PurePosixPath(name).parent.parts)) is None]
    if loose:
        raise UserError(
            f"'{source}' has REPEATS_NAME folders, but '{target}' holds pictures outside of such folders, as "
            f"'{loose[0]}', which then wouldn't be trained on: import into a new folder, or move them into one such as "
            f"'1_{root}'.",
            f"“{source}”含“重复次数_概念名”文件夹，而“{target}”中有不在这类文件夹里的图片（如“{loose[0]}”），"
            f"它们将不会参与训练：请导入到新文件夹，或先把它们移到“1_{root}”这样的文件夹中。",
        )


def concept_folder(folder: str) -> str:
    """The folder of the concept that pictures of a folder (POSIX path) teach, with that for regularization above it;
    empty if none names one.
    """
    parts = PurePosixPath(folder).parts
    for index in reversed(range(len(parts))):
        if REPEATS_NAME.fullmatch(parts[index]) or parts[index].lower() in REGULARIZATION_NAMES:
            return "/".join(_kept_from(parts[: index + 1]) or ())
    return ""


def names_concept(source: str, name: str) -> bool:
    """Whether a picture of a source lies in a folder that says which concept it teaches."""
    return _kept_from((source, *PurePosixPath(name).parent.parts)) is not None


def _kept_from(parts: Sequence[str]) -> tuple[str, ...] | None:
    """A path's parts from the folder on that names its concept, the nearest to the picture; None without one."""
    regularization = next((part for part in parts if part.lower() in REGULARIZATION_NAMES), None)
    for index in reversed(range(len(parts))):
        if REPEATS_NAME.fullmatch(parts[index]):
            return ((regularization,) if regularization else ()) + tuple(parts[index:])
        if parts[index].lower() in REGULARIZATION_NAMES:
            return tuple(parts[index:])
    return None


def _joined(parts: Iterable[str]) -> str:
    return "/".join(portable(part) for part in parts)
