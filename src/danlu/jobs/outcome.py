"""What became of a job whose process is gone, by what it left behind."""

from typing import NamedTuple

from danlu.jobs.attempts import Attempt, attempt_of
from danlu.jobs.launch import Evidence
from danlu.kit.language import Text
from danlu.rundir.events import Ended, Failed, Stage, Started, Step
from danlu.rundir.journal import read_journal
from danlu.rundir.layout import RunFolder
from danlu.store.records import JobRecord, JobState

_FROM_OUTSIDE = Text(
    "The process was ended from outside (by the system, for want of memory perhaps); it can go on where it was.",
    "进程被外部终止（可能因内存不足），可以从中断处继续。",
)


class Outcome(NamedTuple):
    """How a job ended."""

    state: JobState
    exit_code: int | None
    error: Text | None = None


def outcome_of(job: JobRecord, evidence: Evidence, run: RunFolder | None) -> Outcome:
    """How a job ended: by its run's journal, its exit code, and what it said."""
    code, attempt = evidence.exit_code(), attempt_of(evidence.folder)
    ending = _ending(run, attempt) if run is not None else None
    if ending == "finished":
        return Outcome("succeeded", code)
    if job.wanted == "cancel":
        return Outcome("cancelled", code)
    if ending == "stopped" or (job.wanted == "stop" and code in (None, 0)):
        return Outcome("interrupted", code)
    if code is None:
        return Outcome("interrupted", None, _FROM_OUTSIDE)
    if code == 0:
        return Outcome("succeeded", code)
    # who asked it to stop is told if it couldn't save; it goes on from what it saved before
    state: JobState = "interrupted" if job.wanted == "stop" else "failed"
    return Outcome(state, code, _reason(evidence, run, attempt))


def _ending(run: RunFolder, attempt: Attempt) -> str | None:
    """How an attempt ended by its run's journal; None if it broke off."""
    ended: str | None = None
    for event in read_journal(run.journal, attempt.journal):
        if isinstance(event, Ended):
            ended = event.outcome
        elif isinstance(event, Started | Stage | Step):
            ended = None
    return ended


def _reason(evidence: Evidence, run: RunFolder | None, attempt: Attempt) -> Text:
    """The sentence that the user was told, or what the run or the process said last."""
    if mistake := evidence.mistake():
        return mistake
    failure: str | None = None
    for event in read_journal(run.journal, attempt.journal) if run is not None else ():
        if isinstance(event, Failed):
            failure = event.message
    said = failure or evidence.last_line() or "it ended without a word"
    return Text(f"The process failed: {said}", f"进程出错：{said}")
