"""A real studio: `danlu studio` as a process of its own, on a free port, in a folder of its own."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil

OPEN = ("queued", "starting", "running", "stopping")


class RunningStudio:
    """A studio that can be asked, ended, killed and started again at the same address."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = 0
        self.address = ""
        self.process: subprocess.Popen[str] | None = None
        self.start()

    def start(self) -> None:
        """Start it, or start it again where it was."""
        self.folder.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "danlu", "studio", "--no-browser"]
        with (self.folder / "studio.log").open("a") as log:
            self.process = subprocess.Popen(
                [*command, "--data", str(self.folder), "--port", str(self.port)],
                env={**os.environ, "PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1", "DANLU_LANG": "en"},
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert "http://" in line, (self.folder / "studio.log").read_text()
        self.address = line.split("http://")[1].split()[0].join(("http://", ""))
        self.port = int(self.address.rpartition(":")[2])

    def kill(self) -> None:
        """SIGKILL: what it was doing stays as it is. Jobs are processes of their own and go on."""
        assert self.process is not None
        self.process.kill()
        self.process.communicate()

    def api(self, method: str, path: str, **more: Any) -> Any:
        """Ask the API; the body of its answer."""
        answer = httpx.request(method, f"{self.address}/api{path}", timeout=60, **more)
        assert answer.is_success, (method, path, answer.status_code, answer.text)
        return answer.json() if answer.content else None

    def job(self, job_id: str) -> dict[str, Any]:
        """A job as it stands."""
        return self.api("GET", f"/jobs/{job_id}")

    def ended(self, job_id: str, seconds: float = 300) -> dict[str, Any]:
        """A job once it is over."""
        return self.wait(job_id, lambda job: job["state"] not in OPEN, seconds)

    def wait(self, job_id: str, until: Callable[[dict[str, Any]], bool], seconds: float = 300) -> dict[str, Any]:
        """A job once it is so."""
        end = time.monotonic() + seconds
        while not until(job := self.job(job_id)):
            assert time.monotonic() < end, job
            time.sleep(0.2)
        return job

    def has_preview(self, run_id: str) -> bool:
        """Whether a training has drawn something."""
        return bool(self.api("GET", f"/runs/{run_id}/previews")["rows"])

    def processes_of_jobs(self) -> list[psutil.Process]:
        """The processes of this studio's jobs that are alive."""
        jobs = str(self.folder / "jobs")
        found = psutil.process_iter(["cmdline"])
        return [one for one in found if any(word.startswith(jobs) for word in one.info["cmdline"] or ())]

    def kill_jobs(self) -> None:
        """SIGKILL to what is at work."""
        for process in self.processes_of_jobs():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()

    def hold_jobs(self) -> None:
        """Let what is at work stand still, for as long as this studio lives."""
        for process in self.processes_of_jobs():
            process.suspend()

    def close(self) -> None:
        """End it and whatever it began."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.kill()  # nobody shall begin another job
        self.process.communicate()
        self.kill_jobs()


@contextmanager
def studio_at(folder: Path) -> Iterator[RunningStudio]:
    """A studio that is gone afterwards."""
    studio = RunningStudio(folder)
    try:
        yield studio
    finally:
        studio.close()
