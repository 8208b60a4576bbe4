"""Downloads from a hub on this machine, over real connections: whole, gone on with after a cut, refused, gated."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from danlu.families.find import find_base
from danlu.kit.errors import UserError
from danlu.weights import hub as danlu_hub
from danlu.weights.hub import fetch, look_up, settle_endpoint
from danlu.weights.hub_files import HubName
from small_hub import COMMIT, Hub, serving

NAME = "owner/tiny-base"
CONTENT = np.random.default_rng(0).integers(0, 256, 60_000, dtype=np.uint8).tobytes()


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.setattr(danlu_hub, "CHUNK_BYTES", 1000)
    monkeypatch.setattr(time, "sleep", lambda seconds: None)  # the library waits a second before each new attempt
    with serving() as served:
        served.add("owner/one", {"x.safetensors": CONTENT, "README.md": b"hello"})
        yield served


def get(hub: Hub, name: str, folder: Path, revision: str | None = None) -> Path:
    listing = look_up(HubName.parse(name), endpoint=hub.endpoint, revision=revision)
    return fetch(listing, folder, lambda file, done, total: None)


def test_a_base_is_fetched_without_the_rest_and_is_one(hub: Hub, base_folder: Path, tmp_path: Path) -> None:
    hub.add_folder(NAME, base_folder, {"unet/model.bin": CONTENT, "safety_checker/model.safetensors": CONTENT})
    told: list[tuple[str, int, int]] = []
    listing = look_up(HubName.parse(NAME), endpoint=hub.endpoint)
    path = fetch(listing, tmp_path / "模型 a", lambda *now: told.append(now))
    assert path == tmp_path / "模型 a" / "tiny-base" and listing.licence == "creativeml-openrail-m"
    assert find_base(str(path))[1].name == "tiny-base"
    written = [file for file in path.rglob("*") if file.is_file()]
    assert all(file.read_bytes() == (base_folder / file.relative_to(path)).read_bytes() for file in written)
    assert not any("checker" in str(file) or file.suffix in (".bin", ".part") for file in written)
    done = [count for _, count, _ in told]
    assert done == sorted(done) and done[-1] == listing.size == sum(file.stat().st_size for file in written)


def test_what_is_there_is_not_fetched_again(hub: Hub, tmp_path: Path) -> None:
    path = get(hub, "owner/one", tmp_path)
    assert path == tmp_path / "x.safetensors" and path.read_bytes() == CONTENT
    hub.asked.clear()
    assert get(hub, "owner/one", tmp_path) == path
    assert hub.asked == []
    path.write_bytes(b"my own")
    with pytest.raises(UserError, match="is there already"):
        get(hub, "owner/one", tmp_path)
    assert path.read_bytes() == b"my own"


def test_a_short_cut_is_bridged(hub: Hub, tmp_path: Path) -> None:
    hub.cut_after = [20_000, 5_000]
    assert get(hub, "owner/one", tmp_path).read_bytes() == CONTENT
    starts = [int(asked[1][6:-1]) if asked[1] else 0 for asked in hub.asked]
    assert starts == sorted(starts) and 19_000 <= starts[1] <= 20_000 <= starts[2] <= 25_000


def test_a_long_cut_is_told_and_the_next_call_goes_on(hub: Hub, tmp_path: Path) -> None:
    hub.cut_after = [30_500, *[0] * 8]
    with pytest.raises(UserError, match=r"was interrupted while fetching 'x\.safetensors'.*goes on") as caught:
        get(hub, "owner/one", tmp_path)
    assert "断点继续" in caught.value.text.zh
    assert not (tmp_path / "x.safetensors").exists()
    (part,) = tmp_path.iterdir()
    assert CONTENT.startswith(part.read_bytes()) and part.stat().st_size >= 30_000
    hub.cut_after, begun = [], part.stat().st_size
    hub.asked.clear()
    assert get(hub, "owner/one", tmp_path).read_bytes() == CONTENT
    assert [asked[1] for asked in hub.asked] == [f"bytes={begun}-"]
    assert [path.name for path in tmp_path.iterdir()] == ["x.safetensors"]


def test_ctrl_c_keeps_what_came(hub: Hub, tmp_path: Path) -> None:
    def press(file: str, done: int, total: int) -> None:
        if done > total / 2:
            raise KeyboardInterrupt

    listing = look_up(HubName.parse("owner/one"), endpoint=hub.endpoint)
    with pytest.raises(KeyboardInterrupt):
        fetch(listing, tmp_path, press)
    hub.asked.clear()
    assert get(hub, "owner/one", tmp_path).read_bytes() == CONTENT
    assert hub.asked[0][1] is not None and int(hub.asked[0][1][6:-1]) >= len(CONTENT) / 2


def test_wrong_content_is_thrown_away(hub: Hub, tmp_path: Path) -> None:
    hub.corrupt = True
    with pytest.raises(UserError, match="other content than its hash says"):
        get(hub, "owner/one", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_gated_one_opens_for_who_may(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.gated = {"owner/one"}
    for token in (None, "hf_wrong"):
        if token:
            monkeypatch.setenv("HF_TOKEN", token)
        with pytest.raises(UserError, match=r"accept them at https://huggingface\.co/owner/one") as caught:
            get(hub, "owner/one", tmp_path)
        assert "HF_TOKEN" in caught.value.text.zh
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setenv("HF_TOKEN", hub.token)
    assert get(hub, "owner/one", tmp_path).read_bytes() == CONTENT


def test_a_mirror_gets_no_token_unless_it_is_said(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.utils._headers.get_token", lambda: "hf_stored")
    get(hub, "owner/one", tmp_path)
    assert [asked[2] for asked in hub.asked] == [None]


def test_what_is_not_there_is_told(hub: Hub, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=f"'owner/none' isn't on {hub.endpoint}, or it is private"):
        get(hub, "owner/none", tmp_path)
    with pytest.raises(UserError, match="has no revision 'fp16'"):
        get(hub, "owner/one", tmp_path, revision="fp16")
    assert get(hub, "owner/one", tmp_path, revision=COMMIT).exists()


@pytest.mark.parametrize(("status", "said"), [(503, "status 503: try again later"), (403, "let your token read")])
def test_a_hub_that_refuses_is_told(hub: Hub, tmp_path: Path, status: int, said: str) -> None:
    hub.status = status
    with pytest.raises(UserError, match=said):
        get(hub, "owner/one", tmp_path)


def test_a_login_page_is_no_hub(hub: Hub, tmp_path: Path) -> None:
    hub.plain = True
    with pytest.raises(UserError, match="doesn't answer as a model hub does"):
        get(hub, "owner/one", tmp_path)


def test_no_connection_is_told(hub: Hub, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"can't be reached .*: check the connection") as caught:
        look_up(HubName.parse("owner/one"), endpoint="http://127.0.0.1:9")
    assert "hf-mirror.com" in caught.value.text.zh


def test_space_is_looked_at_first(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listing = look_up(HubName.parse("owner/one"), endpoint=hub.endpoint)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: type("Usage", (), {"free": 1 << 20}))
    with pytest.raises(UserError, match=r"needs about [\d.]+ [KM]B, but its disk has 1.0 MB free"):
        fetch(listing, tmp_path, lambda file, done, total: None)
    assert hub.asked == []


def test_endpoint_is_the_mirror_or_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_ENDPOINT", raising=False)
    assert settle_endpoint(None) == "https://huggingface.co"
    monkeypatch.setenv("HF_ENDPOINT", "https://hf-mirror.com/")
    assert settle_endpoint(None) == "https://hf-mirror.com"
    assert settle_endpoint("https://other.example") == "https://other.example"
    with pytest.raises(UserError, match="no address of a hub"):
        settle_endpoint("hf-mirror.com")


def test_a_base_that_is_not_here_is_never_fetched_by_itself(hub: Hub, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
    with pytest.raises(UserError, match=r"is fetched by `danlu download owner/one`") as caught:
        find_base("owner/one")
    assert "`danlu download owner/one`" in caught.value.text.zh
    (tmp_path / "models").mkdir()
    for path in ("owner/x.safetensors", "./owner/one", "models/nothing"):
        with pytest.raises(UserError) as plain:
            find_base(path)
        assert "danlu download" not in plain.value.text.en
    assert hub.asked == []
