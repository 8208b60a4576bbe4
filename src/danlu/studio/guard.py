"""Who may ask: pages of this studio and programs of this machine, nobody's page elsewhere.

A browser sends `Host` and, when it writes, `Origin`. A page of another site, or a name of another site that is made to
point here (DNS rebinding), is told apart by them.
"""

from fastapi import Request
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from danlu.kit.language import Text
from danlu.studio.problems import answer

LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})
_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' blob: data:; style-src 'self' 'unsafe-inline'; font-src 'self' data:; "
        "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
PAGE_POLICY = "default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox"
"""For pages that a run wrote: they may show pictures, and do nothing."""
_WHO = Text(
    "The studio answers only to its own pages and to programs of this machine.", "丹炉只响应自己的页面和本机程序。"
)


class Guard:
    """Refuses requests of other sites, and sends the headers that tell browsers what pages may do.

    Plain ASGI: what passes through isn't touched but for the head of the answer.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                if scope["path"].startswith("/api/"):
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        request = Request(scope)
        app = self._app if is_own(request) else answer(request, 403, "refused", _WHO)
        await app(scope, receive, send_with_headers)


def is_own(request: Request) -> bool:
    """Whether a request comes from a page of this studio, or from no page."""
    host = request.headers.get("host", "")
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdecimal() else host
    if name not in LOOPBACK:
        return False
    if request.method in _READING:
        return request.headers.get("sec-fetch-site", "none") in ("none", "same-origin") or _is_navigation(request)
    origin = request.headers.get("origin")
    if origin is not None:
        return origin == f"http://{host}"
    return request.headers.get("sec-fetch-site", "none") in ("none", "same-origin")


def _is_navigation(request: Request) -> bool:
    """A link on another page may lead here; what it leads to can't be read there."""
    return request.headers.get("sec-fetch-mode") == "navigate"
