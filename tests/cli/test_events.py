"""The lines that events are worth."""

from danlu.cli.events import tell
from danlu.kit.language import set_language
from danlu.rundir.events import Skipped

NAMES = ["a.png", "b.png", "c.png", "d.png", "e.png"]


def test_a_step_that_was_left_out_names_its_pictures() -> None:
    skipped = Skipped(step=7, epoch=1, part="loss", pictures=NAMES, in_row=1, seconds=0.1, images=5)
    assert tell(skipped) == "Note: step 7 is left out, its loss isn't finite (a.png, b.png, c.png, d.png …)"
    set_language("zh")
    assert tell(skipped) == "注意：第 7 步已跳过，Loss 不是有限数值（a.png, b.png, c.png, d.png …）"


def test_fp16_tells_its_scale() -> None:
    skipped = Skipped(
        step=7, epoch=1, part="gradient", pictures=NAMES[:1], in_row=1, loss_scale=32768, seconds=0.1, images=1
    )
    assert (tell(skipped) or "").endswith("isn't finite (a.png); fp16's loss scale is 32768 from now on")
    set_language("zh")
    assert (tell(skipped) or "").endswith("梯度不是有限数值（a.png）；fp16 的 Loss 缩放降为 32768")
