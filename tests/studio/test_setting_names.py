"""What people call the settings of a recipe."""

from danlu.kit.language import Text
from danlu.studio.recipe_schema import recipe_schema
from danlu.studio.shapes.common import said


def test_every_setting_has_a_name_for_people_in_both_languages() -> None:
    """It stands in the setting's documentation, once, and isn't part of the help."""
    sections = recipe_schema().sections
    settings = [one for part in sections for owner in (part, *part.kinds) for one in owner.settings]
    assert len(settings) > 200
    for one in settings:
        assert one.label.en[0].isupper() or one.label.en.startswith("rsLoRA"), one.key
        assert one.label.en != one.title and one.label.zh and len(one.label.en) <= 40, one.key
        assert "Label:" not in one.help.en + one.help.zh, one.key
    lr = next(one for one in settings if one.key == "optimizer.lr")
    assert lr.label == said(Text("Learning rate (U-Net)", "学习率（U-Net）"))
    assert not any("kinds/" in section.help.en for section in sections)
