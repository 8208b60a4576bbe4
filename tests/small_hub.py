"""A model hub on this machine: as much of Hugging Face's protocol as a download speaks, and the ways it can fail."""

import hashlib
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

COMMIT = "451f4fe16113bff5a5d2269ed5ad43b0592e9a14"
LARGE = 4096
"""From this size on a file counts as LFS: it has a SHA-256, and is served by a redirect to another place."""


@dataclass
class Hub:
    """What the hub holds and does."""

    repositories: dict[str, dict[str, bytes]] = field(default_factory=dict)
    gated: set[str] = field(default_factory=set)
    token: str = "hf_right"
    cut_after: list[int] = field(default_factory=list)
    """The next answers with a large file break off after so many bytes each."""
    corrupt: bool = False
    plain: bool = False
    """Answers as a log-in page of a hotel does."""
    status: int | None = None
    endpoint: str = ""
    asked: list[tuple[str, str | None, str | None]] = field(default_factory=list)
    """Path, Range and Authorization of each request for a file."""

    def add(self, name: str, files: Mapping[str, bytes]) -> None:
        self.repositories[name] = dict(files)

    def add_folder(self, name: str, folder: Path, more: Mapping[str, bytes] | None = None) -> None:
        found = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        self.add(name, {**found, **(more or {})})


@contextmanager
def serving() -> Iterator[Hub]:
    """A hub that answers while this lasts."""
    hub = Hub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": hub}))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    hub.endpoint = f"http://127.0.0.1:{server.server_port}"
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _sibling(name: str, content: bytes) -> dict[str, Any]:
    git = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
    told: dict[str, Any] = {"rfilename": name, "size": len(content), "blobId": git}
    if len(content) >= LARGE:
        told["lfs"] = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 134}
    return told


class _Handler(BaseHTTPRequestHandler):
    hub: Hub
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path)
        if self.hub.status is not None:
            return self._refuse(self.hub.status, "", "out of order")
        if self.hub.plain:
            return self._answer(b"<html>Please log in</html>", {"Content-Type": "text/html"})
        if path.startswith("/api/models/"):
            return self._tell(path.removeprefix("/api/models/"))
        if path.startswith("/storage/"):
            return self._send(*path.removeprefix("/storage/").split("/resolve/"))
        name, _, rest = path.strip("/").partition("/resolve/")
        commit, _, file = rest.partition("/")
        assert commit == COMMIT
        return self._resolve(name, file)

    def _tell(self, path: str) -> None:
        name, _, revision = path.partition("/revision/")
        if name not in self.hub.repositories:
            return self._refuse(401, "RepoNotFound", "Invalid username or password.")
        if revision not in ("", "main", COMMIT):
            return self._refuse(404, "RevisionNotFound", "Invalid rev id")
        files = self.hub.repositories[name]
        told = {
            "id": name,
            "modelId": name,
            "sha": COMMIT,
            "gated": "auto" if name in self.hub.gated else False,
            "tags": ["diffusers", "license:creativeml-openrail-m"],
            "siblings": [_sibling(file, content) for file, content in files.items()],
        }
        return self._answer(json.dumps(told).encode(), {"Content-Type": "application/json"})

    def _resolve(self, name: str, file: str) -> None:
        allowed = self.headers.get("Authorization")
        self.hub.asked.append((file, self.headers.get("Range"), allowed))
        if name in self.hub.gated and allowed != f"Bearer {self.hub.token}":
            status, code = (401, "GatedRepo") if allowed is None else (403, "GatedRepo")
            return self._refuse(status, code, f"Access to model {name} is restricted.")
        content = self.hub.repositories[name].get(file)
        if content is None:
            return self._refuse(404, "EntryNotFound", "Entry not found")
        if len(content) >= LARGE:
            return self._answer(b"", {"Location": f"/storage/{name}/resolve/{file}"}, status=302)
        return self._answer(content, {"ETag": '"x"', "X-Repo-Commit": COMMIT})

    def _send(self, name: str, file: str) -> None:
        content = self.hub.repositories[name][file]
        if self.hub.corrupt:
            content = content[:-1] + bytes([content[-1] ^ 1])
        start = int((self.headers.get("Range") or "bytes=0-").removeprefix("bytes=").partition("-")[0])
        status = 206 if start else 200
        headers = {"Content-Range": f"bytes {start}-{len(content) - 1}/{len(content)}"} if start else {}
        body = content[start:]
        if self.hub.cut_after:
            body = body[: self.hub.cut_after.pop(0)]
            self.close_connection = True
        return self._answer(body, headers, status=status, length=len(content) - start)

    def _refuse(self, status: int, code: str, message: str) -> None:
        headers = {"X-Error-Message": message} | ({"X-Error-Code": code} if code else {})
        self._answer(json.dumps({"error": message}).encode(), headers, status=status)

    def _answer(self, body: bytes, headers: Mapping[str, str], *, status: int = 200, length: int | None = None) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        pass
