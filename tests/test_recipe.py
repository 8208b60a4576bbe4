"""Recipes: read, overridden, refused with one sentence in both languages, and written so that they read back."""

from functools import reduce
from pathlib import Path

import pytest

from danlu.adapters.base import Adapter
from danlu.kit.errors import UserError
from danlu.kit.language import both
from danlu.kit.variants import kinds_of
from danlu.recipe import Recipe, load_recipe, merge, parse_recipe, render_recipe

DATASET = {"dataset": {"path": "/data/x"}}


@pytest.mark.parametrize(
    ("values", "english", "chinese"),
    [
        (
            {"optimizer": {"kind": "adamww"}},
            "'optimizer' has no kind 'adamww': did you mean 'adamw'?",
            "是不是想写“adamw”",
        ),
        ({"optimiser": {}}, "'optimiser' is not known: did you mean 'optimizer'?", "“optimiser”不存在"),
        ({"optimizer": "adamw"}, "'optimizer' must be a table of settings, not 'adamw'.", "必须是一组设置"),
        ({"optimizer": {"kind": "adamw", "lrr": 1}}, "'optimizer.lrr' is not known: did you mean 'lr'?", "“lr”"),
        ({"optimizer": {"kind": "prodigy", "lr": 1e-4}}, "lr must be 1, not 0.0001", "lr 必须为 1"),
        ({"optimizer": {"kind": "adamw", "lr": 5}}, "'optimizer.lr' must be at most 0.1, not 5", "不能大于 0.1"),
        ({"dataset": {"path": "x", "buckets": {"enable": True}}}, "did you mean 'enabled'?", "“enabled”"),
        ({"dataset": {}}, "'dataset.path' is missing", "缺少该项"),
        (
            {"adapter": {"kind": "lora", "rank": "big"}},
            "'adapter.rank' must be a whole number, not 'big'",
            "必须是整数",
        ),
        ({"training": {"length": "ten"}}, '"10 epochs" or "800 steps"', "10 epochs"),
        ({"training": {"length": "never"}}, "training.length can't be 'never'", "不能为“never”"),
        ({"schedule": {"cycles": 5}}, "schedule.cycles has no effect", "不起作用"),
        (
            {
                "adapter": {"kind": "lora", "text_encoder": False},
                "optimizer": {"kind": "adamw", "text_encoder_lr": 1e-5},
            },
            "optimizer.text_encoder_lr has no effect",
            "不起作用",
        ),
        ({"dataset": {"path": "x", "masks": {"folder": "m"}}}, "folder has no effect without source", "不起作用"),
        ({"name": "../x"}, "'name'", "“name”"),
    ],
)
def test_mistakes_are_told_in_both_languages(values: dict[str, object], english: str, chinese: str) -> None:
    with pytest.raises(UserError) as caught:
        parse_recipe({**DATASET, **values}, "'recipe.toml'")
    assert english in caught.value.text.en
    assert caught.value.text.en.startswith("'recipe.toml': ")
    assert "\n" not in caught.value.text.en
    assert chinese in caught.value.text.zh


def test_file_overrides_and_paths(tmp_path: Path) -> None:
    file = tmp_path / "配方.toml"
    file.write_text(
        '[dataset]\npath = "我的 图"\nregularization = "../别的"\n[dataset.masks]\nsource = "files"\nfolder = "蒙版"\n',
        encoding="utf-8-sig",
    )
    recipe = load_recipe(
        file, ["optimizer.kind=prodigy", "training.length=3 epochs", "dataset.captions.shuffle=true", "name=a=b"]
    )
    assert recipe.dataset.path == str(tmp_path / "我的 图")
    assert recipe.dataset.masks.folder == str(tmp_path / "蒙版")
    assert recipe.dataset.regularization == str(tmp_path / ".." / "别的")
    assert recipe.optimizer.model_dump()["kind"] == "prodigy"
    assert recipe.training.length.count == 3
    assert recipe.dataset.captions.shuffle
    assert recipe.name == "a=b"


def test_a_newer_recipe_is_told_as_one() -> None:
    with pytest.raises(UserError) as told:
        parse_recipe({**DATASET, "version": 2, "new_setting": 1}, "'r.toml'")
    assert (
        "'r.toml' was made by a newer Danlu (version = 2" in told.value.text.en and "update Danlu" in told.value.text.en
    )
    assert "更新丹炉" in told.value.text.zh


@pytest.mark.parametrize("key", ["path", "vae"])
def test_a_base_lies_beside_the_recipe_or_where_one_stands(
    tmp_path: Path, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("recipes/danlu-mini", "recipes/mine", "here/mine", "here/theirs"):
        (tmp_path / name).mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "here")
    file = tmp_path / "recipes" / "r.toml"

    def seen(value: str) -> str | None:
        file.write_text(f'[dataset]\npath = "x"\n[base]\n{key} = "{value}"\n', "utf-8")
        return load_recipe(file).base.model_dump()[key]

    assert seen("mine") == str(tmp_path / "recipes" / "mine")
    assert seen("theirs") == str(tmp_path / "here" / "theirs")
    assert [seen(name) for name in ("danlu-mini", "nowhere")] == ["danlu-mini", "nowhere"]


@pytest.mark.parametrize("override", ["optimizer.lr", "=1", "name.x=1"])
def test_bad_overrides(tmp_path: Path, override: str) -> None:
    file = tmp_path / "r.toml"
    file.write_text('name = "a"\n[dataset]\npath = "x"\n')
    with pytest.raises(UserError, match="--set"):
        load_recipe(file, [override])


def test_missing_and_broken_files(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="doesn't exist"):
        load_recipe(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_text("a = = 1")
    with pytest.raises(UserError, match="isn't valid TOML"):
        load_recipe(tmp_path / "bad.toml")


@pytest.mark.parametrize("explained", [False, True])
def test_what_is_written_reads_back(tmp_path: Path, explained: bool) -> None:
    recipe = parse_recipe(
        merge(DATASET, {"optimizer": {"kind": "prodigy"}, "training": {"max_steps": 7, "length": "1 epoch"}}), "t"
    )
    file = tmp_path / "r.toml"
    file.write_text(render_recipe(recipe, explained=explained), encoding="utf-8")
    assert load_recipe(file) == recipe


@pytest.mark.parametrize(("table", "kind"), [("adapter", one) for one in kinds_of(Adapter)] + [("optimizer", "lion")])
def test_every_comment_stands_above_its_own_key(table: str, kind: str) -> None:
    recipe = parse_recipe(merge(DATASET, {table: {"kind": kind}}), "t")
    comments: list[str] = []
    model, checked = recipe, 0
    for line in render_recipe(recipe, explained=True).splitlines():
        key = line.removeprefix("# ").partition(" =")[0]
        if line.startswith("["):
            model = reduce(getattr, line.strip("[]").split("."), recipe)
        elif " =" in line and key in type(model).model_fields:
            assert "\n".join(comments) == str(both(type(model).model_fields[key].description))
            checked += 1
        elif line:
            comments.append(line.removeprefix("# "))
            continue
        comments = []
    assert checked > 90


def test_a_table_without_a_kind_is_of_the_usual_one() -> None:
    recipe = parse_recipe(merge(DATASET, {"adapter": {"rank": 3}, "optimizer": {"lr": 1e-5}}), "t")
    told = merge(DATASET, {"adapter": {"kind": "lora", "rank": 3}, "optimizer": {"kind": "adamw", "lr": 1e-5}})
    assert recipe == parse_recipe(told, "t")


@pytest.mark.parametrize("explained", [False, True])
def test_what_is_on_by_default_can_be_switched_off_in_a_file(tmp_path: Path, explained: bool) -> None:
    file = tmp_path / "r.toml"
    file.write_text(
        '[dataset]\npath = "x"\nrepeats = ""\n[objective]\nmin_snr_gamma = ""\n'
        '[adapter]\nkind = "lokr"\nfactor = ""\n[training]\nmax_gradient_norm = ""\n',
        encoding="utf-8",
    )
    recipe = load_recipe(file, ["adapter.alpha="])
    assert (recipe.objective.min_snr_gamma, recipe.training.max_gradient_norm) == (None, None)
    assert recipe.adapter.model_dump()["factor"] is recipe.dataset.repeats is None
    file.write_text(render_recipe(recipe, explained=explained), encoding="utf-8")
    assert load_recipe(file) == recipe
    with pytest.raises(UserError, match=r"'adapter\.rank' must be a whole number"):
        load_recipe(file, ["adapter.rank="])


def test_another_kind_replaces_its_table() -> None:
    merged = merge({"optimizer": {"kind": "adamw", "eps": 1}}, {"optimizer": {"kind": "prodigy"}})
    assert merged == {"optimizer": {"kind": "prodigy"}}
    assert merge({"a": {"b": 1, "c": 2}}, {"a": {"b": 3}}) == {"a": {"b": 3, "c": 2}}


def test_every_setting_is_documented_in_both_languages() -> None:
    def check(model: type, path: str) -> None:
        for name, field in model.model_fields.items():  # type: ignore[attr-defined]
            if hasattr(field.annotation, "model_fields"):
                check(field.annotation, f"{path}{name}.")
            elif name != "kind":
                assert "中文:" in (field.description or ""), f"{path}{name}"

    check(Recipe, "")
