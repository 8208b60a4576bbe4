"""Who is at work on a run, and what is asked of it: a lock that the system frees with its process, and empty files.

A request is asked by whoever watches, looked at after every step by the process that trains, and gone when answered.
"""

from collections.abc import Generator
from contextlib import contextmanager
from typing import get_args

from danlu.kit.errors import UserError
from danlu.kit.files import clear_unfinished
from danlu.rundir.layout import Request, RunFolder


@contextmanager
def at_work(run: RunFolder) -> Generator[None]:
    """Be the one process that works on a run. What was asked of an earlier one is forgotten, and what it was
    writing when it was killed removed.

    Raises `UserError` if another process is at work on it.
    """
    from filelock import FileLock, Timeout

    run.root.mkdir(parents=True, exist_ok=True)
    lock = FileLock(run.lock)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise UserError(
            f"another process is training in '{run.root}': wait until it ends, or stop it with `danlu stop "
            f"'{run.root}'`.",
            f"另一个进程正在“{run.root}”中训练：请等待其结束，或用 `danlu stop '{run.root}'` 停止。",
        ) from error
    try:
        clear_unfinished(run.root)
        _forget_requests(run)
        yield
    finally:
        _forget_requests(run)
        lock.release()


def is_at_work(run: RunFolder) -> bool:
    """Whether a process is at work on a run now, on this machine or on one that shares its disk's locks."""
    from filelock import FileLock, Timeout

    if not run.lock.exists():
        return False
    lock = FileLock(run.lock)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    lock.release()
    return False


def ask(run: RunFolder, request: Request) -> None:
    """Ask the process that trains for something; it answers after its current step.

    Raises `UserError` if there is no run, or nobody who could answer.
    """
    require_run(run)
    if not is_at_work(run):
        raise UserError(
            f"nothing is training in '{run.root}' now: it has ended or was interrupted; `danlu resume '{run.root}'` "
            "goes on with it.",
            f"“{run.root}”当前没有在训练：已结束或被中断；可用 `danlu resume '{run.root}'` 继续。",
        )
    path = run.request(request)
    path.parent.mkdir(exist_ok=True)
    path.touch()


def is_asked(run: RunFolder, request: Request) -> bool:
    """Whether something is asked for."""
    return run.request(request).exists()


def take_request(run: RunFolder, request: Request) -> bool:
    """Whether something is asked for; it counts as answered from now on."""
    asked = is_asked(run, request)
    if asked:
        run.request(request).unlink(missing_ok=True)
    return asked


def require_run(run: RunFolder) -> None:
    """Raise `UserError` if a folder holds no run."""
    if not run.recipe.exists() or not run.plan.exists():
        raise UserError(
            f"'{run.root}' holds no run: give the folder that `danlu train` made.",
            f"“{run.root}”中没有训练：请给出 `danlu train` 生成的文件夹。",
        )


def _forget_requests(run: RunFolder) -> None:
    for request in get_args(Request):
        run.request(request).unlink(missing_ok=True)
