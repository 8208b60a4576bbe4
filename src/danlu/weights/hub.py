"""A base from the model hub (Hugging Face, or a mirror of it), only ever because the user asks for it.

The repository is asked once what it holds; what is needed of it (`hub_files`) is then fetched file by file. A file
grows under a temporary name that carries its content's hash, so that a fetch that broke off goes on where it stopped;
it gets its own name when it is whole and its hash is right. Gated repositories stay gated: the hub decides by the
user's token.
"""

import hashlib
import os
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, cast

from danlu.kit.errors import UserError
from danlu.kit.files import file_sha256, require_space, told_by_disk
from danlu.weights.hub_errors import answered_oddly, broke_off, changed_on_the_way, client_errors, told_by_hub
from danlu.weights.hub_files import Holds, HubName, choose_files

if TYPE_CHECKING:
    from typing import BinaryIO

HUB = "https://huggingface.co"
CHUNK_BYTES = 1 << 20
"""What is written at once, so what an interruption loses at most; the library's own 10 MiB are much on a bad line."""
SPARE_BYTES = 64 << 20
OnProgress = Callable[[str, int, int], None]
"""Is told the file that is being fetched, how many bytes of all files are there, and how many there are."""


@dataclass(frozen=True)
class HubFile:
    """One file of a repository."""

    name: str
    size: int
    hash: str
    """SHA-256 of large files (LFS); of others git's own SHA-1."""

    def is_whole(self, path: Path) -> bool:
        """Whether what lies at `path` is this file."""
        if path.stat().st_size != self.size:
            return False
        if len(self.hash) == 64:
            return file_sha256(path) == self.hash
        content = path.read_bytes()
        return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest() == self.hash


@dataclass(frozen=True)
class Listing:
    """What is to be fetched."""

    name: HubName
    endpoint: str
    commit: str
    holds: Holds
    files: Sequence[HubFile]
    licence: str | None

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)

    def target(self, folder: Path) -> Path:
        """The file or folder that is there in the end."""
        return folder / (PurePosixPath(self.files[0].name).name if self.holds == "file" else self.name.name)

    def places(self, folder: Path) -> list[tuple[HubFile, Path]]:
        """Each file and where it goes."""
        target = self.target(folder)
        return [(file, target if self.holds == "file" else target / file.name) for file in self.files]


def settle_endpoint(mirror: str | None) -> str:
    """The hub to ask: the mirror that is given, `HF_ENDPOINT`, or Hugging Face. Raises `UserError` for no address."""
    endpoint = (mirror or os.environ.get("HF_ENDPOINT") or HUB).rstrip("/")
    if not endpoint.startswith(("http://", "https://")):
        raise UserError(
            f"'{endpoint}' is no address of a hub: write it as in --mirror https://hf-mirror.com.",
            f"“{endpoint}”不是模型站的地址：请写成例如 --mirror https://hf-mirror.com。",
        )
    return endpoint


def look_up(name: HubName, *, endpoint: str, revision: str | None = None) -> Listing:
    """Ask the hub what of a repository is to be fetched. Raises `UserError` if it can't be had or isn't a base."""
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError

    with _online():
        try:
            info = HfApi(endpoint=endpoint, token=_token(endpoint)).model_info(
                name.repository, revision=revision, files_metadata=True, timeout=30
            )
        except HfHubHTTPError as error:
            raise told_by_hub(error, name, endpoint, revision=revision) from error
        except client_errors() as error:
            raise broke_off(endpoint, reason=str(error)) from error
        except (ValueError, KeyError, TypeError) as error:
            raise answered_oddly(endpoint) from error
    found: dict[str, Any] = {sibling.rfilename: sibling for sibling in info.siblings or []}
    wanted = choose_files(name, {file: int(sibling.size or 0) for file, sibling in found.items()})
    files = [_hub_file(file, found.get(file), endpoint) for file in wanted.names]
    licences = [tag.removeprefix("license:") for tag in info.tags or [] if tag.startswith("license:")]
    return Listing(name, endpoint, info.sha or "main", wanted.holds, files, next(iter(licences), None))


def fetch(listing: Listing, folder: Path, on_progress: OnProgress) -> Path:
    """Fetch what isn't there yet into `folder`; returns the file or folder that a recipe names.

    Raises `UserError` if other content is in the way, for a lack of space, and when the connection breaks off.
    """
    places = listing.places(folder)
    missing = [(file, path) for file, path in places if not _is_there(file, path)]
    have = sum(_part_size(file, path) for file, path in missing)
    require_space(folder, sum(file.size for file, _ in missing) - have + SPARE_BYTES)
    done = listing.size - sum(file.size for file, _ in missing)
    for file, path in missing:
        base = done
        _fetch_file(
            listing, file, path, lambda got, file=file, base=base: on_progress(file.name, base + got, listing.size)
        )
        done += file.size
    return listing.target(folder)


def _fetch_file(listing: Listing, file: HubFile, path: Path, tell: Callable[[int], None]) -> None:
    """Fetch one file, or what is missing of it, and give it its name when it is whole."""
    part = _part(file, path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.touch()
        if part.stat().st_size > file.size:
            part.write_bytes(b"")
        with part.open("r+b") as written:
            written.seek(0, os.SEEK_END)
            tell(written.tell())
            _transfer(listing, file, _Counted(written, tell))
            written.flush()
            os.fsync(written.fileno())
        if not file.is_whole(part):
            part.unlink()
            raise changed_on_the_way(file.name, listing.endpoint)
        part.replace(path)
    except OSError as error:
        raise told_by_disk(error, path) from error
    finally:
        if _part_size(file, path) == 0:
            part.unlink(missing_ok=True)


def _transfer(listing: Listing, file: HubFile, written: "_Counted") -> None:
    """The bytes that are missing. Short interruptions are bridged; raises `UserError` when the connection is gone."""
    from huggingface_hub import hf_hub_url
    from huggingface_hub.errors import HfHubHTTPError
    from huggingface_hub.file_download import http_get
    from huggingface_hub.utils import build_hf_headers

    url = hf_hub_url(listing.name.repository, file.name, revision=listing.commit, endpoint=listing.endpoint)
    with _online():
        try:
            headers = build_hf_headers(token=_token(listing.endpoint))
            got = written.tell()
            http_get(url, cast("BinaryIO", written), resume_size=got, headers=headers, expected_size=file.size)
        except HfHubHTTPError as error:
            raise told_by_hub(error, listing.name, listing.endpoint, file=file.name) from error
        except client_errors() as error:
            raise broke_off(listing.endpoint, file=file.name) from error
        except OSError as error:
            if error.errno is not None:
                raise
            raise broke_off(listing.endpoint, file=file.name) from error  # the library's: too short


class _Counted:
    """A file that tells how long it is whenever something is written: the library's way to report is its own bar."""

    def __init__(self, file: "BinaryIO", tell: Callable[[int], None]) -> None:
        self._file = file
        self._tell = tell
        self.truncate, self.seek, self.tell, self.flush = file.truncate, file.seek, file.tell, file.flush

    def write(self, content: bytes) -> int:
        """Write and tell."""
        count = self._file.write(content)
        self._tell(self._file.tell())
        return count


@contextmanager
def _online() -> Generator[None]:
    """The rest of the program keeps the library offline; while this lasts, it may ask the hub."""
    from huggingface_hub import constants
    from huggingface_hub.utils import disable_progress_bars, logging

    settings = cast("Any", constants)
    before = settings.HF_HUB_OFFLINE, settings.DOWNLOAD_CHUNK_SIZE
    settings.HF_HUB_OFFLINE, settings.DOWNLOAD_CHUNK_SIZE = False, CHUNK_BYTES
    disable_progress_bars()
    logging.set_verbosity_error()  # what it would warn of, broken connections, is told by us
    try:
        yield
    finally:
        settings.HF_HUB_OFFLINE, settings.DOWNLOAD_CHUNK_SIZE = before


def _token(endpoint: str) -> str | bool | None:
    """The user's token: for Hugging Face as its library finds it; for a mirror only if `HF_TOKEN` says so."""
    return None if endpoint == HUB else os.environ.get("HF_TOKEN") or False


def _hub_file(name: str, sibling: Any, endpoint: str) -> HubFile:
    """What the hub tells of a file. Raises `UserError` for a mirror that doesn't tell enough to check it."""
    if sibling is None or sibling.size is None or not (sibling.lfs or sibling.blob_id):
        raise answered_oddly(endpoint)
    return HubFile(name, int(sibling.size), str(sibling.lfs.sha256 if sibling.lfs else sibling.blob_id))


def _is_there(file: HubFile, path: Path) -> bool:
    """Whether a file was fetched before. Raises `UserError` if something else has its name."""
    if not path.exists():
        return False
    if path.is_file() and file.is_whole(path):
        return True
    raise UserError(
        f"'{path}' is there already, and isn't what the hub has under this name: choose another folder with -o, or "
        "move it away.",
        f"“{path}”已存在，且与模型站上的同名文件不同：请用 -o 换一个文件夹，或先移走它。",
    )


def _part(file: HubFile, path: Path) -> Path:
    return path.with_name(f".{path.name}.{file.hash[:12]}.part")


def _part_size(file: HubFile, path: Path) -> int:
    part = _part(file, path)
    return part.stat().st_size if part.exists() else 0
