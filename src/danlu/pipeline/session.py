"""One process at work on a run, from its first event to its last: prepare, train, and whatever happens, say how it
ended and what is kept.
"""

from collections.abc import Sequence
from contextlib import suppress

from danlu.checkpoints.state import has_state
from danlu.kit.cache_files import telling_refusals
from danlu.kit.errors import UserError
from danlu.kit.language import Text
from danlu.pipeline.assembly import Assembly, assemble
from danlu.pipeline.plan import Plan
from danlu.pipeline.survey import Survey
from danlu.pipeline.tensorboard import TensorBoardLog
from danlu.pipeline.whole_checkpoint import write_whole_checkpoint
from danlu.rundir.events import Checkpoint, Ended, Failed, Skipped, Started, Step, Validation, Warned
from danlu.rundir.journal import Journal, Listener, count_unread, last_of, read_journal
from danlu.rundir.layout import RunFolder
from danlu.rundir.stopping import StopAskedError, StopWatch
from danlu.training.groups import group_table
from danlu.training.loop import Outcome
from danlu.training.memory import keep_freed_memory


def run_session(folder: RunFolder, survey: Survey, plan: Plan, listeners: Sequence[Listener]) -> Outcome:
    """Prepare a run and train it to its end, or until it is asked to stop.

    An error of the user's says what is kept of the run and how to go on; of any other the journal says it.
    """
    keep_freed_memory()
    curves = TensorBoardLog(folder.logs)
    journal = Journal(folder.journal, curves, *listeners)
    stop = StopWatch(folder, journal)
    try:
        with stop.watching(), telling_refusals(lambda text: journal.write(Warned(en=text.en, zh=text.zh))):
            for warning in (*plan.warnings, *_tell_unread(folder)):
                journal.write(Warned(en=warning.en, zh=warning.zh))
            return _train(folder, survey, journal, stop)
    except BaseException as error:
        kept = _kept(folder)
        with suppress(Exception):  # a full disk may not take these lines either: the error itself matters more
            if kept is not None and not isinstance(error, UserError):
                journal.write(Warned(en=kept.en, zh=kept.zh))
            journal.write(Failed(message=str(error) or type(error).__name__))
        if kept is None or not isinstance(error, UserError):
            raise
        en, zh = error.text
        raise UserError(f"{en} {kept.en}", f"{zh}{kept.zh}", field=error.field) from error
    finally:
        journal.close()
        curves.close()


def training_seconds(folder: RunFolder) -> float:
    """The time of all steps of a run, also of those that were left out (one done again after a crash counts once)."""
    seconds: dict[int, float] = {}
    for event in read_journal(folder.journal):
        if isinstance(event, Step | Skipped):
            seconds[event.step] = event.seconds
    return sum(seconds.values())


def _train(folder: RunFolder, survey: Survey, journal: Journal, stop: StopWatch) -> Outcome:
    saved = last_of(folder.journal, Checkpoint)
    step = saved.step if saved is not None else 0
    try:
        assembly = assemble(survey, folder, journal, stop)
        step = assembly.loop.step
        _tell_start(assembly, survey, journal)
        last = assembly.loop.last()
        assembly.previews.begin(last)
        assembly.validator.begin(last, _measured(folder))
        outcome = assembly.loop.run()
        step = assembly.loop.step
        if outcome == "finished":
            held, averaged = assembly.injection, assembly.averaged
            write_whole_checkpoint(survey, folder, journal, injection=held, averaged=averaged)
    except StopAskedError:  # before the first step of this process: all that is saved is as it was
        outcome = "stopped"
    journal.write(Ended(step=step, outcome=outcome, training_seconds=training_seconds(folder)))
    return outcome


def _tell_start(assembly: Assembly, survey: Survey, journal: Journal) -> None:
    loop, compute = assembly.loop, assembly.compute
    journal.write(
        Started(
            step=loop.step,
            total_steps=survey.order.total_steps,
            epochs=survey.order.epochs,
            device=compute.device,
            precision=compute.precision,
            groups=group_table(loop.optimizer),
        )
    )


def _tell_unread(folder: RunFolder) -> list[Text]:
    if not (lines := count_unread(folder.journal)):
        return []
    return [
        Text(
            f"Lines of '{folder.journal}' that are damaged, or of a later version, are passed over: {lines}.",
            f"“{folder.journal}”中有 {lines} 行已损坏或来自更新的版本，已跳过。",
        )
    ]


def _measured(folder: RunFolder) -> set[int]:
    """The steps after which the held-out pictures were measured."""
    return {event.step for event in read_journal(folder.journal) if isinstance(event, Validation)}


def _kept(folder: RunFolder) -> Text | None:
    """What is kept of a run that an error ended; None if nothing was trained."""
    saved = last_of(folder.journal, Checkpoint)
    if saved is not None and has_state(folder.state):
        return Text(
            f"Kept is what was trained up to step {saved.step} ({saved.path}); `danlu resume '{folder.root}'` goes on "
            "from there.",
            f"已保留到第 {saved.step} 步的训练结果（{saved.path}）；用 `danlu resume '{folder.root}'` 可从此处继续。",
        )
    if last_of(folder.journal, Step) is None:
        return None
    return Text(
        f"Nothing could be saved; `danlu resume '{folder.root}'` begins again.",
        f"未能保存任何结果；用 `danlu resume '{folder.root}'` 重新开始。",
    )
