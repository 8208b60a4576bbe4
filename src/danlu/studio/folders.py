"""Folders of the settings: checked when they are set, and looked through with what was found and what can't be used."""

import os
from pathlib import Path
from typing import Literal

from danlu.kit.language import Text
from danlu.studio.bases import scan_bases, scan_taggers
from danlu.studio.problems import ProblemError
from danlu.studio.shapes.common import said
from danlu.studio.shapes.machine import FolderScan, FoundInFolder, SettingsShape, UnusableInFolder

Kind = Literal["base", "tagger"]


def require_folders(folders: list[str], field: str) -> list[str]:
    """Folders as they are kept, each once. Raises `ProblemError` for one that can't be looked through."""
    tidy = list(dict.fromkeys(folder.strip().strip("\"'") for folder in folders))
    for folder in tidy:
        if (why := _refusal(folder)) is not None:
            raise ProblemError(422, "invalid", why, field=field)
    return tidy


def scan_folders(settings: SettingsShape) -> list[FolderScan]:
    """Each folder of the settings with what lies in it."""
    bases = [_scan_bases(folder) for folder in settings.base_folders]
    return [*bases, *(_scan_taggers(folder) for folder in settings.tagger_folders)]


def _refusal(folder: str) -> Text | None:
    path = Path(folder).expanduser() if "\x00" not in folder else None
    if path is None or not folder or not path.exists():
        return Text(f"The folder '{folder}' doesn't exist: check the path.", f"文件夹“{folder}”不存在：请检查路径。")
    if not path.is_absolute():
        return Text(
            f"'{folder}' isn't a whole path: begin with the root or the drive.",
            f"“{folder}”不是完整路径：请从根目录或盘符写起。",
        )
    if not path.is_dir():
        return Text(
            f"'{folder}' is a file: give the folder that it lies in.", f"“{folder}”是文件：请填写其所在文件夹。"
        )
    if not os.access(path, os.R_OK | os.X_OK):
        return Text(
            f"The folder '{folder}' can't be read: change its permissions.", f"无法读取文件夹“{folder}”：请修改其权限。"
        )
    return None


def _scan_bases(folder: str) -> FolderScan:
    found, unusable = scan_bases([folder])
    shown = [
        FoundInFolder(id=one.id, name=one.name, family_title=one.family.title, size_bytes=one.size_bytes)
        for one in found
    ]
    return _told("base", folder, shown, unusable)


def _scan_taggers(folder: str) -> FolderScan:
    found, unusable = scan_taggers([folder])
    shown = [FoundInFolder(id=one.id, name=one.name, family_title=None, size_bytes=None) for one in found]
    return _told("tagger", folder, shown, unusable)


def _told(kind: Kind, folder: str, found: list[FoundInFolder], unusable: list[tuple[str, Text]]) -> FolderScan:
    there = Path(folder).expanduser().is_dir()
    bad = [UnusableInFolder(name=name, text=said(text)) for name, text in unusable]
    return FolderScan(kind=kind, path=folder, there=there, found=found, unusable=bad)
