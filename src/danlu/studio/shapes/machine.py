"""The machine and the settings, as they are sent and received."""

from typing import Annotated

from pydantic import Field

from danlu.studio.shapes.common import Shape

FolderPath = Annotated[str, Field(min_length=1, max_length=1000)]


class DeviceShape(Shape):
    """What trains."""

    kind: str
    """cpu, cuda or mps."""
    name: str
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
