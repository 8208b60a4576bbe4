"""A studio asked over HTTP: answers come as the API's own shapes, refusals as `UserError`s with the studio's sentence.

What changes nothing, and what the studio recognises when it comes twice (an `Idempotency-Key`, pictures that are there
already), is sent again when a connection breaks.
"""

import time
import weakref
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from pydantic import TypeAdapter, ValidationError

from danlu.kit.errors import UserError
from danlu.kit.files import atomic_path, file_sha256
from danlu.kit.language import language

if TYPE_CHECKING:
    import httpx

T = TypeVar("T")
SECONDS = 60.0
"""For an answer. A studio that imports many pictures takes its time."""
_PAUSES = (0.5, 1.0, 2.0, 4.0)
"""Before each further try, so that a studio that is being restarted is found again."""
_LOCAL = ("127.0.0.1", "localhost", "::1")


class Connection:
    """One studio, by its address."""

    def __init__(self, address: str) -> None:
        """Raises `UserError` for what is no address."""
        import httpx

        self.address = address.rstrip("/")
        parts = urlsplit(self.address)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise UserError(
                f"'{address}' isn't the address of a studio: it looks like http://127.0.0.1:8288.",
                f"“{address}”不是 studio 的地址：应形如 http://127.0.0.1:8288。",
            )
        self._has_answered = False
        # A proxy that is set for the internet can't reach this machine.
        self._http = httpx.Client(base_url=self.address, timeout=SECONDS, trust_env=parts.hostname not in _LOCAL)
        weakref.finalize(self, self._http.close)

    def get(self, path: str, answer: type[T], **query: Any) -> T:
        """What the studio tells at an address, as `answer`."""
        given = {name: value for name, value in query.items() if value is not None}
        return _parsed(self._send(lambda: self._http.get(path, params=given, headers=_headers())), answer)

    def post(self, path: str, answer: type[T], body: Mapping[str, Any] | None = None, *, key: str | None = None) -> T:
        """Ask for something to be done. With an idempotency key it is asked again until it is answered."""
        headers = {**_headers(), **({"Idempotency-Key": key} if key else {})}
        return _parsed(
            self._send(lambda: self._http.post(path, json=body, headers=headers), again=key is not None), answer
        )

    def send_files(self, path: str, answer: type[T], files: Mapping[str, Path], *, seconds: float) -> T:
        """Upload files under names; the studio knows again what it has already, so it may be sent twice."""

        def send() -> "httpx.Response":
            opened = {name: file.open("rb") for name, file in files.items()}
            try:
                parts = [("files", (name, content)) for name, content in opened.items()]
                return self._http.post(path, files=parts, headers=_headers(), timeout=seconds)
            finally:
                for content in opened.values():
                    content.close()

        return _parsed(self._send(send), answer)

    def download(self, path: str, target: Path, on_progress: Callable[[int, int], None], sha256: str | None) -> None:
        """Fetch a file, whole or not at all. `on_progress` is told (bytes done, all).

        Raises `UserError` if it isn't what the studio says it is.
        """

        def fetch() -> "httpx.Response":
            with self._http.stream("GET", path, headers=_headers()) as response:
                if not response.is_success:
                    response.read()
                    return response
                total, done = int(response.headers.get("content-length", 0)), 0
                with temporary.open("wb") as file:
                    for chunk in response.iter_bytes(2**20):
                        file.write(chunk)
                        done += len(chunk)
                        on_progress(done, max(done, total))
                return response

        with atomic_path(target) as temporary:
            _require_success(self._send(fetch))
            if sha256 is not None and file_sha256(temporary) != sha256:
                raise UserError(
                    f"'{target.name}' came damaged: download it again.",
                    f"“{target.name}”下载后校验不一致：请重新下载。",
                )

    def _send(self, call: "Callable[[], httpx.Response]", *, again: bool = True) -> "httpx.Response":
        """Raises `UserError` if the studio doesn't answer."""
        import httpx

        for pause in (*_PAUSES, None):
            try:
                response = call()
            except httpx.TransportError as error:
                # Who never answered isn't there; who did may be starting again.
                never_sent = isinstance(error, httpx.ConnectError)
                if pause is None or not (again or never_sent) or (never_sent and not self._has_answered):
                    raise self._silent() from error
                time.sleep(pause)
                continue
            self._has_answered = True
            return response
        raise AssertionError

    def _silent(self) -> UserError:
        return UserError(
            f"No studio answers at {self.address}: start it with `danlu studio`, or give its address with --server.",
            f"{self.address} 没有 studio 响应：请用 `danlu studio` 启动，或用 --server 指定其地址。",
        )


def _headers() -> dict[str, str]:
    return {"Accept-Language": language()}


def _parsed(response: "httpx.Response", answer: type[T]) -> T:
    """The answer; what a newer studio says besides is left out."""
    _require_success(response)
    if response.status_code == 204:
        return TypeAdapter(answer).validate_python(None)
    try:
        return TypeAdapter(answer).validate_json(response.content, extra="ignore")
    except ValidationError as error:
        raise _stranger(str(response.request.url)) from error


def _require_success(response: "httpx.Response") -> None:
    """Raise what the studio says is wrong."""
    from danlu.studio.shapes.common import Problem

    if response.is_success:
        return
    try:
        problem = Problem.model_validate_json(response.content, extra="ignore")
    except ValidationError as error:
        raise _stranger(str(response.request.url)) from error
    en, zh = problem.text.en, problem.text.zh
    if problem.field and problem.field not in en:
        en, zh = f"{en} (field: {problem.field})", f"{zh}（字段：{problem.field}）"
    raise UserError(en, zh, field=problem.field)


def _stranger(address: str) -> UserError:
    return UserError(
        f"What answers at {address} is no studio of this version of Danlu: look at the address and at both versions.",
        f"{address} 的响应不是本版本丹炉的 studio：请检查地址和两边的版本。",
    )
