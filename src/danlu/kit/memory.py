"""What it looks like when memory runs out, on every device, and what can be given back."""

import gc

SAID = (
    "can't allocate memory",  # torch on the CPU
    "not enough memory",  # the same on Windows
    "out of memory",  # CUDA in torch's other errors, and Apple chips
    "ALLOC_FAILED",  # cuBLAS and cuDNN
)
"""Parts of the messages of errors that have no class of their own."""


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory ran out."""
    import torch

    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error) for words in SAID)


def release_memory(device: str) -> None:
    """Give back what a failed computation left behind."""
    import torch

    gc.collect()
    if device.startswith("cuda"):
        torch.cuda.empty_cache()
    elif device.startswith("mps"):
        torch.mps.empty_cache()


def first_sentence(message: str) -> str:
    """What a device says of it, without the advice that follows, to be quoted in a sentence."""
    return message.strip().partition("\n")[0].rstrip(".")
