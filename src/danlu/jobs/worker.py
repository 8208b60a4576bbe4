"""The worker: takes jobs from the queue one at a time, watches their processes, and writes down what became of them.

It is a thread of the studio, as all the work is done by processes of their own sessions: if the studio is killed they
go on, and whichever worker comes next takes them up again by the files that they leave. Nothing runs twice: a job is
held by a lease, a process by a lock, and one that comes too late finds a newer token.
"""

import logging
import os
import secrets
import signal
import subprocess
import time
from contextlib import suppress
from threading import Event, Thread

from danlu.datasets.history import recover
from danlu.jobs.attempts import attempt_of, begin_attempt
from danlu.jobs.base import read_order
from danlu.jobs.commands import command_of
from danlu.jobs.escalation import Escalation
from danlu.jobs.launch import Evidence, forget, launch, prepare
from danlu.jobs.outcome import Outcome, outcome_of
from danlu.kit.errors import UserError
from danlu.kit.language import Text
from danlu.rundir.control import ask, is_asked
from danlu.rundir.journal import end_of
from danlu.rundir.layout import RunFolder
from danlu.store.database import Database
from danlu.store.datasets import advance_dataset, find_dataset
from danlu.store.facts import read_fact
from danlu.store.folder import StudioFolder
from danlu.store.jobs import change_job
from danlu.store.leases import claim, next_waiting, renew, take_over
from danlu.store.records import AT_WORK, JobRecord
from danlu.store.runs import run_of_job

LOOK_SECONDS = 0.5
STARTING_SECONDS = 120.0
"""So long may a process take to begin; then it counts as never begun."""
_LEFT: list["subprocess.Popen[bytes]"] = []
"""Processes that outlive their worker; Python would complain of handles that are thrown away before."""
_REAP_SECONDS = 30.0
"""So long may a process take to be gone once its work is done: it gives its memory back before the next one begins."""


class Worker:
    """Takes and watches jobs until it is stopped."""

    def __init__(
        self, folder: StudioFolder, database: Database, *, lease_seconds: float = 10.0, alone: bool = False
    ) -> None:
        """`alone` tells that no other worker can be at work on this folder: it waits for nobody's lease to run out."""
        self._folder, self._database, self._lease_seconds = folder, database, lease_seconds
        self._name = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._job: JobRecord | None = None
        self._child: subprocess.Popen[bytes] | None = None
        self._launched_at = self._looked_at = 0.0
        self._alone, self._escalation = alone, Escalation()
        self._woken, self._ending = Event(), Event()
        self._thread: Thread | None = None

    def start(self) -> None:
        """Begin, or begin again."""
        self._ending.clear()
        self._looked_at = time.monotonic()
        self._thread = Thread(target=self._work, name="worker", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End; processes at work go on, and are taken up again by the next worker."""
        self._ending.set()
        self._woken.set()
        if self._thread is not None:
            self._thread.join(10)
        if self._job is not None:
            renew(self._database, self._job, 0)
        if self._child is not None:
            _LEFT.append(self._child)

    def wake(self) -> None:
        """Look at the queue now."""
        self._woken.set()

    def is_looking(self) -> bool:
        """Whether it is alive and has looked a short while ago."""
        alive = self._thread is not None and self._thread.is_alive()
        return alive and time.monotonic() - self._looked_at < _REAP_SECONDS * 2

    def _work(self) -> None:
        while not self._ending.is_set():
            self._looked_at = time.monotonic()
            try:
                self.look()
            except Exception:
                logging.getLogger("danlu.jobs").exception("the worker failed; it tries again")
                self._ending.wait(LOOK_SECONDS * 4)
            self._woken.wait(LOOK_SECONDS)
            self._woken.clear()

    def look(self) -> None:
        """Look once at the job at work, or for one."""
        if self._job is not None:
            self._job = renew(self._database, self._job, self._lease_seconds)
            if self._job is None:
                self._reap()
        if self._job is None:
            self._job = take_over(self._database, self._name, self._lease_seconds, alone=self._alone)
            if self._job is not None:
                self._take_up(self._job)
                return
        if self._job is None:
            self._job = self._take_next()
            if self._job is not None:
                self._begin(self._job)
            return
        self._watch(self._job)

    def _take_next(self) -> JobRecord | None:
        """Take the first waiting job; none while the queue is paused, or as long as somebody is changing its dataset.

        Whoever begins to change it after that finds the job at work.
        """
        from filelock import FileLock, Timeout

        job = None if read_fact(self._database, "queue_paused") else next_waiting(self._database)
        if job is None:
            return None
        dataset = find_dataset(self._database, job.owner_id, job.dataset_id or "")
        if dataset is None:
            return claim(self._database, job.id, self._name, self._lease_seconds)
        place = self._folder.dataset_lock(dataset.folder)
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(place, timeout=0):
                return claim(self._database, job.id, self._name, self._lease_seconds)
        except Timeout:
            return None  # the worker looks again soon

    def _begin(self, job: JobRecord) -> None:
        """Start the process of a job that nobody is at work on."""
        place = self._folder.job(job.id)
        prepare(place, job.token)
        if Evidence(place).is_alive():
            return  # of an earlier attempt: it is watched until it ends
        forget(place)
        begin_attempt(place, self._run_of(job))
        try:
            command = command_of(self._folder, self._database, job)
        except UserError as error:
            self._settle(job, Outcome("failed", None, error.text))
            return
        self._child, self._launched_at = launch(place, job.token, command), time.monotonic()

    def _take_up(self, job: JobRecord) -> None:
        """Take up a job whose worker is gone. From here on no process can begin that it has started."""
        place = self._folder.job(job.id)
        prepare(place, job.token)
        evidence = Evidence(place)
        if evidence.is_alive() or evidence.has_begun():
            self._watch(job)
        elif job.wanted is not None:
            self._settle(job, Outcome("cancelled" if job.wanted == "cancel" else "interrupted", None))
        else:
            change_job(self._database, job.id, AT_WORK, token=job.token, state="queued", started_at=None)
            self._job = None

    def _watch(self, job: JobRecord) -> None:
        evidence = Evidence(self._folder.job(job.id))
        if self._child is not None:
            self._child.poll()
        if evidence.is_alive():
            if job.state == "starting" and evidence.has_begun():
                change_job(self._database, job.id, ("starting",), token=job.token, state="running")
            if job.wanted is not None:
                self._press(job, evidence)
        elif evidence.has_begun():
            self._settle(job, outcome_of(job, evidence, self._run_of(job)))
        elif self._child is None or self._child.returncode is not None or self._is_late():
            said = evidence.last_line()
            self._settle(job, outcome_of(job, evidence, None) if said == "" else _never_begun(said))

    def _reap(self) -> None:
        """Let the system forget a process of ours that has ended, or is about to."""
        if self._child is not None:
            with suppress(subprocess.TimeoutExpired):
                self._child.wait(_REAP_SECONDS)
            self._child = None

    def _is_late(self) -> bool:
        return time.monotonic() - self._launched_at > STARTING_SECONDS

    def _press(self, job: JobRecord, evidence: Evidence) -> None:
        """Ask a process to end: first as `danlu stop` does, then more and more plainly."""
        run = self._run_of(job)
        signs = (evidence.activity(), end_of(run.journal) if run else None)
        pressure = self._escalation.pressure(job.id, job.token, job.wanted or "cancel", signs)
        if pressure == "kill":
            evidence.signal(signal.SIGKILL)
        elif pressure == "interrupt" or run is None:
            evidence.signal(signal.SIGTERM)
        elif not is_asked(run, "stop"):
            try:
                ask(run, "stop")
            except UserError:
                return  # it isn't in its run's folder yet, or not any more

    def _run_of(self, job: JobRecord) -> RunFolder | None:
        run = run_of_job(self._database, job.id)
        return RunFolder(self._folder.run(run.folder)) if run is not None else None

    def _settle(self, job: JobRecord, outcome: Outcome) -> None:
        """Write down how a job ended and what is left of its order. A dataset that it writes into counts as changed;
        what it was writing when it was killed is taken back.
        """
        order, attempt = read_order(job.order), attempt_of(self._folder.job(job.id))
        dataset = find_dataset(self._database, job.owner_id, job.dataset_id or "")
        if dataset is not None and order.changes_dataset:
            with suppress(UserError, OSError):  # whoever reads the dataset next tries again, and is told
                recover(self._folder.dataset(dataset.folder))
            advance_dataset(self._database, dataset.id, None)
        change_job(
            self._database,
            job.id,
            AT_WORK,
            token=job.token,
            order=order.left(self._run_of(job), attempt).model_dump(mode="json"),
            state=outcome.state,
            exit_code=outcome.exit_code,
            error_en=outcome.error.en if outcome.error else None,
            error_zh=outcome.error.zh if outcome.error else None,
            ended_at=time.time(),
            lease_holder=None,
            lease_until=None,
        )
        self._reap()
        self._job = None
        self._woken.set()


def _never_begun(said: str) -> Outcome:
    return Outcome("failed", None, Text(f"The process couldn't begin: {said}", f"进程无法启动：{said}"))
