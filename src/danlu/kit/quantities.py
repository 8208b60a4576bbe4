"""How numbers are written for people, everywhere: sizes, shares, figures, spans of time. The web app's
`parts/format.ts` writes them the same way.

Sizes count 1024 to the next unit and are called KB, MB, GB, as on graphics cards, in Windows and on model sites: a
card of "8 GB" has 8 GB. Percentages stand without a space, in both languages.
"""

from danlu.kit.language import Text

_UNITS = ("B", "KB", "MB", "GB", "TB")


def format_bytes(count: float) -> str:
    """A size in bytes as "37.4 MB": three or four digits at most."""
    value, unit = float(count), 0
    while unit < len(_UNITS) - 1 and value >= 999.5:
        value, unit = value / 1024, unit + 1
    whole = unit == 0 or value >= 99.95
    return f"{value:.{0 if whole else 1}f} {_UNITS[unit]}"


def percent(share: float, decimals: int = 0) -> str:
    """A share, 1 being all of it, as "94%"; never "-0%"."""
    return f"{round(share * 100, decimals) + 0.0:.{decimals}f}%"


def figure(value: float) -> str:
    """A score or another figure that is no share as "0.94"; never "-0.00"."""
    return f"{round(value, 2) + 0.0:.2f}"


def format_seconds(seconds: float) -> Text:
    """A span of time as closely as it matters: 1 h 5 min, 25 min, 4 min 32 s, 8 s."""
    minutes, rest = divmod(max(0, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return Text(f"{hours} h {minutes} min", f"{hours} 小时 {minutes} 分")
    if minutes >= 10:
        return Text(f"{minutes} min", f"{minutes} 分钟")
    if minutes:
        return Text(f"{minutes} min {rest} s", f"{minutes} 分 {rest} 秒")
    return Text(f"{rest} s", f"{rest} 秒")
