"""First recipes: presets that parse, repeats that suit, names that are file names."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from danlu.datasets.manifest import ConceptFacts, update_manifest
from danlu.kit.errors import UserError
from danlu.kit.language import Text, set_language
from danlu.kit.places import EMBEDDED_BASE, data_folder
from danlu.pipeline.plan import make_plan
from danlu.pipeline.start import FULL_EPOCH_PICTURES, read_preset, recipe_for, start_recipe, suitable_repeats
from danlu.recipe import load_recipe, merge, parse_recipe
from small_world import make_dataset

PRESETS = sorted(path.stem for path in (data_folder() / "presets").glob("*.toml"))


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_is_a_part_of_a_recipe(name: str) -> None:
    recipe = parse_recipe(merge(read_preset(name), {"dataset": {"path": "x"}}), name)
    assert recipe.dataset.repeats


def test_an_unknown_theme_is_told_with_the_nearest() -> None:
    with pytest.raises(UserError, match="did you mean 'anime'"):
        read_preset("anim")
    assert read_preset("anim", required=False) == {}


@given(st.integers(1, 100), st.integers(1, 2000))
def test_an_epoch_stays_about_as_long(repeats: int, pictures: int) -> None:
    found = suitable_repeats(repeats, pictures)
    assert 1 <= found <= repeats
    assert found == 1 or found * pictures <= (repeats + 0.5) * FULL_EPOCH_PICTURES + pictures / 2


def test_what_is_written_is_what_is_loaded(tmp_path: Path, base_folder: Path) -> None:
    dataset = make_dataset(tmp_path / "数据", repeats=1)
    for language in ("en", "zh"):
        set_language(language)
        out = tmp_path / "deep" / f"{language}.toml"
        made = start_recipe(dataset, out, base=str(base_folder), theme="real")
        loaded = load_recipe(out)
        assert Path(loaded.dataset.path).resolve() == dataset.resolve()
        assert loaded.model_copy(update={"dataset": made.dataset}) == made
        assert made.dataset.repeats == 20 and made.adapter.rank == 64
    assert "学习率" in (tmp_path / "deep" / "zh.toml").read_text("utf-8")


def test_repeats_of_a_folder_name_are_left_alone(tmp_path: Path, base_folder: Path) -> None:
    dataset = make_dataset(tmp_path / "d", repeats=6)
    assert start_recipe(dataset, tmp_path / "r.toml", base=str(base_folder)).dataset.repeats is None


def test_the_base_may_have_wishes_of_its_own(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "d", repeats=1)
    made = start_recipe(dataset, tmp_path / "r.toml", base=EMBEDDED_BASE, theme="real")
    wish = read_preset(EMBEDDED_BASE)
    assert made.adapter.rank == wish["adapter"]["rank"] and made.base.path == EMBEDDED_BASE


@pytest.mark.parametrize(
    ("trigger", "name"), [("my char", "my-char"), ("a/b:c", "a-b-c"), ("凝光🔥", "凝光🔥"), ("...", "lora")]
)
def test_the_trigger_names_the_file(tmp_path: Path, base_folder: Path, trigger: str, name: str) -> None:
    dataset = make_dataset(tmp_path / "d")
    update_manifest(dataset, concepts={"小 猫🐱": ConceptFacts(trigger=trigger)})
    assert start_recipe(dataset, tmp_path / "r.toml", base=str(base_folder)).name == name


def test_a_dataset_without_a_trigger_gets_a_recipe_that_can_be_planned(tmp_path: Path) -> None:
    dataset, out, told = make_dataset(tmp_path / "d"), tmp_path / "r.toml", list[Text]()
    made = start_recipe(dataset, out, base=EMBEDDED_BASE, on_notice=told.append)
    assert made.objective.preservation == 0 and make_plan(load_recipe(out)).total_steps
    assert "danlu tag" in told[0].en and "触发词" in told[0].zh
    update_manifest(dataset, concepts={"小 猫🐱": ConceptFacts(trigger="zq")})
    assert start_recipe(dataset, out, base=EMBEDDED_BASE, on_notice=told.append).objective.preservation == 1
    assert len(told) == 1 and make_plan(load_recipe(out)).total_steps


def test_a_folder_is_trained_as_its_first_recipe_would(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    make_dataset(tmp_path / "图 片", pictures=6)
    start_recipe(Path("图 片"), Path("recipe.toml"), base=EMBEDDED_BASE)
    overrides = ["optimizer.lr=1e-5", 'name="x"']
    assert recipe_for(Path("图 片"), overrides) == load_recipe(Path("recipe.toml").absolute(), overrides)
    with pytest.raises(UserError, match=r"no-such-base"):
        recipe_for(Path("图 片"), ['base.path="./no-such-base"'])


def test_a_run_is_no_folder_of_pictures(tmp_path: Path) -> None:
    """Its previews would be found, and trained on."""
    make_dataset(tmp_path / "run", pictures=6)
    (tmp_path / "run" / "journal.jsonl").touch()
    with pytest.raises(
        UserError, match=r"is a run, not a folder of pictures: `danlu resume .*`danlu train .*recipe\.toml"
    ):
        recipe_for(tmp_path / "run")
