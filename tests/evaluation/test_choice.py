"""Which epoch wins, and that the reason names what decided it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from danlu.evaluation.choice import choose_finalists, explain, rank_epochs, score_of
from danlu.evaluation.report import EpochFigures


def figures(epoch: int, recall: float, control: float = 1.0, **more: Any) -> EpochFigures:
    values = {"leak": 0.0, "copying": 0.0, "noise": 0.0, **more}
    score = score_of(recall=recall, control=control, leak=values["leak"], copying=values["copying"])
    return EpochFigures(
        epoch=epoch,
        file=f"{epoch}.safetensors",
        seeds=64,
        trait_recall=recall,
        prompt_control=control,
        score=score,
        control_hits=control,
        traits={},
        **values,
    )


def test_the_score() -> None:
    assert score_of(recall=0.9, control=0.8, leak=0.15, copying=0.1) == pytest.approx(0.72)
    assert score_of(recall=1, control=1.4, leak=-0.2, copying=0) == 1
    assert score_of(recall=1, control=1, leak=0.35, copying=0.2) == pytest.approx(0.7)


def test_the_earliest_of_equals_wins() -> None:
    epochs = [figures(1, 0.5), figures(2, 0.93, noise=0.03), figures(3, 0.95, noise=0.03), figures(4, 0.94, noise=0.03)]
    assert [ranked.epoch for ranked in rank_epochs(epochs)] == [2, 3, 4, 1]
    best, reason = explain(epochs, epochs)
    assert best == 2
    assert "epoch 3 scores 0.95, which chance alone explains" in reason.en
    assert "取较早的一轮" in reason.zh


def test_of_equals_the_one_that_is_good_in_every_respect_wins() -> None:
    epochs = [figures(1, 1.0, 0.79, noise=0.05), figures(2, 0.95, 0.82, noise=0.05), figures(3, 0.93, 0.83, noise=0.05)]
    best, reason = explain(epochs, epochs)
    assert best == 2
    assert "epoch 1 scores 0.79, which chance alone explains, and that one falls short" in reason.en


@pytest.mark.parametrize(
    ("last", "said"),
    [
        (figures(3, 0.9, 0.6), "epoch 3 obeys prompts less (60%)"),
        (figures(3, 0.9, leak=0.4), "epoch 3 leaks more (40%)"),
        (figures(3, 0.95, copying=0.5), "epoch 3 copies more (50%)"),
        (figures(3, 0.5), "epoch 3 recalls less (50%)"),
    ],
)
def test_the_reason_names_what_the_others_lack(last: EpochFigures, said: str) -> None:
    best, reason = explain([figures(1, 0.4), figures(2, 0.9), last], [figures(2, 0.9), last])
    assert best == 2
    assert said in reason.en
    assert "epoch 1 recalls less (40%)" in reason.en
    assert reason.en.lower().count("epoch") == reason.zh.count("轮") == 3


def test_finalists_hold_the_choice_and_the_top() -> None:
    epochs = [figures(1, 0.2), figures(2, 0.9, noise=0.1), figures(3, 0.93, noise=0.1), figures(4, 0.95, noise=0.1)]
    assert [chosen.epoch for chosen in choose_finalists(epochs, 2)] == [2, 4]
    assert [chosen.epoch for chosen in choose_finalists(epochs, 9)] == [2, 4, 3, 1]
    assert [chosen.epoch for chosen in choose_finalists(epochs[:1], 3)] == [1]


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1.2), st.floats(0, 0.2)), min_size=1, max_size=8))
def test_the_choice_is_never_worse_than_chance_allows(rows: list[tuple[float, float, float]]) -> None:
    epochs = [figures(epoch, recall, control, noise=noise) for epoch, (recall, control, noise) in enumerate(rows, 1)]
    best, reason = explain(epochs, epochs)
    top = max(epochs, key=lambda found: found.score)
    assert epochs[best - 1].score >= top.score - max(0.01, top.noise)
    assert reason.en.startswith(f"Epoch {best} is the best")
    assert reason.zh
