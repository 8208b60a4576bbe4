"""What became of another program's settings, as lines for the terminal: by outcome, each with its values."""

from collections.abc import Callable, Iterator, Sequence

from danlu.interop.kohya.incoming.settings import Fate
from danlu.kit.language import Text

_LONGEST = 60
_OUTCOMES: tuple[tuple[Text, Callable[[Fate], bool]], ...] = (
    (
        Text("Carried over:", "已沿用："),
        lambda one: bool(one.place) and not one.is_changed and not one.is_unsaid,
    ),
    (Text("Changed to the nearest:", "改为最接近的值："), lambda one: one.is_changed and not one.is_unsaid),
    (Text("Not carried over:", "没有沿用："), lambda one: not one.place and not one.is_unsaid),
    (
        Text("Not in the file (kohya's own defaults):", "文件中没有（按 kohya 的默认值）："),
        lambda one: one.is_unsaid,
    ),
)


def lines_of(fates: Sequence[Fate]) -> Iterator[Text]:
    """A heading for each outcome that there is, and a line for each setting."""
    for title, belongs in _OUTCOMES:
        chosen = [fate for fate in fates if belongs(fate)]
        if chosen:
            yield title
            yield from map(_line, chosen)


def _line(fate: Fate) -> Text:
    said = fate.key if fate.value is None else f"{fate.key} = {_shown(fate.value)}"
    place = fate.place
    if place and _shown(fate.found) != _shown(fate.value):
        place = f"{place} = {_shown(fate.found)}"
    where = f"  {said} → {place}" if place else f"  {said}"
    return Text(f"{where}: {fate.reason.en}", f"{where}：{fate.reason.zh}") if fate.reason else Text(where, where)


def _shown(value: object) -> str:
    """A value on one line, which is cut where it is long."""
    said = '""' if value in (None, "") else f"{value:g}" if isinstance(value, float) else str(value)
    line = " ".join(said.split())
    return f"{line[:_LONGEST]}…" if len(line) > _LONGEST else line
