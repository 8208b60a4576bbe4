"""The application served on this machine alone, until it is ended."""

import asyncio
import errno
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from fastapi import FastAPI

from danlu.kit.errors import UserError
from danlu.kit.files import clear_unfinished
from danlu.store.folder import StudioFolder
from danlu.store.lock import held_alone
from danlu.studio.app import make_app

_SWITCH_SECONDS, _WARMED, _MOST_OPEN = 0.001, 20, 16_384
HOST = "127.0.0.1"
"""Without accounts there is no other address to listen at."""


def serve(folder: Path, port: int, *, on_ready: Callable[[str], None]) -> None:
    """Serve until Ctrl-C; `on_ready` is told the address once it answers.

    Raises `UserError` if another studio serves the folder, if the port is taken, or if a newer Danlu wrote the folder.
    """
    with held_alone(folder) as tell_address:
        for place in ("jobs", "runs", "models"):
            clear_unfinished(folder / place)
        listening = _listen(port)
        address = f"http://{HOST}:{listening.getsockname()[1]}"
        tell_address(address)
        _run(make_app(StudioFolder(folder), alone=True), listening, on_ready)


def _run(app: FastAPI, listening: socket.socket, on_ready: Callable[[str], None]) -> None:
    import uvicorn

    address = f"http://{HOST}:{listening.getsockname()[1]}"
    config = uvicorn.Config(
        app,
        log_level="warning",
        timeout_graceful_shutdown=3,
        timeout_keep_alive=30,  # a page that looks every few seconds needn't connect anew
        server_header=False,
        access_log=False,
    )

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            on_ready(address)
            self.warming = asyncio.create_task(_warm(app, address))

        def handle_exit(self, sig: int, frame: object) -> None:
            app.state.studio.closing.set()  # streams end, so that nothing waits for them
            super().handle_exit(sig, frame)  # pyright: ignore[reportArgumentType]

    _allow_open_files()
    # A plan thought over in one thread mustn't keep pictures waiting that another is to send.
    sys.setswitchinterval(_SWITCH_SECONDS)
    try:
        Server(config).run(sockets=[listening])
    except KeyboardInterrupt:
        return


def _allow_open_files() -> None:
    """As many as the system grants: an upload of a thousand pictures has them all open, beside every page's streams."""
    with suppress(ImportError, ValueError, OSError):  # Windows has no such limit
        import resource

        granted = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        most = _MOST_OPEN if granted == resource.RLIM_INFINITY else min(granted, _MOST_OPEN)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, granted))


async def _warm(app: FastAPI, address: str) -> None:
    """Ask for what the first page will ask for, so that whoever opens it needn't wait for what is made only once."""
    import httpx

    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=address) as ours:
        with suppress(httpx.HTTPError, ValueError, TypeError, KeyError):
            for path in ("/api/jobs", "/api/runs"):
                await ours.get(path)
            for dataset in (await ours.get("/api/datasets")).json()[:_WARMED]:
                await ours.get(f"/api/datasets/{dataset['id']}/pictures", params={"limit": 1000})


def _listen(port: int) -> socket.socket:
    # The protocol is said, for asyncio turns Nagle's algorithm off only then: answers would wait 40 ms for the browser
    # to acknowledge their first part.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
    except OSError as error:
        listening.close()
        if error.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        raise UserError(
            f"--port {port} is taken or not allowed: another studio may be running at http://{HOST}:{port}; otherwise "
            "choose another port.",
            f"--port {port} 已被占用或不允许使用：可能已有 studio 运行在 http://{HOST}:{port}；否则请换一个端口。",
        ) from error
    listening.set_inheritable(False)
    return listening
