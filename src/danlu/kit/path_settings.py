"""Settings that name a file or folder. A relative path starts at the folder of the file that holds the setting, so that
it means the same wherever one stands.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class PathSetting:
    """Marks a field as a path: `folder: Annotated[str | None, PathSetting()]`."""

    names: tuple[str, ...] = ()
    """Values that are names of something known, not paths."""
    found_from_here: bool = False
    """Whether what doesn't lie beside the file may lie where one stands, as on a command line; what lies nowhere stays
    as it is written."""

    def seen_from(self, folder: Path, value: str) -> str:
        """The absolute path that a value in a file of this folder means."""
        path = Path(value).expanduser()
        beside = (folder / path).absolute()
        if value in self.names:
            return value
        if beside.exists() or not self.found_from_here:
            return str(beside)
        return str(path.absolute()) if path.exists() else value


def with_absolute_paths(model: M, folder: Path) -> M:
    """The same settings with all paths absolute, seen from `folder`."""
    return with_paths(model, lambda setting, value: setting.seen_from(folder, value))


def with_paths(model: M, change: Callable[[PathSetting, str], str]) -> M:
    """The same settings with every path changed, also those of inner settings."""
    changed: dict[str, Any] = {}
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        setting = next((one for one in field.metadata if isinstance(one, PathSetting)), None)
        if isinstance(value, BaseModel):
            changed[name] = with_paths(value, change)
        elif setting is not None and isinstance(value, str):
            changed[name] = change(setting, value)
    return model.model_copy(update=changed)
