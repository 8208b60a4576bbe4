"""kohya's adapter file to go on from: `network_weights`, and the ranks that `dim_from_weights` takes from it."""

from collections import Counter
from pathlib import Path

from danlu.interop.kohya.incoming.settings import Settings
from danlu.kit.language import Text

NO_FILE = Text(
    "that file has no ranks, or isn't here: set adapter.rank as it has it (`danlu inspect` shows it)",
    "该文件没有 rank，或不在此处：请按该文件设置 adapter.rank（可用 `danlu inspect` 查看）",
)


def take_weights(settings: Settings) -> None:
    """`network_weights`, an adapter file to go on from; with `dim_from_weights`, of the ranks that it has."""
    weights, has_its_dims = settings.take("network_weights"), settings.take("dim_from_weights")
    if not weights:
        return
    settings.put("network_weights", weights, "adapter.start_from", str(weights))
    if not has_its_dims:
        return
    file = Path(str(weights)).expanduser()
    held = _ranks_in(file) if settings.folder is not None and file.is_file() else None
    if held is None:
        settings.drop("dim_from_weights", has_its_dims, NO_FILE)
        return
    rank, scale = held
    settings.values |= {"network_dim": rank, "network_alpha": scale * rank}


def _ranks_in(file: Path) -> tuple[int, float] | None:
    """The rank of most layers of an adapter file, and their alpha/rank."""
    from danlu.adapters.files import read_adapter, settings_in
    from danlu.adapters.ranked import Ranked

    held = Counter((one.rank, one.scale) for one in settings_in(read_adapter(file)).values() if isinstance(one, Ranked))
    return held.most_common(1)[0][0] if held else None
