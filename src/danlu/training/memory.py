"""What memory had better be kept between steps, and what to say where a step doesn't fit into it."""

import ctypes
import platform

from danlu.kit.errors import UserError
from danlu.kit.memory import first_sentence


def keep_freed_memory() -> None:
    """Let the process keep what it frees for what it allocates next, where the C library is glibc.

    By itself glibc returns every large block to the system at once, so that each step gets all its tensors as new
    pages, which the system has to clear first. The peak stays about what it was.
    """
    trim_threshold, largest_number_of_maps, never = -1, -4, -1  # M_TRIM_THRESHOLD and M_MMAP_MAX of malloc.h
    if platform.libc_ver()[0] == "glibc":
        library = ctypes.CDLL(None)
        library.mallopt(largest_number_of_maps, 0)
        library.mallopt(trim_threshold, never)


def too_large(step: int, message: str) -> UserError:
    """The sentence for a step that doesn't fit even in the smallest portions; `message` is the device's own."""
    said = first_sentence(message)
    return UserError(
        f"Memory ran out at step {step}, although only one picture is computed at a time ({said}): lower "
        "dataset.buckets.resolution or adapter.rank, set adapter.text_encoder = false, or close other programs. The "
        "last checkpoint is kept.",
        f"第 {step} 步内存（显存）不足，尽管一次只计算一张图片（{said}）：请降低 dataset.buckets.resolution 或 "
        "adapter.rank，设置 adapter.text_encoder = false，或关闭其他程序。最近的检查点仍然保留。",
    )
