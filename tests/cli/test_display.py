"""What a user sees while a run goes on."""

import io

import pytest
from rich.console import Console
from rich.progress import Progress, TextColumn

from danlu.cli.display import Figures, Lines, Live
from danlu.kit.language import set_language
from danlu.rundir.events import AnyEvent, Checkpoint, Ended, Preview, Stage, Started, Step, Validation, Warned


def step(number: int, epoch: int, loss: float = 1.0) -> Step:
    return Step(step=number, epoch=epoch, loss=loss, rates={"unet": 2e-4}, seconds=0.5, images=4)


RUN: list[AnyEvent] = [
    Warned(en="three pictures are small", zh="三张图片偏小"),
    Stage(name="latents", done=1, total=2),
    Stage(name="latents", done=2, total=2),
    Started(total_steps=4, epochs=2, device="cpu", precision="bf16"),
    Preview(step=0, epoch=0, paths=["previews/base/01.png"]),
    step(1, 1, 0.4),
    step(2, 1, 0.2),
    Checkpoint(step=2, epoch=1, path="checkpoints/a-000001.safetensors"),
    step(3, 2),
    step(4, 2),
    Ended(step=4, outcome="finished", training_seconds=75),
]


def test_a_pipe_gets_one_line_for_what_matters_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    lines = Lines()
    for event in RUN:
        lines(event)
    out, err = capsys.readouterr()
    assert out == ""
    told = err.splitlines()
    assert told[0] == "Note: three pictures are small"
    assert told[1] == "Encoding pictures: 2"
    assert told[2] == "Training: 4 steps, 2 epochs (cpu, bf16)"
    assert "base" in told[3]
    assert told[4] == "Epoch 1/2: loss 0.3000, rate 2.00e-04, 8.0 images/s, 1 s left"
    assert told[5].endswith("a-000001.safetensors")
    assert told[6].startswith("Epoch 2/2: loss 1.0000")
    assert told[7:] == ["Trained 4 steps in 1 min 15 s."]


def test_chinese(capsys: pytest.CaptureFixture[str]) -> None:
    set_language("zh")
    lines = Lines()
    for event in [*RUN, Ended(step=2, outcome="stopped")]:
        lines(event)
    told = capsys.readouterr().err
    assert "三张图片偏小" in told and "第 1/2 轮：Loss 0.3000" in told and "已在第 2 步停止" in told
    assert "loss" not in told


def test_what_is_measured_on_held_out_pictures_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    Lines()(Validation(step=20, epoch=2, loss=0.12345, pictures=3))
    assert capsys.readouterr().err == "  loss 0.1235 on held-out pictures after step 20\n"


def test_epochs_of_unequal_length_are_told_when_the_next_begins_or_the_run_ends() -> None:
    figures = Figures()
    figures.total_steps, figures.epochs = 5, 2
    told = [figures.take(step(number, 1 if number <= 3 else 2)) for number in range(1, 5)]
    assert [done.epoch if done else None for done in told] == [None, None, None, 1]
    rest = figures.flush()
    assert rest is not None and rest.epoch == 2 and figures.flush() is None


def test_the_bar_follows_stages_and_steps() -> None:
    screen = io.StringIO()
    columns = (TextColumn("{task.description}"), TextColumn("{task.fields[figures]}"))
    with Progress(*columns, console=Console(file=screen, force_terminal=True, width=120)) as bars:
        live = Live(bars)
        for event in RUN[:-1]:
            live(event)
        (task,) = bars.tasks
        assert (task.completed, task.total) == (4, 4)
        assert "loss 0.65" in task.fields["figures"] and "8.0 images/s" in task.fields["figures"]
    assert "Epoch 1/2: loss 0.3000" in screen.getvalue()
