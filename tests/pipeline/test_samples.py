"""What a step is shown: the rendition that its place draws, framed as it is shown."""

from pathlib import Path
from typing import cast

import pytest

from danlu.cache.latents import LatentSource
from danlu.datasets.augmentation import AugmentationConfig, Rendition, renditions
from danlu.datasets.framing import framing_of
from danlu.datasets.manifest import PictureFacts, update_manifest
from danlu.datasets.pictures import Box
from danlu.pipeline.assembly import SampleSource
from danlu.pipeline.survey import survey_recipe
from small_world import make_dataset, make_recipe


class Asked(dict[tuple[int, Rendition], object]):
    """Takes the place of latents and remembers which were asked for, in order."""

    def __missing__(self, key: tuple[int, Rendition]) -> object:
        self[key] = key
        return key


@pytest.mark.parametrize("augmentation", [{}, {"flip": True}, {"flip": True, "colours": 2}])
def test_every_rendition_is_shown_in_its_turn(
    base_folder: Path, tmp_path: Path, augmentation: dict[str, object]
) -> None:
    dataset = make_dataset(tmp_path / "d", pictures=3, repeats=40)
    # The right part of a picture, so that the mirrored one is framed otherwise.
    update_manifest(dataset, pictures={"40_小 猫🐱/图 0.png": PictureFacts(crop=Box(8, 0, 40, 40))})
    survey = survey_recipe(make_recipe(dataset, base_folder, {"dataset": {"augmentation": augmentation}}))
    samples_of = SampleSource(survey, cast(LatentSource, Asked()))
    shown: dict[int, set[Rendition]] = {index: set() for index in range(3)}
    for planned in survey.order.steps_after(0):
        samples = samples_of(planned)
        assert [repr(sample.latents) for sample in samples_of(planned)] == [repr(sample.latents) for sample in samples]
        for index, sample in zip(planned.group.items, samples, strict=True):
            asked, rendition = cast(tuple[int, Rendition], sample.latents)
            assert asked == index
            shown[index].add(rendition)
            picture, bucket = survey.dataset.pictures[index], planned.group.bucket
            assert sample.framing == framing_of(picture, bucket, flipped=rendition.flipped)
    wanted = set(renditions(AugmentationConfig.model_validate(augmentation)))
    assert all(found == wanted for found in shown.values())
