"""A recipe from another program's settings: sd-scripts' `--config_file` and dataset config (TOML), kohya's GUI (JSON).

A settings file goes in; a recipe comes out, and for every key that was set what became of it: where it went, or why it
wasn't carried over. Nothing is dropped in silence.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from danlu.families.find import find_base
from danlu.interop.kohya.facts.keys import ALIASES, PLACES
from danlu.interop.kohya.facts.reasons import REASONS
from danlu.interop.kohya.facts.values import COMPUTED
from danlu.interop.kohya.incoming.dims import take_dims
from danlu.interop.kohya.incoming.files import Source, parse_settings, read_settings
from danlu.interop.kohya.incoming.kinds import take_adapter
from danlu.interop.kohya.incoming.nearest import settle
from danlu.interop.kohya.incoming.optimizers import take_optimizer, take_schedule
from danlu.interop.kohya.incoming.pictures import take_masks, take_validation
from danlu.interop.kohya.incoming.plain import take_plain
from danlu.interop.kohya.incoming.prompts import take_prompts
from danlu.interop.kohya.incoming.rates import family_of, take_rates
from danlu.interop.kohya.incoming.settings import NO_SUCH, OFF, UNSET, Fate, Settings
from danlu.interop.kohya.incoming.unsaid import fill_unsaid, is_about_training, tell_unsaid
from danlu.kit.errors import UserError
from danlu.kit.files import write_atomically
from danlu.kit.language import Text
from danlu.kit.path_settings import with_absolute_paths, with_paths
from danlu.pipeline.start import path_from
from danlu.recipe import Recipe, apply_override, parse_recipe, render_recipe


@dataclass(frozen=True)
class Imported:
    """The recipe, and what became of each setting."""

    recipe: Recipe
    fates: tuple[Fate, ...]

    @property
    def carried(self) -> list[Fate]:
        """The settings that are in the recipe now."""
        return [fate for fate in self.fates if fate.place]

    @property
    def changed(self) -> list[Fate]:
        """Of these, the ones that say something else than the file."""
        return [fate for fate in self.fates if fate.is_changed]

    @property
    def dropped(self) -> list[Fate]:
        """The settings that aren't, each with its reason."""
        return [fate for fate in self.fates if not fate.place]


def import_kohya(*paths: Path, dataset: Path | None = None, base: str | None = None) -> Imported:
    """Read a settings file of sd-scripts or of kohya's GUI, or several that belong together (settings and dataset
    config); `dataset` and `base` replace what they name.

    Raises `UserError` if a file can't be read, isn't kohya's, or names no dataset.
    """
    return _take_over(read_settings(paths), paths[0], dataset, base=base)


def import_kohya_text(texts: Sequence[str], name: str, dataset: Path, family: str | None = None) -> Imported:
    """The same of texts that somebody sent, for a dataset that is here and a base of a family: no file that they name
    is opened.
    """
    source = parse_settings(texts, Path(name))
    return _take_over(source, Path(name), dataset, family=family, opens_files=False)


def _take_over(
    source: Source,
    path: Path,
    dataset: Path | None,
    *,
    base: str | None = None,
    family: str | None = None,
    opens_files: bool = True,
) -> Imported:
    settings = Settings(
        _in_one_name(source.values),
        source.given,
        set(source.values.keys() - source.given),
        path.parent if opens_files else None,
        family,
        fates=list(source.fates),
    )
    if base is not None:
        with suppress(UserError):
            settings.family = find_base(base)[1].family
        settings.values["pretrained_model_name_or_path"] = base
    if dataset is not None:
        settings.values["train_data_dir"] = str(dataset)
    is_training = is_about_training(settings)
    _base_and_dataset(settings, path)
    is_lycoris = take_adapter(settings)
    take_optimizer(settings)
    take_schedule(settings, is_training=is_training)
    _training(settings)
    _saving(settings)
    take_masks(settings)
    take_validation(settings)
    take_dims(settings, is_lycoris=is_lycoris)
    take_rates(settings, is_lycoris=is_lycoris)
    if is_training:
        tell_unsaid(settings, is_lycoris=is_lycoris)
    for key in [key for key in PLACES if key in settings.values]:
        take_plain(settings, key, PLACES[key])
    fill_unsaid(settings, is_training=is_training)
    family = family_of(settings)
    _leftovers(settings)
    recipe = settle(settings, family)
    return Imported(recipe, tuple({repr(fate): fate for fate in settings.fates}.values()))


def write_imported(imported: Imported, out: Path, overrides: Sequence[str] = ()) -> None:
    """Write the recipe with a comment for every setting, and with overrides such as "optimizer.lr=1e-4"; folders that
    the settings name from here stay found. Raises `UserError` for an override that makes no sense.
    """
    values = imported.recipe.model_dump(mode="json", exclude_unset=True)
    for override in overrides:
        apply_override(values, override)
    recipe = parse_recipe(values, f"'{out}'")
    dataset = with_paths(recipe.dataset, lambda _, value: path_from(out, Path(value)))
    recipe = recipe.model_copy(update={"dataset": dataset, "base": with_absolute_paths(recipe.base, Path())})
    write_atomically(out, render_recipe(recipe, explained=True))


def _in_one_name(given: Mapping[str, Any]) -> dict[str, Any]:
    """The settings under sd-scripts' names. The GUI saves some under two, of which one may be empty: sd-scripts'
    own counts where it says something.
    """
    renamed = {ALIASES[key]: value for key, value in given.items() if key in ALIASES}
    own = {key: value for key, value in given.items() if key not in ALIASES}
    return {**renamed, **{key: value for key, value in own.items() if key not in renamed or value not in (*UNSET, 0)}}


def _base_and_dataset(settings: Settings, path: Path) -> None:
    if base := settings.take("pretrained_model_name_or_path"):
        settings.put("pretrained_model_name_or_path", base, "base.path", str(base))
    folder = settings.take("train_data_dir")
    if not folder and (apart := next((fate for fate in settings.fates if fate.key == "image_dir"), None)):
        reason = apart.reason or NO_SUCH
        raise UserError(f"'{path}': {reason.en}.", f"“{path}”：{reason.zh}。")
    if not folder:
        raise UserError(
            f"'{path}' names no train_data_dir: give the pictures' folder with --dataset.",
            f"“{path}”没有 train_data_dir：请用 --dataset 指定图片文件夹。",
        )
    settings.put("train_data_dir", folder, "dataset.path", str(folder))
    to_disk, in_memory = settings.take("cache_latents_to_disk"), settings.take("cache_latents")
    if to_disk or in_memory:
        settings.put("cache_latents", True, "cache.latents", "disk" if to_disk else "memory")


def _training(settings: Settings) -> None:
    _length(settings)
    precision = settings.take("mixed_precision")
    if precision == "fp8":
        nearest = Text("Danlu doesn't compute in fp8: bf16 is nearest", "丹炉不以 fp8 计算，改用最接近的 bf16")
        settings.put("mixed_precision", precision, "training.precision", "bf16", reason=nearest)
    elif precision and (found := settings.meaning("mixed_precision", precision, COMPUTED.read, None)):
        settings.put("mixed_precision", precision, "training.precision", found)


def _length(settings: Settings) -> None:
    """sd-scripts: epochs override steps. The GUI's `epoch` only makes up for missing steps."""
    counts = {key: int(settings.number(key) or 0) for key in ("max_train_epochs", "max_train_steps", "epoch")}
    given = {key: count for key, count in counts.items() if count}
    deciding = next(iter(given), "")
    for key, count in given.items():
        if key == deciding:
            unit = "steps" if key == "max_train_steps" else "epochs"
            settings.put(key, count, "training.length", f"{count} {unit}")
        else:
            settings.drop(key, count, Text(f"in kohya {deciding} overrides it", f"在 kohya 中以 {deciding} 为准"))


def _saving(settings: Settings) -> None:
    for prefix, place in (("save", "checkpoints.every"), ("sample", "previews.every")):
        for unit in ("epochs", "steps"):
            key = f"{prefix}_every_n_{unit}"
            if count := int(settings.number(key) or 0):
                settings.put(key, count, place, f"{count} {unit}")
    take_prompts(settings)


def _leftovers(settings: Settings) -> None:
    for key, value in settings.values.items():
        if key in REASONS:
            if value not in UNSET and value not in OFF:
                settings.drop(key, value, REASONS[key])
        elif value not in UNSET and value not in OFF:
            settings.drop(key, value, NO_SUCH)
    settings.values = {}
