"""HEAD for every address that answers GET: the same head without the body."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Heads:
    """Asks the application as for GET, and sends the head alone.

    Once it is sent the application is told that nobody listens any more, so that a stream of events ends too.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return
        sent = False

        async def send_head(message: Message) -> None:
            nonlocal sent
            if message["type"] == "http.response.start":
                sent = True
                await send(message)
                await send({"type": "http.response.body", "body": b""})
            elif message.get("more_body"):
                raise OSError  # as when a client has gone

        async def receive_until_sent() -> Message:
            return {"type": "http.disconnect"} if sent else await receive()

        try:
            await self._app({**scope, "method": "GET"}, receive_until_sent, send_head)
        except Exception:
            if not sent:
                raise
