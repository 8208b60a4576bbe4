"""How long a request may be: what brings files may be long, all else is JSON that is read into memory."""

from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from danlu.studio.problems import answer
from danlu.studio.refusals import refusal

MOST_FILE_BYTES = 2 * 2**30 + 16 * 2**20
"""2 GiB of files, and what a form says around them."""
MOST_JSON_BYTES = 32 * 2**20
_FILES = ("multipart/form-data", "application/offset+octet-stream")


class Lengths:
    """Refuses requests that are too long, by what they announce or else while they arrive."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        brings_files = request.headers.get("content-type", "").lower().startswith(_FILES)
        most, arrived = MOST_FILE_BYTES if brings_files else MOST_JSON_BYTES, 0
        announced = request.headers.get("content-length", "")
        if announced.isdecimal() and int(announced) > most:
            await answer(request, 413, "too_large", refusal(413, ""))(scope, receive, send)
            return

        async def receive_some() -> Message:
            nonlocal arrived
            message = await receive()
            arrived += len(message.get("body", b""))
            if arrived > most:
                raise HTTPException(413)
            return message

        await self._app(scope, receive_some, send)
