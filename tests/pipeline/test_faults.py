"""What goes wrong in the middle of a run is told in one sentence, leaves nothing half-written, and can be resumed."""

import resource
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from danlu.cli.main import run as run_command
from danlu.kit.cache_files import forget_refusals
from danlu.kit.errors import UserError
from danlu.kit.files import file_sha256
from danlu.pipeline.train import resume, train
from danlu.rundir.events import AnyEvent, Checkpoint, Failed, Step, Warned
from danlu.rundir.journal import Journal, read_journal
from danlu.rundir.layout import RunFolder
from small_world import make_dataset, make_recipe


def limit_files(largest_bytes: int) -> None:
    """From now on the system refuses to let a file grow further, as a full disk does."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest_bytes, hard))


@contextmanager
def afterwards_unlimited() -> Generator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def leftovers(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.name.endswith(".tmp")]


@pytest.mark.parametrize("limit", [8_000, 60_000], ids=["adapter", "state"])
def test_a_disk_that_fills_up_while_saving(dataset: Path, base_folder: Path, tmp_path: Path, limit: int) -> None:
    """The adapter file is small, the state is large: each of them doesn't fit once."""
    recipe = make_recipe(dataset, base_folder, {"checkpoints": {"every": "2 steps"}, "training": {"length": "6 steps"}})
    whole, _ = train(recipe, tmp_path / "whole")
    run = RunFolder(tmp_path / "run")

    def fill(event: AnyEvent) -> None:
        if isinstance(event, Step) and event.step == 4:
            limit_files(limit)

    with afterwards_unlimited(), pytest.raises(UserError) as caught:
        train(recipe, run.root, listeners=[fill])
    broken = "training.pt" if limit > 10_000 else "lora-step00000004.safetensors"
    assert broken in caught.value.text.en and "larger than its disk allows" in caught.value.text.en
    assert "超过了所在磁盘" in caught.value.text.zh
    assert leftovers(run.root) == []
    events = list(read_journal(run.journal))
    assert isinstance(events[-1], Failed) and broken in events[-1].message
    assert [event.step for event in events if isinstance(event, Checkpoint)] == [2]
    assert resume(run.root)[1] == "finished"
    assert file_sha256(run.checkpoints / "lora.safetensors") == file_sha256(whole.checkpoints / "lora.safetensors")
    assert sorted(path.name for path in run.checkpoints.iterdir()) == sorted(
        path.name for path in whole.checkpoints.iterdir()
    )


def test_a_cache_that_fills_up_while_training(
    dataset: Path, base_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a frozen text encoder captions are encoded when they come, and can't be kept."""
    monkeypatch.setenv("DANLU_CACHE", str(tmp_path / "cache"))
    forget_refusals()
    recipe = make_recipe(dataset, base_folder, {"adapter": {"text_encoder": False}})

    def refuse(event: AnyEvent) -> None:
        if isinstance(event, Step) and event.step == 1:
            shutil.rmtree(tmp_path / "cache")
            (tmp_path / "cache").touch()

    run, outcome = train(recipe, tmp_path / "run", listeners=[refuse])
    assert outcome == "finished" and (run.checkpoints / "lora.safetensors").exists()
    notes = [event.en for event in read_journal(run.journal) if isinstance(event, Warned) and "DANLU_CACHE" in event.en]
    assert len(notes) == 1


def test_a_command_without_a_cache(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "cache").touch()
    monkeypatch.setenv("DANLU_CACHE", str(tmp_path / "cache"))
    assert run_command(["dataset", "check", str(dataset)]) in (0, 1)
    assert capsys.readouterr().err.count("DANLU_CACHE") == 1


@pytest.mark.parametrize("mistake", [RuntimeError("a bug"), UserError("a mistake", "错误")], ids=["bug", "mistake"])
def test_whatever_ends_a_run_what_was_trained_is_saved(
    mistake: Exception, dataset: Path, base_folder: Path, tmp_path: Path
) -> None:
    recipe = make_recipe(dataset, base_folder, {"checkpoints": {"every": "never"}, "training": {"length": "4 steps"}})

    def fail(event: AnyEvent) -> None:
        if isinstance(event, Step) and event.step == 3:
            raise mistake

    with pytest.raises(type(mistake)) as caught:
        train(recipe, tmp_path / "run", listeners=[fail])
    run = RunFolder(tmp_path / "run")
    events = list(read_journal(run.journal))
    assert isinstance(events[-1], Failed)
    told = str(caught.value) if isinstance(mistake, UserError) else [e.en for e in events if isinstance(e, Warned)][-1]
    assert "up to step 3" in told and f"danlu resume '{run.root}'" in told
    assert resume(run.root)[1] == "finished"
    whole, _ = train(recipe, tmp_path / "whole")
    assert file_sha256(run.checkpoints / "lora.safetensors") == file_sha256(whole.checkpoints / "lora.safetensors")


def test_a_step_that_broke_in_its_middle_is_not_saved(
    dataset: Path, base_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some weights would be those of one step, some those of another."""
    write = Journal.write

    def break_next(self: Journal, event: AnyEvent) -> None:
        write(self, event)
        if isinstance(event, Step) and event.step == 2:
            monkeypatch.setattr("danlu.training.loop.Loop._update", refuse)

    def refuse(*_: object) -> None:
        raise RuntimeError("half of them")

    monkeypatch.setattr(Journal, "write", break_next)
    with pytest.raises(RuntimeError, match="half of them"):
        train(make_recipe(dataset, base_folder, {"checkpoints": {"every": "1 step"}}), tmp_path / "run")
    run = RunFolder(tmp_path / "run")
    assert [event.step for event in read_journal(run.journal) if isinstance(event, Checkpoint)] == [1, 2]


def test_a_line_that_does_not_fit_is_not_written_in_part(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    event = Step(step=1, epoch=1, loss=1.0, rates={"unet": 1e-4}, seconds=0.1, images=1)
    journal.write(event)
    size = (tmp_path / "journal.jsonl").stat().st_size
    with afterwards_unlimited():
        limit_files(size + size // 2)
        with pytest.raises(UserError, match=r"journal\.jsonl"):
            journal.write(event)
    assert (tmp_path / "journal.jsonl").stat().st_size == size
    journal.write(event)
    journal.close()
    assert len(list(read_journal(tmp_path / "journal.jsonl"))) == 2


def test_a_journal_that_cannot_be_written_does_not_hide_why_the_run_failed(
    dataset: Path, base_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = Journal.write

    def refuse(self: Journal, event: AnyEvent) -> None:
        if isinstance(event, Failed):
            raise UserError("no space for the journal", "日志没有空间")
        write(self, event)

    def fail(event: AnyEvent) -> None:
        if isinstance(event, Step):
            raise UserError("the real reason", "真正的原因")

    monkeypatch.setattr(Journal, "write", refuse)
    with pytest.raises(UserError, match="the real reason"):
        train(make_recipe(dataset, base_folder), tmp_path / "run", listeners=[fail])


def test_a_picture_that_becomes_unreadable_in_the_middle(base_folder: Path, tmp_path: Path) -> None:
    """Only without a cache are pictures read while training."""
    dataset = make_dataset(tmp_path / "d")
    recipe = make_recipe(dataset, base_folder, {"cache": {"latents": "off"}, "training": {"length": "2 epochs"}})
    whole, _ = train(recipe, tmp_path / "whole")
    run, aside = RunFolder(tmp_path / "run"), tmp_path / "aside"
    shutil.copytree(dataset, aside)

    def spoil(event: AnyEvent) -> None:
        if isinstance(event, Step) and event.step == 2:
            for picture in dataset.rglob("*.png"):
                picture.write_bytes(picture.read_bytes()[:60])

    with pytest.raises(UserError, match=r"Step 3 can't be computed: The picture '.*图.*' is damaged") as caught:
        train(recipe, run.root, listeners=[spoil])
    assert "已保留到第 2 步的训练结果" in caught.value.text.zh and leftovers(run.root) == []
    last = [event for event in read_journal(run.journal) if isinstance(event, Checkpoint)][-1]
    assert last.step == 2 and (run.root / last.path).exists()
    shutil.copytree(aside, dataset, dirs_exist_ok=True)
    assert resume(run.root)[1] == "finished"
    assert file_sha256(run.checkpoints / "lora.safetensors") == file_sha256(whole.checkpoints / "lora.safetensors")


def test_a_picture_that_disappears_before_it_is_encoded(
    base_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = make_dataset(tmp_path / "d")
    first = min(dataset.rglob("*.png"))

    def remove(event: AnyEvent) -> None:
        first.unlink(missing_ok=True)

    with pytest.raises(UserError, match=r"can't be read any more \(No such file") as caught:
        train(make_recipe(dataset, base_folder), tmp_path / "run", listeners=[remove])
    assert str(first) in caught.value.text.zh
