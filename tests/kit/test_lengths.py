"""Lengths carry their unit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from danlu.kit.lengths import Length, read_span, span_steps


class Holder(BaseModel):
    every: Length


@given(st.integers(1, 10**6), st.sampled_from(["epochs", "steps"]))
def test_a_length_reads_what_it_writes(count: int, unit: str) -> None:
    length = Length(count, unit)
    assert Length.parse(str(length)) == length
    assert Holder.model_validate_json(Holder(every=length).model_dump_json()).every == length


@pytest.mark.parametrize("text", ["10", "epochs", "0 steps", "-1 steps", "1.5 epochs", "", None, "never ever"])
def test_what_is_no_length_is_refused(text: object) -> None:
    with pytest.raises(ValidationError, match="unit"):
        Holder.model_validate({"every": text})


@given(st.integers(1, 50), st.integers(1, 500))
def test_steps_are_due_at_their_multiples(count: int, step: int) -> None:
    assert Length(count, "steps").is_due(step=step, epoch_ended=None) == (step % count == 0)


def test_epochs_are_due_when_one_of_their_number_ends() -> None:
    every_second = Length(2, "epochs")
    assert [every_second.is_due(step=9, epoch_ended=epoch) for epoch in (None, 1, 2, 3, 4)] == [
        False,
        False,
        True,
        False,
        True,
    ]
    assert not Length(0, "never").is_due(step=1, epoch_ended=1)


@pytest.mark.parametrize(
    ("given_text", "text", "steps"),
    [("10%", "10%", 20), ("100", "100 steps", 100), (1, "1 step", 1), ("900 steps", "900 steps", 200), ("0%", "0%", 0)],
)
def test_parts_of_a_run(given_text: object, text: str, steps: int) -> None:
    assert read_span(given_text) == text
    assert read_span(text) == text
    assert span_steps(text, 200) == steps


@pytest.mark.parametrize("given_text", ["ten", "-1", "101%", "1.5 steps", "", None])
def test_what_is_no_part_of_a_run_is_refused(given_text: object) -> None:
    with pytest.raises(ValueError, match="100 steps"):
        read_span(given_text)
