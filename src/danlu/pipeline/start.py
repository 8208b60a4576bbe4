"""A first recipe for a dataset: the theme's preset, what the base wants, and a length that suits the picture count.

Presets are TOML fragments of recipes in `data/presets`: one for each theme, and one for each base that has wishes of
its own. A later layer wins.
"""

import os
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from danlu.datasets.pictures import Dataset
from danlu.datasets.scan import scan_dataset
from danlu.families.find import find_base
from danlu.kit.errors import UserError, nearest
from danlu.kit.file_names import require_name, usable_name
from danlu.kit.files import write_atomically
from danlu.kit.language import Text, pick
from danlu.kit.places import EMBEDDED_BASE, data_folder
from danlu.recipe import Recipe, merge, override_values, parse_recipe, render_recipe
from danlu.rundir.layout import RunFolder

FULL_EPOCH_PICTURES = 40
"""From this many pictures on, repeats shrink, so that an epoch stays about as long."""


def start_recipe(
    dataset_path: Path,
    out: Path,
    *,
    base: str,
    theme: str = "standard",
    on_notice: Callable[[Text], None] = lambda _: None,
) -> Recipe:
    """Write a recipe with comments for a dataset; returns it. `on_notice` gets what the dataset kept out of it.

    Raises `UserError` if dataset, base or theme isn't there.
    """
    require_name(out)
    recipe = draft_recipe(dataset_path, out, base=base, theme=theme, on_notice=on_notice)
    write_atomically(out, f"{_header()}\n{render_recipe(recipe, explained=True)}")
    return recipe


def draft_recipe(
    dataset_path: Path,
    out: Path,
    *,
    base: str,
    theme: str = "standard",
    on_notice: Callable[[Text], None] = lambda _: None,
) -> Recipe:
    """What `start_recipe` writes into `out`, without writing it; paths are as seen from there."""
    dataset = scan_dataset(dataset_path)
    _, facts = find_base(base)
    preset = merge(read_preset(theme), read_preset(facts.name, required=False))
    repeats = preset.get("dataset", {}).get("repeats")
    values = merge(
        preset,
        {
            "name": _name_of(dataset),
            "base": {"path": base if base == EMBEDDED_BASE else str(facts.path.absolute())},
            "dataset": {"path": path_from(out, dataset_path)},
        },
    )
    values["dataset"].pop("repeats", None)
    if values["base"].get("clip_skip", 1) > facts.max_clip_skip:
        del values["base"]["clip_skip"]  # a theme's wish that this family can't have
    if repeats and all(concept.repeats == 1 for concept in dataset.concepts):
        values["dataset"]["repeats"] = suitable_repeats(repeats, len(dataset.pictures))
    if values.get("objective", {}).get("preservation") and not any(concept.trigger for concept in dataset.concepts):
        del values["objective"]["preservation"]
        on_notice(_without_trigger(dataset_path))
    return parse_recipe(values, f"'{out}'")


def require_effect(theme: str, base: str) -> None:
    """Raise `UserError` for a theme on a base whose own preset decides all that themes do."""
    _, facts = find_base(base)
    own = read_preset(facts.name, required=False)
    if own and theme != "standard" and merge(read_preset(theme), own) == merge(read_preset("standard"), own):
        raise UserError(
            f"--theme {theme} has no effect with the base '{facts.name}', whose own preset decides everything: leave "
            "it out, or name another base with --base.",
            f"--theme {theme} 对底模“{facts.name}”不起作用（它有自己的预设）：请去掉，或用 --base 指定其他底模。",
        )


def recipe_for(
    dataset_path: Path, overrides: Sequence[str] = (), *, on_notice: Callable[[Text], None] = lambda _: None
) -> Recipe:
    """What `start_recipe` would write for a folder of pictures, with overrides like "base.path=./sd15" and no file.

    Raises `UserError` as `start_recipe` does, and for a run's folder, whose pictures are its previews.
    """
    if RunFolder(dataset_path).journal.exists():
        raise UserError(
            f"'{dataset_path}' is a run, not a folder of pictures: `danlu resume '{dataset_path}'` goes on with it, "
            f"`danlu train '{RunFolder(dataset_path).recipe}'` does it again.",
            f"“{dataset_path}”是一次训练，不是图片文件夹：用 `danlu resume '{dataset_path}'` 继续，"
            f"或用 `danlu train '{RunFolder(dataset_path).recipe}'` 重新训练。",
        )
    said = [one.partition("=")[2].strip(" \"'") for one in overrides if one.partition("=")[0].strip() == "base.path"]
    place = Path.cwd() / "recipe.toml"
    drafted = draft_recipe(dataset_path, place, base=said[-1] if said else EMBEDDED_BASE, on_notice=on_notice)
    return override_values(tomllib.loads(render_recipe(drafted)), overrides, place)


def _without_trigger(dataset: Path) -> Text:
    return Text(
        "This dataset has no trigger word, so objective.preservation, which keeps the LoRA from changing other "
        f"prompts, is left out. To have both: `danlu tag '{dataset}' --trigger WORD`, then this command again with "
        "--overwrite.",
        "数据集没有触发词，因此没有启用 objective.preservation（防止 LoRA 影响其他提示词）。如需两者："
        f"先运行 `danlu tag '{dataset}' --trigger 触发词`，再带 --overwrite 重新运行本命令。",
    )


def suitable_repeats(repeats: int, pictures: int) -> int:
    """A preset's repeats for a dataset of this size; never less than 1."""
    return max(1, round(repeats * min(1.0, FULL_EPOCH_PICTURES / max(1, pictures))))


def read_preset(name: str, *, required: bool = True) -> dict[str, Any]:
    """A preset's values; nothing if it isn't there and needn't be. Raises `UserError` naming the nearest otherwise."""
    folder = data_folder() / "presets"
    path = folder / f"{name}.toml"
    if path.is_file():
        return tomllib.loads(path.read_text("utf-8"))
    if not required:
        return {}
    hint = nearest(name, [one.stem for one in folder.glob("*.toml")])
    raise UserError(f"theme '{name}' doesn't exist: {hint.en}", f"主题“{name}”不存在：{hint.zh}")


def _header() -> str:
    return pick(
        "# A recipe of Danlu: every choice of one run. Everything here may be changed; see docs/recipe.md.",
        "# 丹炉配方：一次训练的全部选择，均可修改；说明见 docs/recipe.zh.md。",
    )


def _name_of(dataset: Dataset) -> str:
    """The trigger word or the concept's name, as a file name."""
    learnt = next((concept for concept in dataset.concepts if not concept.regularization), dataset.concepts[0])
    return usable_name(learnt.trigger or learnt.name, "lora")


def path_from(recipe: Path, target: Path) -> str:
    """The target as seen from the recipe's folder, so that both can be moved together; absolute across drives."""
    try:
        return Path(os.path.relpath(target.expanduser().absolute(), recipe.absolute().parent)).as_posix()
    except ValueError:
        return target.expanduser().absolute().as_posix()
