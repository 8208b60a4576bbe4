"""The machine and the settings, as they are sent and received."""

from typing import Annotated, Literal

from pydantic import Field

from danlu.studio.shapes.common import Said, Shape

FolderPath = Annotated[str, Field(min_length=1, max_length=1000)]


class DeviceShape(Shape):
    """What trains."""

    kind: Literal["cpu", "cuda", "mps"]
    name: str
    """The card's or the processor's."""
    note: Said | None
    """In which format it trains, and why."""
    memory_bytes: int | None
    free_bytes: int | None


class MachineShape(Shape):
    """What this machine has."""

    version: str
    """Danlu's."""
    device: DeviceShape | None
    """Null while it is being looked for, which takes some seconds after the start."""
    processors: int
    processor_load: float
    """0 to 1."""
    memory_bytes: int
    memory_free_bytes: int
    disk_bytes: int
    disk_free_bytes: int
    datasets_bytes: int
    runs_bytes: int
    data_folder: str


class SettingsShape(Shape):
    """What the owner has set."""

    base_folders: Annotated[list[FolderPath], Field(default_factory=list, max_length=50)]
    """Folders in which bases are looked for."""
    tagger_folders: Annotated[list[FolderPath], Field(default_factory=list, max_length=50)]
    """Folders in which taggers are looked for."""


class FoundInFolder(Shape):
    """A base or a tagger in a folder of the settings."""

    id: str
    name: str
    family_title: str | None
    """Of a base."""
    size_bytes: int | None


class UnusableInFolder(Shape):
    """What looks like one and can't be used."""

    name: str
    text: Said


class FolderScan(Shape):
    """What lies in a folder of the settings."""

    kind: Literal["base", "tagger"]
    path: str
    there: bool
    found: list[FoundInFolder]
    unusable: list[UnusableInFolder]
