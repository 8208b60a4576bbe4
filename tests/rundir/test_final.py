"""A run has one final checkpoint at most, also when it was extended."""

from danlu.rundir.events import Checkpoint, final_among


def saved(step: int, *, final: bool = False) -> Checkpoint:
    return Checkpoint(step=step, epoch=step, path=f"checkpoints/{step}.safetensors", final=final)


def test_the_last_one_is_final_and_no_other() -> None:
    first, second = saved(1), saved(2, final=True)
    assert final_among([first]) is None and final_among([]) is None
    assert final_among([first, second]) is second
    assert final_among([first, second, saved(3)]) is None
    third = saved(4, final=True)
    assert final_among([second, third, saved(3)]) is third
