"""The machine, and what its owner has set."""

from fastapi import APIRouter

from danlu.store.runs import write_settings
from danlu.studio.bases import settings_of
from danlu.studio.context import LocalOwner, Owner, TheStudio
from danlu.studio.folders import require_folders, scan_folders
from danlu.studio.machine import look_at_machine
from danlu.studio.shapes.machine import FolderScan, MachineShape, SettingsShape

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
def put_settings(settings: SettingsShape, studio: TheStudio, owner: LocalOwner) -> SettingsShape:
    """Set folders in which bases and taggers are looked for. Each must be there."""
    chosen = SettingsShape(
        base_folders=require_folders(settings.base_folders, "base_folders"),
        tagger_folders=require_folders(settings.tagger_folders, "tagger_folders"),
    )
    write_settings(studio.database, owner, chosen.model_dump())
    return chosen


@router.get("/settings/folders")
def scan_settings_folders(studio: TheStudio, owner: LocalOwner) -> list[FolderScan]:
    """What lies in each folder of the settings: bases or taggers, and what can't be used, with the reason."""
    return scan_folders(settings_of(studio, owner))
