"""From one's own pictures to a LoRA, as the README says, with Chinese, spaces and emoji in every path."""

import re
import signal
import time
from pathlib import Path

from danlu.rundir.events import Checkpoint, Ended, Step
from danlu.rundir.journal import last_of, read_journal
from danlu.rundir.layout import RunFolder

ANSI = re.compile(r"\x1b\[")
SHORT = ("--set", "training.length=2 epochs", "--set", "previews.steps=2", "--set", "training.precision=fp32")


def wait_for_step(run: RunFolder, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while last_of(run.journal, Step) is None:
        assert time.monotonic() < end, "no step was done"
        time.sleep(0.05)


def test_a_pipe_gets_plain_lines_and_paths_of_any_script_work(danlu, dataset: Path, base_folder: Path) -> None:
    made = danlu("init", dataset, "--base", base_folder, "-o", "配 方 🔥.toml", "--lang", "zh")
    assert made.returncode == 0, made.stderr
    planned = danlu("plan", "配 方 🔥.toml", DANLU_LANG="zh")
    assert planned.returncode == 0 and "步" in planned.stdout
    trained = danlu("train", "配 方 🔥.toml", "--run", "训 练/1 号", *SHORT, DANLU_LANG="zh", TERM="xterm-256color")
    assert trained.returncode == 0, trained.stderr
    assert "训练完成" in trained.stderr and "训练报告" in trained.stdout
    assert not ANSI.search(made.stdout + planned.stdout + trained.stdout + trained.stderr)
    assert "\r" not in trained.stderr


def test_ctrl_c_saves_exits_with_0_and_resume_goes_on(
    start, danlu, tmp_path: Path, dataset: Path, base_folder: Path
) -> None:
    danlu("init", dataset, "--base", base_folder, "-o", "recipe.toml")
    run = RunFolder(tmp_path / "run")
    long = ("--set", "training.length=200 epochs", "--set", "previews.every=never", "--set", "checkpoints.every=never")
    process = start("train", "recipe.toml", "--run", "run", "--set", "training.precision=fp32", *long)
    wait_for_step(run)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert "danlu resume run" in err
    ended = last_of(run.journal, Ended)
    assert ended is not None and ended.outcome == "stopped"
    assert run.state.exists() and last_of(run.journal, Checkpoint) is not None

    process = start("resume", "run")
    end = time.monotonic() + 60
    while sum(isinstance(event, Step) for event in read_journal(run.journal)) <= ended.step:
        assert time.monotonic() < end and process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    steps = [event.step for event in read_journal(run.journal) if isinstance(event, Step)]
    assert steps == list(range(1, len(steps) + 1))


def test_a_reader_that_leaves_early_is_no_traceback(start) -> None:
    process = start("--help")
    process.stdout.close()
    assert "Traceback" not in process.stderr.read()
    process.stderr.close()
    process.wait(timeout=30)
