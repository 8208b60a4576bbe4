"""A process that dies while it writes captions, as after `kill -9`: some are written, nothing was cleaned up."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from danlu.datasets import history
from danlu.kit.language import Text


def die_writing(root: Path, after: Mapping[str, bytes | None], written: int) -> None:
    """Begin to let files hold `after`, and end this process once `written` of them do."""

    def write(root: Path, wanted: history.Contents) -> None:
        for name, content in list(wanted.items())[:written]:
            (root / name).write_bytes(content or b"")
        os._exit(9)

    history._write = write
    history.apply_change(root, Text("captions", "打标"), after)


def leave_half_written(root: Path, captions: Mapping[str, str], written: int) -> None:
    """Let another process die like that."""
    after = {name: caption.encode() for name, caption in captions.items()}
    call = f"killed_writer.die_writing(Path({str(root)!r}), {after!r}, {written})"
    script = f"from pathlib import Path; import killed_writer; {call}"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])}
    assert subprocess.run([sys.executable, "-c", script], env=environment, check=False).returncode == 9
    assert (root / history.FOLDER / "begun.json").exists()
