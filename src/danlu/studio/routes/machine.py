"""The machine, and what its owner has set."""

from pathlib import Path

from fastapi import APIRouter

from danlu.kit.language import Text
from danlu.store.runs import write_settings
from danlu.studio.bases import settings_of
from danlu.studio.context import Owner, TheStudio
from danlu.studio.machine import look_at_machine
from danlu.studio.problems import ProblemError
from danlu.studio.shapes.machine import MachineShape, SettingsShape

router = APIRouter(tags=["machine"])


@router.get("/machine")
def get_machine(studio: TheStudio) -> MachineShape:
    """What this machine has, and how much of it is free."""
    return look_at_machine(studio.folder)


@router.get("/settings")
def get_settings(studio: TheStudio, owner: Owner) -> SettingsShape:
    """What the owner has set."""
    return settings_of(studio, owner)


@router.put("/settings")
def put_settings(settings: SettingsShape, studio: TheStudio, owner: Owner) -> SettingsShape:
    """Set folders in which bases and taggers are looked for. Each must be there."""
    for field, folders in (("base_folders", settings.base_folders), ("tagger_folders", settings.tagger_folders)):
        for folder in folders:
            if "\x00" in folder or not Path(folder).expanduser().is_dir():
                text = Text(f"The folder '{folder}' doesn't exist.", f"文件夹“{folder}”不存在。")
                raise ProblemError(422, "invalid", text, field=field)
    write_settings(studio.database, owner, settings.model_dump())
    return settings
