"""On which base a run is judged: its own, with what the user says, or another, with nothing of its own."""

from danlu.pipeline.evaluate import OtherBase
from danlu.recipe import BaseConfig

OWN = BaseConfig(path="own", vae="own.vae", prediction="v_prediction", clip_skip=2, max_tokens=150)


def test_what_is_said_counts() -> None:
    assert OtherBase().on(OWN) == OWN
    assert OtherBase(vae="x").on(OWN) == OWN.model_copy(update={"vae": "x"})
    assert OtherBase(prediction="epsilon").on(OWN).told_prediction == "epsilon"
    other = OtherBase("other", prediction="epsilon").on(OWN)
    assert (other.path, other.vae, other.told_prediction) == ("other", None, "epsilon")
    assert OtherBase("other").on(OWN).told_prediction is None
    assert other.clip_skip == 2 and other.max_tokens == 150
