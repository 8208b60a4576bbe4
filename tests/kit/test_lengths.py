"""Lengths carry their unit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from danlu.kit.lengths import Length


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
