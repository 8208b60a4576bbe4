"""Jobs of a running studio from the command line: listed, watched, ended."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from danlu.cli.output import note, progress, say, say_json, say_table
from danlu.cli.speech import JSON_HELP, Example, argument, command, option
from danlu.kit.language import Text
from danlu.kit.quantities import format_seconds

if TYPE_CHECKING:
    from danlu.client.studio import Studio
    from danlu.studio.shapes.jobs import JobShape

F = TypeVar("F", bound=Callable[..., Any])
SERVER = "http://127.0.0.1:8288"
JOB = Text("Id of a job.", "任务的 id。")
_LOOK_SECONDS = 1.0
KINDS = {
    "crop": Text("cropping", "裁剪"),
    "tag": Text("tagging", "打标"),
    "train": Text("training", "训练"),
}


def server_option(function: F) -> F:
    """Which studio is asked."""
    text = Text("Address of the studio; also DANLU_SERVER.", "studio 的地址；也可用环境变量 DANLU_SERVER 指定。")
    return option("--server", metavar="URL", envvar="DANLU_SERVER", default=SERVER, show_default=True, text=text)(
        function
    )


@command("queue", Example("danlu remote queue", Text("what is running and what is queued", "进行中与排队中的任务")))
@option("--all", "every", is_flag=True, text=Text("Also what is over.", "包括已结束的任务。"))
@option("--json", "as_json", is_flag=True, text=JSON_HELP)
@server_option
def queue(*, every: bool, as_json: bool, server: str) -> None:
    """List the running and queued jobs, in their order.

    中文: 按顺序列出进行中与排队中的任务。
    """
    from danlu.client.studio import Studio

    page = Studio(server).queue(1000)
    jobs = [one for one in page.jobs if every or one.ended_at is None]
    if as_json:
        say_json([one.model_dump(mode="json") for one in jobs])
        return
    if page.paused:
        note(Text("The queue is paused: no further job starts.", "队列已暂停：不会开始新任务。"))
    head = (
        "id",
        Text("job", "任务"),
        Text("of", "对象"),
        Text("state", "状态"),
        Text("done", "进度"),
        Text("left", "剩余"),
    )
    rows = [
        (
            one.id,
            KINDS.get(one.kind, one.kind),
            one.run_name or one.dataset_name or "–",
            state_name(one),
            f"{one.progress.done}/{one.progress.total}" if one.progress else "–",
            format_seconds(one.expected_seconds) if one.expected_seconds is not None else "–",
        )
        for one in jobs
    ]
    say_table(head, rows)


@command("watch", Example("danlu remote watch 3f2a9c0d1b7e", Text("until it is over", "直到结束")))
@argument("job", text=JOB)
@server_option
def watch_job(job: str, *, server: str) -> int:
    """Watch a job until it is over. Ctrl-C ends the watching, not the job.

    The exit code is 0 if the job succeeded, else 1.
    中文: 显示任务进度直到结束。按 Ctrl-C 只停止查看，任务继续。

    任务成功时退出码为 0，否则为 1。
    """
    from danlu.client.studio import Studio

    return watch_until_over(Studio(server), job)


def _telling(name: str, done: Text, help_text: str) -> Any:
    """A command that tells a job something."""

    @command(name, Example(f"danlu remote {name} 3f2a9c0d1b7e", done))
    @argument("job", text=JOB)
    @server_option
    def tell(job: str, *, server: str) -> None:
        from danlu.client.studio import Studio

        now = Studio(server).tell_job(job, name)  # pyright: ignore[reportArgumentType]
        say(Text(f"{title_of(now).en}: {state_name(now).en}", f"{title_of(now).zh}：{state_name(now).zh}"))

    tell.help = help_text
    return tell


cancel = _telling(
    "cancel",
    Text("out of the queue, or ended", "移出队列或终止"),
    "End a job, or take it out of the queue.\n\n中文: 终止任务，或将其移出队列。",
)
stop = _telling(
    "stop",
    Text("it can be resumed", "之后可继续"),
    "Let a training save and end after its current step.\n\n中文: 让训练在当前步之后保存并停止。",
)
retry = _telling(
    "retry",
    Text("trainings go on where they were", "训练从中断处继续"),
    "Put a job that failed, was cancelled or interrupted into the queue again.\n\n"
    "中文: 把失败、取消或中断的任务重新排队。",
)
JOB_COMMANDS = (queue, watch_job, stop, cancel, retry)


def state_name(job: "JobShape") -> Text:
    """How a job stands, in words."""
    from danlu.jobs.queue import STATE_NAMES

    return STATE_NAMES[job.state]


def title_of(job: "JobShape") -> Text:
    """What a job is."""
    kind, of = KINDS.get(job.kind, Text(job.kind, job.kind)), job.run_name or job.dataset_name or "–"
    return Text(f"{kind.en} '{of}'", f"{kind.zh}“{of}”")


def watch_until_over(studio: "Studio", job_id: str) -> int:
    """Show how far a job is until it is over; the exit code."""
    from danlu.store.records import OVER

    shown, state = None, None
    try:
        while (job := studio.job(job_id)).state not in OVER:
            if job.state != state:
                state, title, name = job.state, title_of(job), state_name(job)
                note(Text(f"{title.en}: {name.en}", f"{title.zh}：{name.zh}"))
            if job.progress and job.progress.done < job.progress.total:
                shown = shown or progress(KINDS.get(job.kind, Text(job.kind, job.kind)))
                shown(job.progress.done, job.progress.total)
            time.sleep(_LOOK_SECONDS)
    except KeyboardInterrupt:
        note("")
        note(
            Text(
                f"It goes on. Watch it again: danlu remote watch {job_id}",
                f"任务继续进行。再次查看：danlu remote watch {job_id}",
            )
        )
        return 1
    if shown and job.progress:
        shown(job.progress.total, job.progress.total)
    title, name = title_of(job), state_name(job)
    if job.error:
        note(Text(job.error.en, job.error.zh))
    say(Text(f"{title.en}: {name.en}", f"{title.zh}：{name.zh}"))
    return 0 if job.state == "succeeded" else 1
