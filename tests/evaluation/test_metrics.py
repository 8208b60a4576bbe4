"""Figures of scores that can be counted by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from danlu.evaluation.metrics import asked_shares, likeness, mean, standard_error, trait_shares

SCORES = np.array([[0.9, 0.35, 0.1], [0.2, 0.5, 0.34]], np.float32)


def test_traits_at_the_threshold_count() -> None:
    assert trait_shares(SCORES, [0, 1], 0.35).tolist() == [1.0, 0.5]


def test_asked_tags_differ_by_picture() -> None:
    assert asked_shares(SCORES, [[0], [0, 1]], 0.35).tolist() == [1.0, 0.5]
    assert asked_shares(SCORES, [[], [2]], 0.35).tolist() == [0.0]
    assert mean(asked_shares(SCORES, [[], []], 0.35)) == 0


def test_likeness_goes_from_the_base_to_the_training_pictures() -> None:
    base, training = np.full((4, 3), 0.1, np.float32), np.full((5, 3), 0.9, np.float32)
    middle = np.full((1, 3), 0.5, np.float32)
    assert likeness(base, base, training) == pytest.approx([0] * 4)
    assert likeness(training, base, training) == pytest.approx([1] * 5)
    assert likeness(middle, base, training) == pytest.approx([0.5])
    assert likeness(middle, base, base) == pytest.approx([1])


@given(st.lists(st.floats(0, 1), min_size=2, max_size=50))
def test_standard_error_is_that_of_a_mean(values: list[float]) -> None:
    assert standard_error(np.array(values)) == pytest.approx(np.std(values, ddof=1) / len(values) ** 0.5)
    assert standard_error(np.array(values[:1])) == 0
