"""Whatever a recipe says, its export comes back by import, but for what the export told that it doesn't carry over."""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from PIL import Image
from pydantic import BaseModel

from danlu.adapters.base import Adapter
from danlu.adapters.targets import choose_layers, planned_targets
from danlu.datasets.buckets import sizes_for
from danlu.families.find import require_clip_skip
from danlu.interop.kohya.incoming.recipes import import_kohya
from danlu.interop.kohya.outgoing.files import CONFIG, GUI, export_kohya, write_exported
from danlu.kit.errors import UserError
from danlu.kit.lengths import Length
from danlu.kit.variants import kinds_of
from danlu.optimizers.base import Optimizer
from danlu.pipeline.survey import find_recipe_base
from danlu.recipe import Recipe, parse_recipe

LEFT_OUT = {
    *("version", "kind", "path", "vae", "regularization", "source", "folder", "prediction", "zero_terminal_snr"),
    "start_from",
}
"""Fields that need files or other bases; they have tests of their own."""
CONVOLUTIONS = ("adapter.conv_rank", "adapter.conv_alpha")
BY_BLOCK = ("adapter.ranks", "adapter.include", "adapter.exclude")
TEXTS = {
    "size": "384x512",
    "tag_warmup": "25%",
    "warmup": "12 steps",
    "decay": "30%",
    "name": "my lora",
    "prompts": ("a", "b"),
}
MIDDLE, DEEP, ATTENTION, RESIDUAL = (
    "lora_unet_mid_block_*",
    "lora_unet_down_blocks_1_attentions_0_*",
    "lora_unet_down_blocks_0_attentions_0_*",
    "lora_unet_down_blocks_0_resnets_0_*",
)
BY_LAYER: dict[str, tuple[Any, ...]] = {
    "rate_factors": ({MIDDLE: 0.5}, {"*_mid_block_*": 2.0, DEEP: 0.1}, {"*_to_q": 0.5}, {"lora_te_*": 0.5}),
    "ranks": ({MIDDLE: 4}, {DEEP: 16, "*mid_*": 0}, {"*_to_q": 2}, {ATTENTION: 6, RESIDUAL: 6}, {"*_conv1": 2}),
    "exclude": ((MIDDLE,), (ATTENTION,), ("*_to_q",)),
    "include": (("lora_unet_*",), ("*_mid_*",)),
}
"""By blocks of the U-Net, and not."""
NUMBERS = (0.0, 1e-6, 0.05, 0.1, 0.25, 0.5, 0.9, 1.0, 2.0, 5.0)
NATIVE, STEP = 128, 32
"""What the embedded base asks for."""
COUNTS = (0, 1, 2, 3, 4, 8, 64, 150, 256, 640)


def choices(name: str, annotation: Any) -> st.SearchStrategy[Any]:
    """Values that a field of this type may have; not all of them are valid."""
    if name in BY_LAYER:
        return st.sampled_from(BY_LAYER[name])
    if name in TEXTS:
        return st.just(TEXTS[name])
    options = get_args(annotation)
    if get_origin(annotation) is Literal:
        return st.sampled_from(options)
    if type(None) in options:
        return choices(name, next(one for one in options if one is not type(None)))
    return {
        bool: st.booleans(),
        int: st.sampled_from(COUNTS),
        float: st.sampled_from(NUMBERS),
        str: st.sampled_from(["", "zq", ";;;"]),
        Length: st.sampled_from(["3 epochs", "1 step", "200 steps", "never"]),
    }.get(annotation, st.just(("*_to_q",)))


NOT_THERE = {"norm"}
"""Kinds that can't be exported."""


def leaves_of(above: str, model: type[BaseModel]) -> Iterator[tuple[str, str, Any]]:
    """The settings of a table and of those within: the table, the name and the type of each."""
    for name, field in model.model_fields.items():
        annotation = field.annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            if annotation not in (Adapter, Optimizer):
                yield from leaves_of(f"{above}.{name}".strip("."), annotation)
        elif name not in LEFT_OUT:
            yield above, name, annotation


@st.composite
def recipes(draw: st.DrawFn, dataset: Path) -> Recipe:
    """A recipe in which a few settings are chosen at random."""
    values: dict[str, Any] = {"dataset": {"path": str(dataset)}}
    models: list[tuple[str, type[BaseModel]]] = []
    for table, kinds in (("adapter", kinds_of(Adapter)), ("optimizer", kinds_of(Optimizer))):
        kind = draw(st.sampled_from(sorted(kinds.keys() - NOT_THERE)))
        values[table] = {"kind": kind}
        models.append((table, kinds[kind]))
    if values["optimizer"]["kind"] == "schedulefree_adamw":
        values["schedule"] = {"kind": "constant"}
    tables = [*models * 3, ("", Recipe)]  # kinds differ most
    leaves = [leaf for above, model in tables for leaf in leaves_of(above, model)]
    for above, name, annotation in draw(st.lists(st.sampled_from(leaves), max_size=6)):
        table = values
        for part in filter(None, above.split(".")):
            table = table.setdefault(part, {})
        table[name] = draw(choices(name, annotation))
    try:
        recipe = parse_recipe(values, "a recipe")
        by_layer(recipe)
        require_possible(recipe)
        return recipe
    except UserError:
        assume(False)
        raise


def require_possible(recipe: Recipe) -> None:
    """Raise `UserError` for what the base can't take, of which an import makes the nearest that it can."""
    facts = find_recipe_base(recipe)[1]
    require_clip_skip(facts, recipe.base.clip_skip)
    buckets = recipe.dataset.buckets.model_copy(update={"enabled": True})
    sizes_for(buckets, native_px=facts.native_px, step_px=facts.step_px)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("round") / "cat"
    folder.mkdir()
    Image.new("RGB", (8, 8)).save(folder / "a.png")
    (folder / "a.txt").write_text("zq, smile")
    return folder


def flat(values: Any, above: str = "") -> dict[str, Any]:
    if not isinstance(values, dict) or not values:
        return {above: values}
    return {
        key: value for name, one in values.items() for key, value in flat(one, f"{above}.{name}".strip(".")).items()
    }


def as_kohya_says(recipe: Recipe, *, layers: bool) -> dict[str, Any]:
    """A recipe with what it leaves open filled in, and what amounts to nothing left out: so it comes back."""
    values = flat(recipe.model_dump(mode="json"))
    for place in [place for place in values if place.rpartition(".")[0].endswith((".ranks", ".rate_factors"))]:
        del values[place]
    values |= by_layer(recipe) if layers else {}
    fill_open(values)
    if values["adapter.kind"] == "locon" and values["adapter.targets"] in ("attention", "attention+mlp"):
        values = {key: one for key, one in values.items() if key not in ("adapter.tucker", *CONVOLUTIONS)}
        values["adapter.kind"] = "lora"  # which it is, without convolutions
    if values["objective.debiased"]:
        values["objective.min_snr_gamma"] = None
    if values["cache.latents"] == "off":
        values["cache.latents"] = "disk"
    if values["dataset.captions.tag_warmup"] == "0%":
        values["dataset.captions.tag_warmup"] = "0 steps"
    for name in ("prefix", "suffix"):
        values[f"dataset.captions.{name}"] = values[f"dataset.captions.{name}"].strip(", ")
    if values["training.length"].endswith(("step", "steps")) and values["training.max_steps"]:
        steps = min(int(values["training.length"].split()[0]), values["training.max_steps"])
        values |= {"training.length": str(Length(steps, "steps")), "training.max_steps": None}
    never = [table for table in ("checkpoints", "previews") if values[f"{table}.every"] == "never"]
    for table in never:
        values[f"{table}.every"] = "1 epoch"
    if not values["previews.prompts"] or "previews" in never:
        values = {place: value for place, value in values.items() if not place.startswith("previews.")}
    return values


def by_layer(recipe: Recipe) -> dict[str, Any]:
    """What comes of the settings that go by layers: those that are trained, with which ranks, at which rates."""
    targets = planned_targets(find_recipe_base(recipe)[1])
    chosen = choose_layers(without_missing_blocks(recipe.adapter, [one.name for one in targets]), targets)
    sizes = {one.name: getattr(own, "rank", 0) for one, own in chosen}
    rates = {one.name: recipe.optimizer.factor_of(one.name) for one, _ in chosen}
    return dict.fromkeys(("adapter.ranks", "adapter.include", "adapter.exclude"), sizes) | {
        "optimizer.rate_factors": {name: rate for name, rate in rates.items() if rate != 1}
    }


def without_missing_blocks(adapter: Adapter, names: list[str]) -> Adapter:
    """SD1.5 has blocks that the embedded base hasn't; ranks for them come back too."""
    ranks: dict[str, int] = getattr(adapter, "ranks", {})
    there = {pattern: rank for pattern, rank in ranks.items() if any(fnmatchcase(name, pattern) for name in names)}
    return adapter if there == ranks else adapter.model_copy(update={"ranks": there})


def fill_open(values: dict[str, Any]) -> None:
    """What a recipe leaves to the base or to another setting is written out for kohya."""

    def fill(place: str, value: Any) -> None:
        if place in values and values[place] is None:
            values[place] = value

    side = values["dataset.buckets.resolution"] or NATIVE
    fill("dataset.repeats", 1)
    fill("dataset.buckets.resolution", side)
    if values["dataset.buckets.enabled"]:
        fill("dataset.buckets.smallest", side // 2)
        fill("dataset.buckets.largest", side * 2)
        fill("dataset.buckets.step", STEP)
    fill("adapter.alpha", values.get("adapter.rank"))
    if values["adapter.targets"] in ("full", "all"):
        fill("adapter.conv_rank", values.get("adapter.rank"))
        if values.get("adapter.conv_rank"):
            fill("adapter.conv_alpha", values["adapter.alpha"] * values["adapter.conv_rank"] / values["adapter.rank"])
    if values["adapter.text_encoder"]:
        fill("optimizer.text_encoder_lr", values["optimizer.lr"])
    fill("previews.size", f"{NATIVE}x{NATIVE}")


@pytest.mark.parametrize("file", [CONFIG, GUI])
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_what_goes_out_comes_back(
    tmp_path_factory: pytest.TempPathFactory, dataset: Path, file: str, data: st.DataObject
) -> None:
    recipe = data.draw(recipes(dataset))
    folder = tmp_path_factory.mktemp("out")
    exported = export_kohya(recipe, folder)
    write_exported(exported, folder)
    if file == CONFIG:  # which leaves the embedded base out
        config = (folder / CONFIG).read_text("utf-8")
        (folder / CONFIG).write_text(f'pretrained_model_name_or_path = "danlu-mini"\n{config}', "utf-8")
    untold = {one.place.removeprefix(f"{GUI}: ") for one in exported.untold}
    untold |= {f"adapter.{name}" for name in untold} if file == GUI else set()
    layers = untold.isdisjoint((*BY_BLOCK, "adapter.targets"))
    if not layers:
        untold |= {*BY_BLOCK, "optimizer.rate_factors"}
    said = as_kohya_says(recipe, layers=layers)
    back = as_kohya_says(import_kohya(folder / file).recipe, layers=layers)
    different = {
        place: (said[place], back.get(place))
        for place in said
        if said[place] != back.get(place, said[place]) and place not in untold
    }
    assert different == {}
