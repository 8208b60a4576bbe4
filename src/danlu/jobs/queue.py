"""What people do with jobs: stop, cancel, try again, go on, move. Each only from states that allow it."""

import time

from danlu.jobs.base import read_order
from danlu.jobs.kinds.train import TrainOrder
from danlu.kit.errors import UserError
from danlu.kit.language import Text
from danlu.kit.lengths import Length
from danlu.store.database import Database
from danlu.store.jobs import change_job, move_job, requeue_job
from danlu.store.records import AT_WORK, JobRecord, JobState

STATE_NAMES: dict[JobState, Text] = {
    "queued": Text("waiting", "排队中"),
    "starting": Text("starting", "启动中"),
    "running": Text("running", "进行中"),
    "stopping": Text("stopping", "停止中"),
    "succeeded": Text("done", "已完成"),
    "failed": Text("failed", "失败"),
    "cancelled": Text("cancelled", "已取消"),
    "interrupted": Text("interrupted", "已中断"),
}
_BROKEN_OFF: tuple[JobState, ...] = ("failed", "cancelled", "interrupted")


class NotNowError(UserError):
    """A job isn't in a state that allows what is asked."""


def stop(database: Database, job: JobRecord) -> JobRecord:
    """Let a training save and end after its step; it can be resumed. Raises `NotNowError` if it isn't at work."""
    if not read_order(job.order).can_stop:
        return cancel(database, job)
    changed = change_job(
        database, job.id, ("starting", "running"), state="stopping", wanted="stop", wanted_at=time.time()
    )
    return _require(changed, job, Text("stopped", "停止"))


def cancel(database: Database, job: JobRecord) -> JobRecord:
    """End a job, or take it out of the queue. Raises `NotNowError` if it is over."""
    now = time.time()
    changed = change_job(database, job.id, ("queued",), state="cancelled", ended_at=now)
    changed = changed or change_job(database, job.id, AT_WORK, state="stopping", wanted="cancel", wanted_at=now)
    return _require(changed, job, Text("cancelled", "取消"))


def retry(database: Database, job: JobRecord) -> JobRecord:
    """Put a job that broke off at the end of the queue. Raises `NotNowError` if it didn't."""
    return _require(requeue_job(database, job.id, _BROKEN_OFF, job.order), job, Text("tried again", "重试"))


def resume(database: Database, job: JobRecord, extend: str | None, *, accept_changes: bool = False) -> JobRecord:
    """Let a training go on, or longer than planned. Raises `NotNowError` if it can't, `UserError` for a bad length."""
    order = read_order(job.order)
    if not isinstance(order, TrainOrder):
        return retry(database, job)
    states: tuple[JobState, ...] = _BROKEN_OFF if extend is None else (*_BROKEN_OFF, "succeeded")
    longer = order.model_copy(update={"extend": _length(extend), "accept_changes": accept_changes})
    changed = requeue_job(database, job.id, states, longer.model_dump(mode="json"))
    return _require(changed, job, Text("resumed", "继续"))


def move(database: Database, job: JobRecord, place: int) -> None:
    """Bring a waiting job to another place. Raises `NotNowError` if it doesn't wait."""
    if not move_job(database, job.id, place):
        raise _not_now(job, Text("moved", "移动"))


def _length(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        return str(Length.parse(text))
    except ValueError as error:
        en, _, zh = str(error).partition("|")
        raise UserError(f"'{text}': {en}.", f"“{text}”：{zh}。", field="extend") from error


def _require(changed: JobRecord | None, job: JobRecord, done: Text) -> JobRecord:
    if changed is None:
        raise _not_now(job, done)
    return changed


def _not_now(job: JobRecord, done: Text) -> NotNowError:
    state = STATE_NAMES[job.state]
    return NotNowError(f"This job can't be {done.en} now: it is {state.en}.", f"该任务当前{state.zh}，无法{done.zh}。")
