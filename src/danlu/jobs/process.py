"""The process of a job: a `danlu` command that holds a lock while it lives, and leaves behind how it began and ended.

    python -m danlu.jobs.process JOB-FOLDER TOKEN COMMAND…

alive.lock    held as long as the process lives; the system frees it however it ends
token         who may begin: a process that comes too late, with an older token, ends without doing anything
began.json    its token and process id                ended.json    its token and exit code
"""

import json
import os
import runpy
import sys
from contextlib import suppress
from pathlib import Path

from danlu.kit.files import write_atomically

LOCK, TOKEN, BEGAN, ENDED = "alive.lock", "token", "began.json", "ended.json"
TOO_LATE = 75
_NICENESS = 10
_WAIT_SECONDS = 2
"""For the lock: somebody may just be looking whether it is held."""


def main() -> int:
    """Run the command of the arguments."""
    folder, token, arguments = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    from filelock import FileLock, Timeout

    lock = FileLock(folder / LOCK)
    try:
        lock.acquire(timeout=_WAIT_SECONDS, poll_interval=0.05)
    except Timeout:
        return TOO_LATE
    if (folder / TOKEN).read_text("ascii") != str(token):
        return TOO_LATE
    write_atomically(folder / BEGAN, json.dumps({"token": token, "pid": os.getpid()}))
    _stand_back()
    code = _run(arguments)
    sys.stdout.flush()
    write_atomically(folder / ENDED, json.dumps({"token": token, "code": code}))
    return code


def _stand_back() -> None:
    """A job takes all that is left of the processor, but whoever looks at the studio meanwhile goes before."""
    if hasattr(os, "nice"):
        with suppress(OSError):
            os.nice(_NICENESS)


def _run(arguments: list[str]) -> int:
    """As `python -m danlu` would; whatever it raises ends it with 1, its traceback told."""
    sys.argv = ["danlu", *arguments]
    try:
        runpy.run_module("danlu", run_name="__main__")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1 if end.code else 0
    except BaseException:  # noqa: BLE001 -- how it ended must be written down, whatever it was
        import traceback

        traceback.print_exc()
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
