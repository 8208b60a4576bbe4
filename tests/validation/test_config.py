"""Settings of validation: what contradicts itself or does nothing is refused."""

import pytest
from pydantic import ValidationError

from danlu.kit.lengths import Length
from danlu.validation.config import ValidationConfig


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"share": 0.1, "pictures": 2}, "leave one out"),
        ({"share": 0.1, "every": "never"}, "can't be 'never'"),
        ({"share": 0.6}, "less than or equal to 0.5"),
    ],
)
def test_mistakes(settings: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        ValidationConfig.model_validate(settings)


def test_how_many_are_wanted() -> None:
    assert not ValidationConfig().is_on
    assert ValidationConfig(pictures=3, every=Length(5, "steps")).wanted(100) == 3
    assert ValidationConfig(share=0.1).wanted(25) == 2
    assert ValidationConfig(share=0.1).wanted(3) == 1
