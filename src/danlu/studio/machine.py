"""What this machine has. The device is found by `danlu doctor`, once, beside everything else: it loads torch."""

import os
import platform
import shutil
import subprocess
import time
from importlib.metadata import version
from pathlib import Path
from subprocess import SubprocessError
from threading import Lock, Thread
from typing import Literal

from danlu.kit.errors import UserError
from danlu.kit.language import Text
from danlu.store.folder import StudioFolder
from danlu.studio.shapes.common import Said
from danlu.studio.shapes.machine import DeviceShape, MachineShape
from danlu.studio.subprocesses import doctor

_SIZES_SECONDS = 60.0
_Kind = Literal["cpu", "cuda", "mps"]
_CPU: _Kind = "cpu"
_KINDS: tuple[_Kind, ...] = ("cuda", "mps")


class _Known:
    """What was found out, for the process."""

    device: DeviceShape | None = None
    looking: Thread | None = None
    sizes: tuple[float, int, int] | None = None
    lock = Lock()


def look_at_machine(folder: StudioFolder) -> MachineShape:
    """What it has, and how much is free now."""
    import psutil

    memory, disk = psutil.virtual_memory(), shutil.disk_usage(folder.root)
    datasets, runs = _sizes(folder)
    return MachineShape(
        version=version("danlu"),
        device=_device(),
        processors=os.cpu_count() or 1,
        processor_load=min(1.0, psutil.cpu_percent() / 100),
        memory_bytes=memory.total,
        memory_free_bytes=memory.available,
        disk_bytes=disk.total,
        disk_free_bytes=disk.free,
        datasets_bytes=datasets,
        runs_bytes=runs,
        data_folder=str(folder.root),
    )


def _device() -> DeviceShape | None:
    with _Known.lock:
        if _Known.device is None and _Known.looking is None:
            _Known.looking = Thread(target=_find_device, daemon=True, name="device")
            _Known.looking.start()
    return _with_memory(_Known.device) if _Known.device else None


def _find_device() -> None:
    """What trains: its kind from `danlu doctor`, its name from the system, and in which format, and why, as a note."""
    try:
        found = next((one for one in doctor() if one["name"] == "device"), None)
    except (UserError, SubprocessError, OSError, ValueError):
        found = None
    text = Text(**found["text"]) if found else Text("cpu", "cpu")
    named, _, note = text.en.partition(", ")
    kind: _Kind = next((one for one in _KINDS if named.lower().startswith(one)), _CPU)
    told = Said(en=note, zh=text.zh.partition("，")[2] or note) if note else None
    name = {"cpu": _processor(), "mps": "Apple GPU"}.get(kind, named)
    _Known.device = DeviceShape(kind=kind, name=name, note=told, memory_bytes=None, free_bytes=None)


def _processor() -> str:
    """The processor by its trade name, where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, "") or platform.processor() or platform.machine()


def _with_memory(device: DeviceShape) -> DeviceShape:
    """With the memory of the first NVIDIA card, as its driver tells it; others share the machine's."""
    if device.kind != "cuda":
        return device
    asked = ["nvidia-smi", "--query-gpu=name,memory.total,memory.free", "--format=csv,noheader,nounits"]
    try:
        done = subprocess.run(asked, capture_output=True, text=True, timeout=5, check=True)
        name, total, free = done.stdout.splitlines()[0].split(", ")
    except (SubprocessError, OSError, ValueError, IndexError):
        return device
    memory = {"memory_bytes": int(total) << 20, "free_bytes": int(free) << 20}
    return device.model_copy(update={"name": name, **memory})


def _sizes(folder: StudioFolder) -> tuple[int, int]:
    """How much datasets and runs take on disk, looked at once a minute."""
    known = _Known.sizes
    if known is None or time.monotonic() - known[0] > _SIZES_SECONDS:
        known = (time.monotonic(), _size(folder.root / "datasets"), _size(folder.root / "runs"))
        _Known.sizes = known
    return known[1], known[2]


def _size(root: Path) -> int:
    total = 0
    for folder, _, files in os.walk(root):
        for name in files:
            try:
                total += Path(folder, name).lstat().st_size
            except OSError:
                continue
    return total
