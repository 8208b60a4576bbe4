"""Answers that many ask for at the same moment, made once: pages that follow the queue or a run ask again and again."""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from fastapi import Response
from pydantic import TypeAdapter

_KEPT = 64
SHARED_SECONDS = 0.5
"""So old may be what is told of things that go on by themselves."""


@dataclass
class _Answer:
    stamp: Hashable = None
    content: bytes | None = None
    lock: Lock = field(default_factory=Lock)
    """Held while it is made: who comes meanwhile gets the same."""


class Answers:
    """The last answers, by what was asked."""

    def __init__(self) -> None:
        self._known: OrderedDict[Hashable, _Answer] = OrderedDict()
        self._lock = Lock()

    def once(self, key: Hashable, stamp: Hashable, kind: Any, make: Callable[[], Any]) -> Response:
        """The answer to `key`, a `kind` as JSON, made anew whenever the stamp is another one."""
        with self._lock:
            answer = self._known.setdefault(key, _Answer())
            self._known.move_to_end(key)
            while len(self._known) > _KEPT:
                self._known.popitem(last=False)
        with answer.lock:
            if answer.content is None or answer.stamp != stamp:
                answer.content, answer.stamp = TypeAdapter(kind).dump_json(make()), stamp
            return Response(answer.content, media_type="application/json")


def half_second() -> int:
    """Another number every half second."""
    return int(time.monotonic() / SHARED_SECONDS)
