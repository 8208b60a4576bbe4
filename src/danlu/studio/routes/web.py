"""The web app: its built files, or a page that says how to build them."""

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


def add_web(app: FastAPI, static: Path = STATIC) -> None:
    """Serve the web app on every address that isn't the API's: it finds its own pages."""
    kept: dict[Path, tuple[int, bytes]] = {}

    @app.get("/{path:path}", include_in_schema=False)
    async def serve_page(request: Request, path: str) -> Response:
        if path == "api" or path.startswith("api/"):
            nothing = Text("There is nothing at this address.", "该地址没有内容。")
            return answer(request, 404, "missing", nothing)
        index = static / "index.html"
        if not index.is_file():
            return HTMLResponse(_NOT_BUILT)
        file = _file(static, path)
        if file is None:
            return _answer(index, kept, "no-cache")
        hashed = path.startswith("assets/")
        return _answer(file, kept, "public, max-age=31536000, immutable" if hashed else "no-cache")


def _answer(file: Path, kept: dict[Path, tuple[int, bytes]], control: str) -> Response:
    """A built file, read once for as long as it stays: a page asks for many at the same time, and waits for them."""
    changed = file.stat().st_mtime_ns
    known = kept.get(file)
    if known is None or known[0] != changed:
        known = kept[file] = (changed, file.read_bytes())
    media = guess_type(file.name)[0] or "application/octet-stream"
    return Response(known[1], media_type=media, headers={"Cache-Control": control})


def _file(static: Path, path: str) -> Path | None:
    """The built file of an address, if there is one; never one outside."""
    if "\x00" in path:
        return None
    file = (static / path).resolve()
    return file if file.is_relative_to(static.resolve()) and file.is_file() else None
