"""A recipe as files for kohya: `config.toml` and `dataset_config.toml` for sd-scripts, a JSON for the GUI, prompts."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from danlu.interop.kohya.facts.keys import ALIASES
from danlu.interop.kohya.facts.names import LORA_TYPES
from danlu.interop.kohya.outgoing.export import Export, Untold
from danlu.interop.kohya.outgoing.kinds import LYCORIS, put_adapter, put_optimizer, put_schedule
from danlu.interop.kohya.outgoing.pictures import put_pictures
from danlu.interop.kohya.outgoing.rates import put_rates
from danlu.interop.kohya.outgoing.run import put_base, put_objective, put_saving, put_training
from danlu.kit.errors import UserError
from danlu.kit.files import write_atomically
from danlu.kit.language import Text, pick
from danlu.kit.variants import kind_name
from danlu.pipeline.survey import find_recipe_base, scan_recipe_dataset
from danlu.recipe import Recipe, load_recipe
from danlu.rundir.layout import RunFolder

CONFIG, DATASET, GUI, PROMPTS = "config.toml", "dataset_config.toml", "kohya_gui.json", "prompts.txt"

_GUI_LACKS = (
    "alpha_mask",
    "lr_decay_steps",
    "lr_scheduler_min_lr_ratio",
    "lr_scheduler_timescale",
    "validate_every_n_epochs",
    "validate_every_n_steps",
    "zero_terminal_snr",
)
"""Arguments that the GUI has no field for; it takes them as "additional parameters"."""
_GUI_LACKS_FOR_NETWORKS = ("rs_lora", "full_matrix", "wd_on_output")
_GUI_NAMES = {theirs: gui for gui, theirs in ALIASES.items() if gui not in ("batch_size", "v_pred", "use_cp")}
_RENAMED = {"no_half_vae": "sdxl_no_half_vae", "block_size": "unit"}


@dataclass(frozen=True)
class Exported:
    """The files by name, and what they don't say."""

    files: Mapping[str, str]
    untold: tuple[Untold, ...]
    script: str


def read_recipe(path: Path, overrides: Sequence[str] = ()) -> Recipe:
    """A recipe, also that of a run folder. Raises `UserError` as `load_recipe` does."""
    return load_recipe(RunFolder(path).recipe if path.is_dir() else path, overrides)


def gather(recipe: Recipe, folder: Path) -> Export:
    """The settings of a recipe, and what they leave behind; nothing is written.

    Raises `UserError` if the base or the dataset isn't there.
    """
    _, facts = find_recipe_base(recipe)
    export = Export(recipe, facts, scan_recipe_dataset(recipe))
    put_base(export)
    put_pictures(export)
    put_adapter(export)
    put_optimizer(export)
    put_rates(export)
    put_schedule(export)
    put_objective(export)
    put_training(export)
    put_saving(export, folder)
    export.put_all_rows()
    export.tell_rest()
    return export


def export_kohya(recipe: Recipe, folder: Path) -> Exported:
    """The files for `folder`, by name; nothing is written. Raises `UserError` if base or dataset aren't there."""
    export = gather(recipe, folder)
    for name in _GUI_LACKS_FOR_NETWORKS:
        if name in export.network_args and export.arguments["network_module"] == LYCORIS:
            lacking = Text(
                "kohya's GUI has no field for it; config.toml has it", "kohya 的 GUI 没有此项；config.toml 中有"
            )
            export.untold.append(Untold(f"{GUI}: {name}", export.network_args[name], lacking))
    script = "sdxl_train_network.py" if export.facts.family == "sdxl" else "train_network.py"
    files = {CONFIG: _config(export, folder, script), DATASET: _dataset(export), GUI: _gui(export, folder)}
    if export.prompts:
        files[PROMPTS] = export.prompts
    return Exported(files, tuple(export.untold), script)


def write_exported(exported: Exported, folder: Path, *, overwrite: bool = False) -> None:
    """Write the files. Raises `UserError` if one of them is there and may not be replaced."""
    there = [name for name in exported.files if (folder / name).exists()]
    if there and not overwrite:
        raise UserError(
            f"'{folder / there[0]}' is there already: choose another folder with -o, or replace it with --overwrite.",
            f"“{folder / there[0]}”已存在：请用 -o 换一个文件夹，或用 --overwrite 覆盖。",
        )
    for name, content in exported.files.items():
        write_atomically(folder / name, content)


def _config(export: Export, folder: Path, script: str) -> str:
    import tomlkit

    document = tomlkit.document()
    document.add(tomlkit.comment(f"accelerate launch {script} --config_file {CONFIG}"))
    for one in export.untold:
        document.add(tomlkit.comment(f"{one.place} = {one.value}: {one.reason}".replace("\n", " ")))
    for key, value in _arguments(export, folder).items():
        document.add(key, tomlkit.item(value))
    return tomlkit.dumps(document)


def _arguments(export: Export, folder: Path) -> dict[str, Any]:
    lists = {
        key: [f"{name}={value}" for name, value in arguments.items()]
        for key, arguments in (("network_args", export.network_args), ("optimizer_args", export.optimizer_args))
        if arguments
    }
    paths = {"dataset_config": DATASET, **({"sample_prompts": PROMPTS} if export.prompts else {})}
    return {
        **export.arguments,
        **lists,
        **{key: (folder / name).absolute().as_posix() for key, name in paths.items()},
    }


def _dataset(export: Export) -> str:
    import tomlkit

    document = tomlkit.document()
    for note in pick(
        "What sd-scripts trains on: its --dataset_config.", "sd-scripts 的 --dataset_config。"
    ).splitlines():
        document.add(tomlkit.comment(note))
    document.add("general", tomlkit.item(export.dataset_config))
    document.add("datasets", tomlkit.item([{"subsets": export.subsets}]))
    return tomlkit.dumps(document)


def _gui(export: Export, folder: Path) -> str:
    """The same under the names of the GUI's fields."""
    given = {**export.arguments, **export.dataset_config}
    module = given.pop("network_module")
    lacking = {*_GUI_LACKS, *(["seed"] if given.get("seed") == 0 else [])}  # there, a seed of 0 is none
    values: dict[str, Any] = {
        "LoRA_type": _lora_type(export, module),
        **{
            key: value
            for key, value in export.network_args.items()
            if key != "algo" and key not in _GUI_LACKS_FOR_NETWORKS
        },
        **{key: value for key, value in given.items() if key not in lacking},
        "optimizer_args": " ".join(f"{key}={value}" for key, value in export.optimizer_args.items()),
        "dataset_config": (folder / DATASET).absolute().as_posix(),
        "sample_prompts": export.prompts.rstrip("\n"),
        "sdxl": export.facts.family == "sdxl",
        "additional_parameters": " ".join(_switch(key, value) for key, value in given.items() if key in lacking),
    }
    values["epoch"] = values.get("max_train_epochs", 0)
    values["xformers"] = "sdpa" if values.pop("sdpa", False) else "none"
    if values.pop("network_train_unet_only", False):
        values["text_encoder_lr"] = 0
    values |= _warmup(values.pop("lr_warmup_steps", 0))
    if isinstance(values["resolution"], int):
        values["resolution"] = f"{values['resolution']},{values['resolution']}"
    renamed = {_RENAMED.get(key, _GUI_NAMES.get(key, key)): value for key, value in values.items()}
    return json.dumps(dict(sorted(renamed.items())), ensure_ascii=False, indent=2) + "\n"


def _warmup(steps: float) -> dict[str, Any]:
    """The GUI has one field for a share, in percent, and one for steps."""
    is_share = isinstance(steps, float)
    return {"lr_warmup": round(steps * 100, 8) if is_share else 0, "lr_warmup_steps": 0 if is_share else steps}


def _lora_type(export: Export, module: str) -> str:
    kind = kind_name(type(export.recipe.adapter))
    lycoris = module == LYCORIS
    if lycoris and kind == "lora":
        return "LyCORIS/LoCon"  # with a preset that has no convolutions
    return next(name for name, ours in LORA_TYPES.items() if ours == kind and name.startswith("LyCORIS") == lycoris)


def _switch(key: str, value: Any) -> str:
    return f"--{key}" if value is True else f"--{key} {value}"
