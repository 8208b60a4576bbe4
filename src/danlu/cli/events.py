"""What a run's events are called in a line of text, wherever they are shown."""

from danlu.kit.language import pick
from danlu.kit.quantities import format_seconds
from danlu.rundir.events import (
    AnyEvent,
    BaseWritten,
    Checkpoint,
    Ended,
    Evaluation,
    Preview,
    Skipped,
    Started,
    Stopping,
    Validation,
    Warned,
)
from danlu.rundir.stopping import WAITING


def tell(event: AnyEvent) -> str | None:
    """The line that an event is worth, wherever it is shown; None for those that only move a bar."""
    if isinstance(event, Started):
        return _tell_start(event)
    if isinstance(event, Checkpoint | BaseWritten):
        return _tell_written(event)
    if isinstance(event, Preview):
        count = len(event.paths)
        if event.epoch == 0:
            return pick(f"  {count} pictures of the base itself", f"  底模本身的 {count} 张对照图")
        return pick(
            f"  {count} preview{'s' * (count > 1)} of epoch {event.epoch}", f"  第 {event.epoch} 轮的 {count} 张预览图"
        )
    if isinstance(event, Skipped):
        return _tell_skipped(event)
    if isinstance(event, Validation):
        return pick(
            f"  loss {event.loss:.4f} on held-out pictures after step {event.step}",
            f"  第 {event.step} 步：验证集 Loss {event.loss:.4f}",
        )
    if isinstance(event, Stopping | Warned):
        return _tell_note(event)
    if isinstance(event, Ended):
        return _tell_end(event)
    if isinstance(event, Evaluation):
        return pick(f"  epoch {event.epoch}: score {event.score:.2f}", f"  第 {event.epoch} 轮：得分 {event.score:.2f}")
    return None


def _tell_note(event: Stopping | Warned) -> str:
    if isinstance(event, Warned):
        return pick("Note: ", "注意：") + pick(event.en, event.zh)
    waiting = WAITING[event.waits_for]
    return pick(
        f"Stopping: {waiting.en}. Ctrl-C again ends at once, without saving.",
        f"正在停止：{waiting.zh}。再按一次 Ctrl-C 会立即结束，不再保存。",
    )


def _tell_start(event: Started) -> str:
    begun = pick(f"resumed after step {event.step}, ", f"从第 {event.step} 步继续，共 ") if event.step else ""
    steps = pick(f"{event.total_steps} steps, {event.epochs} epochs", f"{event.total_steps} 步，{event.epochs} 轮")
    first = pick("Training: ", "训练：") + f"{begun}{steps} ({event.device}, {event.precision})"
    rows = [
        pick(
            f"  {group.name}: {group.numbers:,} numbers in {group.tensors} tensors, rate {group.rate:g}, weight decay "
            f"{group.weight_decay:g}",
            f"  {group.name}：{group.tensors} 个张量共 {group.numbers:,} 个参数，学习率 {group.rate:g}，权重衰减 "
            f"{group.weight_decay:g}",
        )
        for group in event.groups
    ]
    return "\n".join([first, *rows])


def _tell_written(event: Checkpoint | BaseWritten) -> str:
    if isinstance(event, BaseWritten):
        return pick("  wrote the whole checkpoint ", "  已写入完整底模 ") + event.path
    return pick("  saved ", "  已保存 ") + event.path


def _tell_skipped(event: Skipped) -> str:
    names = ", ".join(event.pictures[:4]) + (" …" if len(event.pictures) > 4 else "")
    scaled = ""
    if event.loss_scale is not None:
        scaled = pick(
            f"; fp16's loss scale is {event.loss_scale:g} from now on", f"；fp16 的 Loss 缩放降为 {event.loss_scale:g}"
        )
    part = {"loss": "Loss ", "gradient": "梯度"}[event.part]
    return pick(
        f"Note: step {event.step} is left out, its {event.part} isn't finite ({names}){scaled}",
        f"注意：第 {event.step} 步已跳过，{part}不是有限数值（{names}）{scaled}",
    )


def _tell_end(event: Ended) -> str:
    took = format_seconds(event.training_seconds)
    if event.outcome == "stopped" and not event.step:
        return pick("Stopped before the first step.", "已在第一步之前停止。")
    if event.outcome == "stopped":
        return pick(
            f"Stopped after step {event.step}; everything is saved.", f"已在第 {event.step} 步停止，进度已保存。"
        )
    return pick(f"Trained {event.step} steps in {took}.", f"训练完成：{event.step} 步，用时 {took}。")
