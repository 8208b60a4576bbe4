"""What a trained file says of its pictures."""

import json
from pathlib import Path

from danlu.pipeline.metadata import adapter_metadata
from danlu.pipeline.survey import survey_recipe
from danlu.training.loop import Trained
from small_world import make_dataset, make_recipe


def test_tags_of_folders_with_one_name_are_added_up(base_folder: Path, tmp_path: Path) -> None:
    """As those of what is learnt and of its regularization often are."""
    make_dataset(tmp_path / "learnt", pictures=3)
    make_dataset(tmp_path / "class", pictures=2)
    changes = {"dataset": {"regularization": str(tmp_path / "class")}}
    survey = survey_recipe(make_recipe(tmp_path / "learnt", base_folder, changes))
    metadata = adapter_metadata(survey, "fp32", Trained(step=1, epoch=1, epoch_ended=None, is_last=False))
    assert json.loads(metadata["ss_tag_frequency"]) == {"2_小 猫🐱": {"zq": 5, "a": 5, "b": 2, "c": 2, "d": 1}}
