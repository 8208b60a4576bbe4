"""Is this machine ready? One check per thing that training needs, each with what was found and what to do about it."""

import os
import platform
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from danlu.kit.errors import UserError
from danlu.kit.files import write_atomically
from danlu.kit.language import Text
from danlu.kit.places import EMBEDDED_BASE, EMBEDDED_TAGGER, cache_folder, data_folder
from danlu.kit.quantities import format_bytes

OLDEST_PYTHON = (3, 11)
LIBRARIES = ("torch", "diffusers", "transformers", "safetensors", "onnxruntime", "pillow", "pydantic", "numpy")
INSTALL_AGAIN = Text("Install Danlu again: its data is incomplete.", "安装不完整：请重新安装丹炉。")
WANTED_FREE_BYTES = 2 * 1024**3
WANTED_MEMORY_BYTES = 3 * 1024**3


@dataclass(frozen=True)
class Check:
    """One thing that was looked at."""

    name: str
    ok: bool
    title: Text
    found: Text
    advice: Text | None = None
    """What to do if it isn't fine."""


def check_machine() -> list[Check]:
    """All checks in a fixed order. Never raises for what it finds; loads torch but no weights."""
    checks: tuple[Callable[[], Check], ...] = (
        _check_python,
        _check_libraries,
        _check_device,
        _check_processor,
        _check_memory,
        _check_disk,
        _check_cache,
        _check_base,
        _check_tagger,
    )
    return [check() for check in checks]


def _same(text: str) -> Text:
    return Text(text, text)


def _check_python() -> Check:
    ok = sys.version_info[:2] >= OLDEST_PYTHON
    found = f"{platform.python_version()} ({platform.system()} {platform.machine()})"
    advice = Text("Danlu needs Python 3.11 or newer: install it.", "丹炉需要 Python 3.11 或更新版本：请安装。")
    return Check("python", ok, _same("Python"), _same(found), None if ok else advice)


def _check_libraries() -> Check:
    found: list[str] = []
    missing: list[str] = []
    for name in LIBRARIES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            missing.append(name)
    text = ", ".join(found)
    advice = Text(
        f"{', '.join(missing)} not installed: run `pip install -e .` again.",
        f"缺少 {'、'.join(missing)}：请重新运行 `pip install -e .`。",
    )
    return Check("libraries", not missing, Text("Libraries", "依赖库"), _same(text), advice if missing else None)


def _check_device() -> Check:
    from danlu.training.precision import choose_compute

    title = Text("Device", "计算设备")
    try:
        compute = choose_compute()
    except UserError as error:
        return Check("device", False, title, Text("none", "无"), error.text)
    found = Text(
        f"{compute.device}, {compute.precision}: {compute.reason.en}",
        f"{compute.device}，{compute.precision}：{compute.reason.zh}",
    )
    advice = None
    if compute.device == "cpu":
        advice = Text(
            "No GPU was found: the embedded base trains in minutes here, full-size bases take hours.",
            "未发现 GPU：内置底模几分钟即可训练，完整底模需要数小时。",
        )
    return Check("device", True, title, found, advice)


def _check_processor() -> Check:
    import torch

    from danlu.training.precision import has_fast_bf16

    features = [torch.backends.cpu.get_cpu_capability()]
    if has_fast_bf16():
        features.append("bf16")
    found = f"{os.cpu_count()} × {platform.processor() or platform.machine()}, {', '.join(features)}"
    return Check(
        "processor", True, Text("Processor", "处理器"), _same(f"{found}, {torch.get_num_threads()} torch threads")
    )


def _check_memory() -> Check:
    import psutil

    memory = psutil.virtual_memory()
    free, total = format_bytes(memory.available), format_bytes(memory.total)
    ok = memory.available >= WANTED_MEMORY_BYTES
    advice = Text(
        f"Less than {format_bytes(WANTED_MEMORY_BYTES)} of memory is free: close other programs before training.",
        f"可用内存不足 {format_bytes(WANTED_MEMORY_BYTES)}：训练前请关闭其他程序。",
    )
    found = Text(f"{free} of {total} free", f"可用 {free} / {total}")
    return Check("memory", ok, Text("Memory", "内存"), found, None if ok else advice)


def _check_disk() -> Check:
    free = shutil.disk_usage(Path.cwd()).free
    ok = free >= WANTED_FREE_BYTES
    advice = Text(
        f"Less than {format_bytes(WANTED_FREE_BYTES)} is free in this folder: free some space.",
        f"当前磁盘可用空间不足 {format_bytes(WANTED_FREE_BYTES)}：请清理。",
    )
    found = Text(f"{format_bytes(free)} free in this folder", f"当前文件夹可用 {format_bytes(free)}")
    return Check("disk", ok, Text("Disk", "磁盘"), found, None if ok else advice)


def _check_cache() -> Check:
    folder, title = cache_folder(), Text("Cache", "缓存")
    probe = folder / ".probe"
    try:
        write_atomically(probe, "")
        probe.unlink()
    except (UserError, OSError) as error:
        advice = Text("Set DANLU_CACHE to a folder that can be written.", "请把环境变量 DANLU_CACHE 设为可写的文件夹。")
        return Check("cache", False, title, _same(f"{folder}: {error}"), advice)
    used = format_bytes(sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()))
    return Check("cache", True, title, Text(f"{folder}, {used} used", f"{folder}，已用 {used}"))


def _check_base() -> Check:
    from danlu.families.find import find_base

    title = Text("Embedded base", "内置底模")
    try:
        _, facts = find_base(EMBEDDED_BASE)
    except UserError as error:
        return Check("base", False, title, error.text, INSTALL_AGAIN)
    found = f"{facts.name}, {facts.family}, {facts.native_px} px, {format_bytes(facts.weights_bytes)}"
    return Check("base", True, title, _same(found))


def _check_tagger() -> Check:
    folder = data_folder() / EMBEDDED_TAGGER
    missing = [name for name in ("model.onnx", "selected_tags.csv") if not (folder / name).is_file()]
    return Check(
        "tagger",
        not missing,
        Text("Embedded tagger", "内置打标器"),
        Text(f"missing: {', '.join(missing)}", f"缺少：{'、'.join(missing)}") if missing else _same(EMBEDDED_TAGGER),
        INSTALL_AGAIN if missing else None,
    )
