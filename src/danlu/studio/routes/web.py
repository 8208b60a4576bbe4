"""The web app: its built files, or a page that says how to build them."""

import gzip
from dataclasses import dataclass
from mimetypes import guess_type
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, Response

from danlu.kit.language import Text
from danlu.studio.problems import answer

STATIC = Path(__file__).parent.parent / "static"
_NOT_BUILT = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Danlu 丹炉</title>
<style>body{font:16px/1.6 system-ui,sans-serif;max-width:40rem;margin:4rem auto;padding:0 1rem}</style>
<h1>Danlu 丹炉</h1>
<p>The studio runs, but its web app isn't built. From a clone: <code>make web</code>, then reload this page.</p>
<p lang="zh">studio 正在运行，但网页界面尚未构建。在克隆的仓库中运行 <code>make web</code>，然后刷新本页。</p>
<p>API: <a href="/api/openapi.json">/api/openapi.json</a></p></html>"""


PAGES = ("", "datasets", "train", "runs", "compare", "queue", "models", "settings", "workbench")
"""What the addresses of the app's pages begin with, as its router has them."""
_NOTHING = Text("There is nothing at this address.", "该地址没有内容。")
_SMALLEST_PACKED = 1000
_PACKED = ("text/", "application/javascript", "application/json", "image/svg+xml")


@dataclass(frozen=True)
class _Asset:
    """A built file, as it is sent."""

    changed: int
    plain: bytes
    packed: bytes | None
    """By gzip; None for a kind of file that is packed already."""
    media: str


def add_web(app: FastAPI, static: Path = STATIC) -> None:
    """Serve the web app's files, and its page on the addresses that are its own; nothing on any other, which somebody
    who visits it with a browser is told by the page.
    """
    kept: dict[Path, _Asset] = {}

    @app.get("/{path:path}", include_in_schema=False)
    def serve_page(request: Request, path: str) -> Response:
        index = static / "index.html"
        is_page = not path.startswith("/") and path.partition("/")[0] in PAGES
        if not index.is_file() and (is_page or _is_visit(request)):
            return HTMLResponse(_NOT_BUILT)
        file = _file(static, path)
        if file is None and not is_page and not _is_visit(request):
            return answer(request, 404, "missing", _NOTHING)
        hashed = file is not None and path.startswith("assets/")
        control = "public, max-age=31536000, immutable" if hashed else "no-cache"
        return _answer(request, _load(file or index, kept), control, 200 if file or is_page else 404)


def _load(file: Path, kept: dict[Path, _Asset]) -> _Asset:
    """A built file, read once for as long as it stays: a page asks for many at the same time, and waits for them."""
    changed = file.stat().st_mtime_ns
    known = kept.get(file)
    if known is None or known.changed != changed:
        content, media = file.read_bytes(), guess_type(file.name)[0] or "application/octet-stream"
        small = len(content) < _SMALLEST_PACKED or not media.startswith(_PACKED)
        packed = None if small else gzip.compress(content, mtime=0)
        known = kept[file] = _Asset(changed, content, packed, media)
    return known


def _is_visit(request: Request) -> bool:
    """Whether a person's browser goes there, not a program or a picture's address."""
    return request.headers.get("sec-fetch-mode") == "navigate"


def _answer(request: Request, asset: _Asset, control: str, status: int) -> Response:
    headers = {"Cache-Control": control, "Vary": "Accept-Encoding"}
    content = asset.plain
    if asset.packed is not None and _takes_gzip(request.headers.get("accept-encoding", "")):
        content, headers["Content-Encoding"] = asset.packed, "gzip"
    return Response(content, status, media_type=asset.media, headers=headers)


def _takes_gzip(accepted: str) -> bool:
    """Whether a client has said that it unpacks gzip (`gzip;q=0` says that it doesn't)."""
    said = (one.replace(" ", "").lower().partition(";q=") for one in accepted.split(","))
    return any(name in ("gzip", "*") and _weight_of(weight) > 0 for name, _, weight in said)


def _weight_of(weight: str) -> float:
    try:
        return float(weight) if weight else 1.0
    except ValueError:
        return 0.0


def _file(static: Path, path: str) -> Path | None:
    """The built file of an address, if there is one; never one outside."""
    if "\x00" in path:
        return None
    try:
        file = (static / path).resolve()
        return file if file.is_relative_to(static.resolve()) and file.is_file() else None
    except OSError:  # a name that is too long
        return None
