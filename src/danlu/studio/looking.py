"""Looks at whole datasets that a person waits for: one at a time for each dataset, and how far they are."""

from collections import defaultdict
from collections.abc import Callable, Generator
from contextlib import contextmanager
from threading import Lock


class Looks:
    """What is looked at in this process."""

    def __init__(self) -> None:
        self._reached: dict[str, tuple[int, int]] = {}
        self._locks: defaultdict[str, Lock] = defaultdict(Lock)

    @contextmanager
    def look(self, dataset_id: str) -> Generator[Callable[[int, int], None]]:
        """Look at a dataset after whoever does; gives what is to be told (pictures done, all)."""
        with self._locks[dataset_id]:
            try:
                yield lambda done, total: self._reached.update({dataset_id: (done, total)})
            finally:
                self._reached.pop(dataset_id, None)

    def reached(self, dataset_id: str) -> tuple[int, int] | None:
        """(pictures done, all) of the look that goes on, None without one."""
        return self._reached.get(dataset_id)
