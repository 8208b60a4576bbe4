"""The search for the rate: what is trained, how its curve is read, what the recipes say; on the tiny base for real."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from danlu.adapters.base import Adapter
from danlu.experiments.found import found_paths, told_settled, with_rate, write_chart, write_found
from danlu.experiments.rate import SLACK, RateCurve, find_rate, read_curve, search_folder, search_recipe
from danlu.kit.errors import UserError
from danlu.kit.variants import kinds_of
from danlu.optimizers.kinds.adamw import AdamW
from danlu.optimizers.kinds.adamw8bit import AdamW8bit
from danlu.recipe import load_recipe
from danlu.rundir.events import Step
from danlu.rundir.journal import Journal, read_journal
from danlu.rundir.layout import RunFolder
from small_world import make_recipe

growths = st.lists(st.floats(1.0, 1.5), min_size=1, max_size=60)


def grown(growths: list[float]) -> RateCurve:
    rates = [1e-5]
    for growth in growths:
        rates.append(rates[-1] * growth)
    return RateCurve(range(1, len(rates) + 1), rates)


@given(growths)
def test_settled_means_settled(growths: list[float]) -> None:
    curve = grown(growths)
    late = [rate for step, rate in zip(curve.steps, curve.rates, strict=True) if step >= curve.settled_at]
    before = [rate for step, rate in zip(curve.steps, curve.rates, strict=True) if step < curve.settled_at]
    assert late[-1] <= late[0] * (1 + SLACK) * (1 + 1e-12)
    assert all(curve.rate > rate * (1 + SLACK) * (1 - 1e-12) for rate in before)
    if curve.is_settled:
        assert curve.settled_at <= max(1, len(curve.rates) * 3 // 4)
    else:
        assert curve.settled_at > len(curve.rates) * 3 // 4


def test_a_plateau_is_found_and_a_slope_is_told() -> None:
    plateau = grown([1.5] * 10 + [1.0] * 50)
    assert (plateau.settled_at, plateau.late_growth, plateau.is_settled) == (11, 0.0, True)
    assert "settled after step 11 of 61" in told_settled(plateau)
    slope = grown([1.1] * 60)
    assert not slope.is_settled and slope.late_growth == pytest.approx(1.1**16 - 1)
    assert "still growing" in told_settled(slope)


def test_the_search_trains_what_the_recipe_trains(dataset: Path, base_folder: Path) -> None:
    changes = {
        "schedule": {"kind": "cosine_with_restarts", "cycles": 4},
        "training": {"ema": 0.9, "max_steps": 7, "accumulation": 2},
        "optimizer": {"text_encoder_lr": 1e-3},
        "previews": {"every": "1 epoch", "prompts": ["a"]},
        "validation": {"pictures": 1},
    }
    recipe = make_recipe(dataset, base_folder, changes)
    search = search_recipe(recipe, 40)
    assert (search.optimizer.kind, search.optimizer.lr, search.optimizer.weight_decay) == ("dadapt_adam", 1.0, 0.0)
    assert (search.schedule.kind, search.schedule.warmup_steps(40)) == ("constant", 0)
    assert (str(search.training.length), search.training.max_steps, search.training.ema) == ("40 steps", None, None)
    assert search.training.accumulation == 2
    assert not search.validation.is_on and search.previews.every.unit == "never"
    assert (search.adapter, search.dataset, search.base, search.objective) == (
        recipe.adapter,
        recipe.dataset,
        recipe.base,
        recipe.objective,
    )


def test_recipes_keep_everything_but_the_rate(dataset: Path, base_folder: Path) -> None:
    recipe = make_recipe(dataset, base_folder, {"optimizer": {"lr": 1e-3, "text_encoder_lr": 5e-4, "beta2": 0.95}})
    adamw, lion = with_rate(recipe, 4.1234e-4)
    assert adamw == recipe.model_copy(
        update={"optimizer": AdamW(lr=4.1e-4, text_encoder_lr=2.1e-4, beta2=0.95)}  # half of it, as before
    )
    assert (lion.optimizer.kind, lion.optimizer.lr, lion.optimizer.text_encoder_lr) == ("lion", 1.4e-4, 6.9e-5)
    adaptive = make_recipe(dataset, base_folder, {"optimizer": {"kind": "prodigy", "lr": 1, "text_encoder_lr": 1}})
    assert with_rate(adaptive, 3e-4)[0].optimizer == AdamW(lr=3e-4)
    small = make_recipe(dataset, base_folder, {"optimizer": {"kind": "adamw8bit"}})
    assert with_rate(small, 3e-4)[0].optimizer == AdamW8bit(lr=3e-4)
    with pytest.raises(UserError, match=r"came to a rate of 0\.4"):
        with_rate(recipe, 0.4)


def test_recipes_are_named_after_the_recipe_or_the_wish() -> None:
    assert found_paths(Path("a/my.v2.toml"), None) == (Path("a/my.v2-adamw.toml"), Path("a/my.v2-lion.toml"))
    assert found_paths(Path("a/my.toml"), Path("b/x"))[0] == Path("b/x-adamw.toml")
    assert found_paths(Path("a/my.toml"), Path("b/x.toml"))[1] == Path("b/x-lion.toml")


def test_found_recipes_load_from_another_folder_and_say_where_they_come_from(
    dataset: Path, base_folder: Path, tmp_path: Path
) -> None:
    recipe = make_recipe(dataset, base_folder, {"dataset": {"regularization": str(dataset)}})
    run = RunFolder(tmp_path / "run")
    paths = found_paths(tmp_path / "r.toml", tmp_path / "哪 里" / "x")
    found = write_found(recipe, grown([2.0] * 5 + [1.0] * 40), run, paths)
    for path, written in zip(paths, found, strict=True):
        loaded = load_recipe(path)
        for seen in (loaded.dataset.path, loaded.dataset.regularization):
            assert seen is not None and Path(seen).resolve() == dataset.resolve()
        assert loaded.model_copy(update={"dataset": written.dataset}) == written
        top = path.read_text("utf-8").split("\n\n")[0]
        assert "D-Adaptation" in top and "settled after step 6 of 46" in top and str(run.root) in top
        assert ("a third of what" in top) == (written.optimizer.kind == "lion")
        assert "one rate for the U-Net and the text encoders" in top


def test_a_search_stops_goes_on_and_gets_longer(dataset: Path, base_folder: Path, tmp_path: Path) -> None:
    recipe = make_recipe(dataset, base_folder)

    def rates(folder: RunFolder) -> dict[int, float]:
        return {one.step: one.rates["unet"] for one in read_journal(folder.journal) if isinstance(one, Step)}

    whole, curve = find_rate(recipe, steps=12, run=tmp_path / "whole")
    assert curve is not None and curve.rate > 1.5e-6 and list(curve.rates) == sorted(curve.rates)
    stopped = RunFolder(tmp_path / "stopped")

    def stop(event: object) -> None:
        if isinstance(event, Step) and event.step == 4:
            stopped.request("stop").parent.mkdir(exist_ok=True)
            stopped.request("stop").touch()

    assert find_rate(recipe, steps=8, run=stopped.root, listeners=[stop])[1] is None
    assert find_rate(recipe, steps=8, run=stopped.root)[1] is not None
    assert len(rates(stopped)) == 8
    assert find_rate(recipe, steps=12, run=stopped.root)[1] is not None  # longer
    assert rates(stopped) == rates(whole)
    before = stopped.journal.read_bytes()
    assert find_rate(recipe, steps=10, run=stopped.root)[1] == curve  # it has these steps
    assert stopped.journal.read_bytes() == before
    other = make_recipe(dataset, base_folder, {"adapter": {"rank": 3}})
    with pytest.raises(UserError, match="something else than a search for the rate of this recipe"):
        find_rate(other, steps=8, run=stopped.root)
    page = write_chart(whole, curve, "<name>").read_text("utf-8")
    assert "&lt;name&gt;" in page and "polyline" in page


@pytest.mark.parametrize("kind", kinds_of(Adapter))
def test_every_adapter_kind_can_be_searched(kind: str, dataset: Path, base_folder: Path, tmp_path: Path) -> None:
    recipe = make_recipe(dataset, base_folder, {"adapter": {"kind": kind}})
    _, curve = find_rate(recipe, steps=6, run=tmp_path / "run")
    assert curve is not None and curve.rate > curve.rates[0]


def test_another_recipe_gets_another_folder(dataset: Path, base_folder: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    recipe = make_recipe(dataset, base_folder)
    first = search_folder(search_recipe(recipe, 5), None)
    assert first.root == Path("runs/lora-rate")
    first.root.mkdir(parents=True)
    assert search_folder(search_recipe(recipe, 5), None).root == Path("runs/lora-rate-2")


def test_a_search_that_found_nothing_is_told(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    journal = Journal(run.journal)
    for step in (1, 2):
        journal.write(Step(step=step, epoch=1, loss=1, rates={"unet": 1e-6}, seconds=1, images=1))
    journal.close()
    with pytest.raises(UserError, match="found no rate in 2 steps") as caught:
        read_curve(run)
    assert "--steps" in caught.value.text.zh
