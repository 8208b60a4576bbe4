"""One process works on a run; others ask it for something."""

import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from danlu.kit.errors import UserError
from danlu.rundir.control import ask, at_work, is_asked, is_at_work, take_request
from danlu.rundir.layout import Request, RunFolder

HOLD = """
import sys, time
from pathlib import Path
from danlu.rundir.control import at_work
from danlu.rundir.layout import RunFolder

with at_work(RunFolder(Path(sys.argv[1]))):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    folder = RunFolder(tmp_path / "跑 1")
    folder.root.mkdir()
    folder.recipe.touch()
    folder.plan.touch()
    return folder


@pytest.mark.parametrize("request_name", get_args(Request))
def test_a_request_is_asked_and_answered_once(run: RunFolder, request_name: Request) -> None:
    with at_work(run):
        assert not is_asked(run, request_name) and not take_request(run, request_name)
        ask(run, request_name)
        ask(run, request_name)
        assert is_asked(run, request_name)
        assert take_request(run, request_name) and not take_request(run, request_name)


def test_what_was_asked_of_an_earlier_process_is_forgotten(run: RunFolder) -> None:
    with at_work(run):
        ask(run, "stop")
    run.request("save").touch()
    with at_work(run):
        assert not any(is_asked(run, request) for request in get_args(Request))


def test_asking_where_nobody_works_is_told(run: RunFolder, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"nothing is training in .* now") as caught:
        ask(run, "stop")
    assert "当前没有在训练" in caught.value.text.zh
    with pytest.raises(UserError, match="holds no run"):
        ask(RunFolder(tmp_path / "nowhere"), "save")
    assert not run.request("stop").exists()


def test_two_processes_do_not_work_on_one_run_and_a_killed_one_is_gone(run: RunFolder) -> None:
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(run.root)], stdout=subprocess.PIPE)
    assert process.stdout is not None and process.stdout.readline() == b"held\n"
    assert is_at_work(run)
    with pytest.raises(UserError, match="another process is training in") as caught, at_work(run):
        pass
    assert "另一个进程" in caught.value.text.zh
    ask(run, "save")
    process.kill()
    process.communicate()
    left = run.root / "state" / f".training.pt.{process.pid}-abcd_123.tmp"
    left.parent.mkdir()
    left.touch()
    assert not is_at_work(run)
    with at_work(run):
        assert is_at_work(run) and not left.exists()
