"""People who use a studio at the same time: each opens pages, stays, looks around, as the web app asks for it.

A page asks at once for what it shows (six connections, as a browser has), keeps asking for what goes on while it is
open (the queue every 1.5 s, a run whenever its events say so), and after 1 to 3 s of thought its reader does something
on it. What the studio marks as immutable is asked for once, as by a browser with a cache.
"""

import asyncio
import json
import random
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

THINK_SECONDS, COMING_SECONDS = (1.0, 3.0), 15.0
"""Between what one does; until all have come."""
_CONNECTIONS, _ROWS, _COVERS = 6, 28, 8
JOBS_SECONDS, MACHINE_SECONDS, EVENTS_SECONDS = 1.5, 5.0, 1.0


class Timings:
    """Seconds of every request, by what was asked for."""

    def __init__(self) -> None:
        self.by_route: dict[str, list[float]] = defaultdict(list)
        self.failures: list[str] = []
        self.event_lags: list[float] = []
        """Seconds from a step of the training to its arrival."""


class Browser:
    """One person's browser: few connections, kept open, and a cache of what never changes."""

    def __init__(self, address: str, timings: Timings) -> None:
        parts = urlsplit(address)
        self._host, self._port = parts.hostname or "", parts.port or 80
        self._timings = timings
        self._free: asyncio.LifoQueue[tuple[asyncio.StreamReader, asyncio.StreamWriter] | None] = asyncio.LifoQueue()
        for _ in range(_CONNECTIONS):
            self._free.put_nowait(None)
        self._kept: set[str] = set()

    async def get(self, route: str, path: str) -> Any:
        """The answer's JSON, or None for a picture; timed from the moment that it is sent."""
        if path in self._kept:
            return None
        return await self._ask(route, path, None)

    async def post(self, route: str, path: str, body: Any) -> Any:
        """The answer's JSON."""
        return await self._ask(route, path, json.dumps(body).encode())

    async def _ask(self, route: str, path: str, body: bytes | None) -> Any:
        connection = await self._free.get()
        if connection is None or connection[0].at_eof():  # the studio closes what is idle for long
            connection = await asyncio.open_connection(self._host, self._port, limit=2**22)
        started = time.perf_counter()
        try:
            status, headers, content = await self._exchange(connection, path, body)
        except BaseException:
            connection[1].close()
            self._free.put_nowait(None)
            raise
        self._free.put_nowait(connection)
        self._timings.by_route[route].append(time.perf_counter() - started)
        if status >= 300:
            self._timings.failures.append(f"{status} {path} {content[:200]!r}")
        if b"immutable" in headers.get("cache-control", b""):
            self._kept.add(path)
        is_json = headers.get("content-type", b"").startswith(b"application/json")
        return await asyncio.to_thread(json.loads, content) if is_json else None

    async def _exchange(
        self, connection: tuple[asyncio.StreamReader, asyncio.StreamWriter], path: str, body: bytes | None
    ) -> tuple[int, dict[str, bytes], bytes]:
        reader, writer = connection
        head = f"{'GET' if body is None else 'POST'} {path} HTTP/1.1\r\nHost: {self._host}:{self._port}\r\n"
        if body is not None:
            head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        writer.write(head.encode() + b"\r\n" + (body or b""))
        status, headers = await _read_head(reader)
        return status, headers, await reader.readexactly(int(headers["content-length"]))

    @asynccontextmanager
    async def following(self, run: str, on_event: Callable[[], None]) -> AsyncIterator[None]:
        """With a run's events on a connection of their own; how late its steps come is noted."""

        async def follow() -> None:
            reader, writer = await asyncio.open_connection(self._host, self._port)
            try:
                path = f"/api/runs/{run}/events?from_now=true"
                writer.write(f"GET {path} HTTP/1.1\r\nHost: {self._host}:{self._port}\r\n\r\n".encode())
                await _read_head(reader)
                while line := await reader.readline():
                    if line.startswith(b'data: {"time"') and b'"event":"step"' in line:
                        self._timings.event_lags.append(time.time() - json.loads(line[6:])["time"])
                    if line.startswith(b"data:"):
                        on_event()
            finally:
                writer.close()

        task = asyncio.create_task(follow())
        try:
            yield
        finally:
            await _end(task)


async def _read_head(reader: asyncio.StreamReader) -> tuple[int, dict[str, bytes]]:
    lines = (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")
    pairs = (line.partition(b":") for line in lines[1:] if line)
    return int(lines[0].split()[1]), {name.decode().lower(): value.strip() for name, _, value in pairs}


async def _end(*tasks: "asyncio.Task[None]") -> None:
    for task in tasks:
        task.cancel()
        with suppress(asyncio.CancelledError, ConnectionError, asyncio.IncompleteReadError):
            await task


class Person:
    """Somebody who goes from page to page."""

    def __init__(self, address: str, timings: Timings, place: "dict[str, Any]", seed: int) -> None:
        self._browser, self._place = Browser(address, timings), place
        self._random = random.Random(seed)

    async def use(self, until: float) -> None:
        """Open pages until it is late."""
        pages: list[tuple[Callable[[], Awaitable[None]], int]] = [
            (self._home, 2),
            (self._dataset, 4),
            (self._run, 3),
            (self._train, 1),
            (self._queue, 1),
        ]
        await asyncio.sleep(self._random.uniform(0, COMING_SECONDS))
        while time.monotonic() < until:
            (page,) = self._random.choices([one for one, _ in pages], [weight for _, weight in pages])
            with suppress(asyncio.CancelledError):
                await page()

    async def _think(self) -> None:
        await asyncio.sleep(self._random.uniform(*THINK_SECONDS))

    @asynccontextmanager
    async def _asking(self, route: str, path: str, seconds: float) -> AsyncIterator[None]:
        """Ask again and again while a page is open."""

        async def ask() -> None:
            while True:
                await asyncio.sleep(seconds)
                await self._browser.get(route, path)

        task = asyncio.create_task(ask())
        try:
            yield
        finally:
            await _end(task)

    async def _all(self, *asked: tuple[str, str]) -> list[Any]:
        return await asyncio.gather(*(self._browser.get(route, path) for route, path in asked))

    async def _home(self) -> None:
        datasets, runs, *_ = await self._all(
            ("datasets", "/api/datasets"), ("runs", "/api/runs"), ("jobs", "/api/jobs"), ("machine", "/api/machine")
        )
        covers = [("thumbnail", url) for one in datasets for url in one["cover"]]
        shown = [one["cover"] for one in runs if one["cover"]][:_COVERS]  # the others lie below the window
        await self._all(*covers, *(("preview", url) for url in shown))
        machine = self._asking("machine", "/api/machine", MACHINE_SECONDS)
        async with self._asking("jobs", "/api/jobs", JOBS_SECONDS), machine:
            for _ in range(self._random.randint(1, 3)):
                await self._think()

    async def _dataset(self) -> None:
        chosen = self._random.choice([self._place["big"], *self._random.sample(self._place["small"], 1)])
        place = f"/api/datasets/{chosen}"
        await self._all(("dataset", place), ("jobs", "/api/jobs"))
        (page,) = await self._all(("pictures", f"{place}/pictures?limit=1000"))
        seen = 0
        async with self._asking("jobs", "/api/jobs", JOBS_SECONDS):
            for _ in range(self._random.randint(2, 5)):
                await self._all(*(("thumbnail", one["thumbnail"]) for one in page["pictures"][seen : seen + _ROWS]))
                await self._think()
                match self._random.choices(("scroll", "open", "tags"), (5, 2, 1)):
                    case ["scroll"]:
                        seen += _ROWS
                    case ["open"]:
                        picture = self._random.choice(page["pictures"][: seen + _ROWS] or page["pictures"])
                        await self._all(("file", picture["url"]), ("tags", f"{place}/tags"), ("bases", "/api/bases"))
                    case _:
                        await self._all(("tags", f"{place}/tags"), ("trigger", f"{place}/trigger"))

    async def _run(self) -> None:
        run = self._place["training"] if self._random.random() < 0.7 else self._random.choice(self._place["runs"])
        place = f"/api/runs/{run}"
        (detail,) = await self._all(("run", place))
        _, previews, _ = await self._all(
            ("loss", f"{place}/loss?points=600"),
            ("previews", f"{place}/previews"),
            ("checkpoints", f"{place}/checkpoints"),
        )
        pictures = [one for row in previews["rows"] for one in row["pictures"] if one]
        await self._all(*(("preview", one["url"]) for one in pictures))
        is_open = detail["job"]["ended_at"] is None
        fresh = asyncio.Event()

        async def refresh() -> None:
            while True:
                await fresh.wait()
                await asyncio.sleep(EVENTS_SECONDS)
                fresh.clear()
                await self._all(("run", place), ("loss", f"{place}/loss?points=600"))

        async with self._browser.following(run, fresh.set) if is_open else _nothing():
            task = asyncio.create_task(refresh())
            for _ in range(self._random.randint(2, 4)):
                await self._think()
            await _end(task)

    async def _train(self) -> None:
        chosen = self._random.choice([self._place["big"], *self._random.sample(self._place["small"], 1)])
        await self._all(("datasets", "/api/datasets"), ("bases", "/api/bases"), ("themes", "/api/themes"))
        order = {"dataset_id": chosen, "base": "danlu-mini", "theme": self._random.choice(["anime", "real"])}
        draft = await self._browser.post("draft", "/api/recipes/draft", order)
        for _ in range(self._random.randint(2, 4)):
            draft["recipe"]["training"]["length"] = f"{self._random.randint(1, 40)} epochs"
            asked = {"dataset_id": chosen, "recipe": draft["recipe"]}
            await self._browser.post("plan", "/api/recipes/plan", asked)
            await self._think()

    async def _queue(self) -> None:
        await self._all(("jobs", "/api/jobs"))
        async with self._asking("jobs", "/api/jobs", JOBS_SECONDS):
            await self._think()
            await self._think()


@asynccontextmanager
async def _nothing() -> AsyncIterator[None]:
    yield


def visit(address: str, place: dict[str, Any], timings: Timings, *, people: int, seconds: float) -> None:
    """Let so many people use a studio for so long. `place`: ids of its datasets and runs."""

    async def everybody() -> None:
        until = time.monotonic() + seconds
        everyone = [Person(address, timings, place, seed).use(until) for seed in range(people)]
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.gather(*everyone), seconds + 10)

    asyncio.run(everybody())
