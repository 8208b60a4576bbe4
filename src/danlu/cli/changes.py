"""How a change of a dataset's text files is made from the command line: shown as a diff, or done and named."""

import difflib
from pathlib import Path

from danlu.cli.output import say
from danlu.cli.speech import option
from danlu.datasets.history import Contents
from danlu.kit.language import Text

dry_run_option = option(
    "--dry-run", is_flag=True, text=Text("Show what would change, as a diff.", "只显示将有的改动（diff），不写入。")
)


def make_change(root: Path, title: Text, after: Contents, *, dry_run: bool) -> bool:
    """Let files of a dataset hold `after` and say so, or show the difference; whether anything differs."""
    from danlu.datasets.history import apply_change

    if dry_run:
        lines = [line for name, content in after.items() for line in _diff(root / name, name, content)]
        say("\n".join(lines) or Text("Nothing would change.", "不会有任何改动。"))
        return bool(lines)
    if apply_change(root, title, after) is None:
        say(Text("Nothing had to be changed.", "无需改动。"))
        return False
    say(
        Text(
            f"Done: {title.en}. `danlu dataset undo` takes it back.",
            f"已完成：{title.zh}。可用 `danlu dataset undo` 撤销。",
        )
    )
    return True


def _diff(path: Path, name: str, content: bytes | None) -> list[str]:
    """A unified diff of one file, without line ends."""
    before = path.read_bytes() if path.exists() else None
    old, new = ((one or b"").decode("utf-8", "replace").splitlines() for one in (before, content))
    return list(difflib.unified_diff(old, new, name, name, lineterm="", n=2))
