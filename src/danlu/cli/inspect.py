"""`danlu inspect`: what a file or folder is, read off it without loading a base."""

import json
from pathlib import Path
from typing import Any

from danlu.cli.datasets import FOLDER
from danlu.cli.output import say, say_json, say_title
from danlu.cli.speech import JSON_HELP, Example, argument, command, option
from danlu.kit.language import Text

KINDS = {
    "adapter": Text("Adapter", "LoRA"),
    "picture": Text("Generated picture", "出图结果"),
    "base": Text("Base", "底模"),
    "dataset": Text("Dataset", "数据集"),
    "run": Text("Run", "训练"),
}
WIDEST_VALUE = 200


@command(
    "inspect",
    Example("danlu inspect mychar.safetensors", Text("rank, metadata and hashes", "维度（Dim）、元数据与哈希")),
    Example("danlu inspect previews/001/0.png --json", Text("how a picture was drawn", "图片的出图参数")),
)
@argument(
    "path",
    type=FOLDER,
    text=Text(
        "An adapter file, a PNG, or the folder of a base, a dataset or a run.",
        "LoRA 文件、PNG 图片，或底模、数据集、训练的文件夹。",
    ),
)
@option("--json", "as_json", is_flag=True, text=JSON_HELP)
def inspect(path: Path, as_json: bool) -> None:
    """Show what a file or folder is and what it says of itself.

    中文: 查看文件或文件夹的内容：LoRA 的参数与元数据、图片的出图参数、数据集概况等。
    """
    from danlu.pipeline.inspection import inspect_path

    found = inspect_path(path)
    if as_json:
        say_json({"kind": found.kind, "path": str(found.path), **{fact.key: fact.value for fact in found.facts}})
        return
    say_title(f"{KINDS[found.kind]}{Text(': ', '：')}{found.path}")
    for fact in found.facts:
        say(f"  {fact.title}{Text(': ', '：')}{_shown(fact.value)}")


def _shown(value: Any) -> str:
    if isinstance(value, list):
        text = ", ".join(str(one) for one in value)
    elif isinstance(value, dict):
        text = json.dumps(value, ensure_ascii=False)
    elif isinstance(value, bool):
        text = str(Text("yes", "是") if value else Text("no", "否"))
    else:
        text = "–" if value in (None, "") else str(value)
    return text if len(text) <= WIDEST_VALUE else text[:WIDEST_VALUE] + " …"
