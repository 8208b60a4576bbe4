"""A data folder that was moved, or restored from a backup elsewhere: the paths into it are written anew.

Jobs are stored with the paths that their commands take, runs with the recipe that `danlu resume` reads. A path leads
into the data folder if it goes through a folder of ours, which no other has: their names end in an id. So it is found
wherever the data folder lay when it was written, and a copy never works on the folders of its original.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from sqlalchemy import select

from danlu.kit.files import write_atomically
from danlu.rundir.layout import RunFolder
from danlu.store.database import Database
from danlu.store.facts import read_fact, write_fact
from danlu.store.folder import StudioFolder
from danlu.store.tables import DatasetRow, JobRow, ModelRow, RunRow

_TABLES = {"datasets": DatasetRow, "runs": RunRow, "models": ModelRow}


def settle_folder(folder: StudioFolder, database: Database) -> None:
    """Make everything point to where the folder lies now; does nothing if it lies where it lay last."""
    if read_fact(database, "root") == str(folder.root):
        return
    with database.reading() as session:
        names = {kind: set(session.scalars(select(table.folder))) for kind, table in _TABLES.items()}
    for name in names["runs"]:
        run = RunFolder(folder.run(name))
        for recipe in (run.recipe, *run.root.glob("history/*/recipe.toml")):
            _settle_recipe(recipe, folder.root, names)
    with database.writing() as session:
        for row in session.scalars(select(JobRow)):
            row.order = _settled(row.order, folder.root, names)
    write_fact(database, "root", str(folder.root))


def _settle_recipe(file: Path, root: Path, names: Mapping[str, set[str]]) -> None:
    import tomlkit
    from tomlkit.exceptions import ParseError

    try:
        recipe = tomlkit.parse(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, ParseError):
        return  # there is none yet, or it is damaged: whoever reads it tells
    if _write_anew(cast(dict[str, Any], recipe), root, names):
        write_atomically(file, tomlkit.dumps(recipe))


def _write_anew(table: dict[str, Any], root: Path, names: Mapping[str, set[str]]) -> bool:
    """Change the paths of a table in place, so that comments stay; whether there were any."""
    changed = False
    for key, value in list(table.items()):
        if isinstance(value, dict):
            changed |= _write_anew(cast(dict[str, Any], value), root, names)
        elif (now := _settled(value, root, names)) != value:
            table[key], changed = now, True
    return changed


def _settled(value: Any, root: Path, names: Mapping[str, set[str]]) -> Any:
    """A value of JSON with its paths into the data folder as they are now."""
    if isinstance(value, Mapping):
        return {key: _settled(one, root, names) for key, one in cast(Mapping[str, Any], value).items()}
    if isinstance(value, list):
        return [_settled(one, root, names) for one in cast(list[Any], value)]
    return _settled_path(value, root, names) if isinstance(value, str) else value


def _settled_path(text: str, root: Path, names: Mapping[str, set[str]]) -> str:
    parts = re.split(r"[/\\]", text)
    for place, part in enumerate(parts[:-1]):
        for name in names.get(part, ()) if place else ():
            own = name.split("/")
            if parts[place + 1 : place + 1 + len(own)] == own:
                return str(root.joinpath(*parts[place:]))
    return text
