"""What it looks like when memory runs out, on every device, what can be given back, and what had better be kept."""

import ctypes
import gc
import platform

import torch

from danlu.kit.errors import UserError

SAID = (
    "can't allocate memory",  # torch on the CPU
    "not enough memory",  # the same on Windows
    "out of memory",  # CUDA in torch's other errors, and Apple chips
    "ALLOC_FAILED",  # cuBLAS and cuDNN
)
"""Parts of the messages of errors that have no class of their own."""


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory ran out."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error) for words in SAID)


def release_memory(device: str) -> None:
    """Give back what a failed computation left behind."""
    gc.collect()
    if device.startswith("cuda"):
        torch.cuda.empty_cache()
    elif device.startswith("mps"):
        torch.mps.empty_cache()


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
    said = message.strip().partition("\n")[0].rstrip(".")
    return UserError(
        f"Memory ran out at step {step}, although only one picture is computed at a time ({said}): lower "
        "dataset.buckets.resolution or adapter.rank, set adapter.text_encoder = false, or close other programs. The "
        "last checkpoint is kept.",
        f"第 {step} 步内存（显存）不足，尽管一次只计算一张图片（{said}）：请降低 dataset.buckets.resolution 或 "
        "adapter.rank，设置 adapter.text_encoder = false，或关闭其他程序。最近的检查点仍然保留。",
    )
