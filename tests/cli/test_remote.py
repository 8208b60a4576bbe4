"""`danlu remote`, as a user sees it, on a real studio."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from safetensors import safe_open

from danlu.client.connection import Connection
from danlu.client.parcels import packed
from danlu.client.studio import Studio
from studio_client import png
from studio_process import studio_running

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "src" / "danlu" / "data" / "samples" / "character"
PAGE = ROOT / "docs" / "studio.md"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with studio_running(tmp_path_factory.mktemp("studio")) as found:
        yield found


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "图 片"
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.png").write_bytes(png(100 + number))
        (folder / f"{number}.txt").write_text("mei, smile")
    (folder / ".DS_Store").write_bytes(b"x")
    return folder


def test_upload_list_and_upload_again(danlu, address: str, pictures: Path) -> None:
    (pictures / "broken.jpg").write_bytes(b"no picture")
    ran = danlu("--server", address, "upload", pictures, "--to", "Mei")
    assert ran.code == 0 and "3 pictures are new" in ran.out and "damaged: '" in ran.out, ran.err
    again = danlu("remote", "upload", pictures / "1.png", "--to", "Mei", "--server", address)
    assert again.code == 0 and "0 pictures are new" in again.out and "duplicate" in again.out
    (mei,) = json.loads(danlu("remote", "datasets", "--server", address, "--json").out)
    assert (mei["name"], mei["pictures"], mei["without_caption"]) == ("Mei", 3, 0)
    assert "Mei" in danlu("remote", "datasets", "--server", address).out


def test_what_speaks_of_many_pictures_travels_with_them(danlu, address: str, pictures: Path) -> None:
    (pictures / "danlu.toml").write_text('[pictures."1.png"]\nrepeats = 4\n')
    assert danlu("remote", "upload", pictures, "--to", "With facts", "--server", address).code == 0
    studio = Studio(address)
    found = Connection(address).get(f"/api/datasets/{studio.find_dataset('With facts').id}/pictures", dict)
    assert [one["repeats"] for one in found["pictures"]] == [1, 4, 1]


def test_a_folder_of_kohya_keeps_its_name(tmp_path: Path) -> None:
    folder = tmp_path / "6_NingGuang"
    (folder / "deep").mkdir(parents=True)
    for place in (folder / "a.png", folder / "a.txt", folder / "deep" / "b.webp", folder / "notes.docx"):
        place.write_bytes(b"x" * 9)
    with packed([folder]) as parcels:
        assert [sorted(one) for one in parcels] == [
            ["6_NingGuang/a.png", "6_NingGuang/a.txt", "6_NingGuang/deep/b.webp"]
        ]


def test_single_files_of_several_folders_keep_apart(danlu, address: str, tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("later/2.txt", "a/1.png", "a/1.txt", "b/1.png", "b/1.txt", "c/2.png")]
    for number, path in enumerate(files):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(png(200 + number) if path.suffix == ".png" else f"mei, {path.parent.name}".encode())
    ran = danlu("remote", "upload", *files, "--to", "Several", "--server", address)
    assert ran.code == 0, ran.err
    found = Connection(address).get(f"/api/datasets/{Studio(address).find_dataset('Several').id}/pictures", dict)
    captions = sorted((one["name"].partition(".")[0][0], one["caption"]) for one in found["pictures"])
    assert captions == [("1", "mei, a"), ("1", "mei, b"), ("2", "mei, later")]


def test_jobs_are_watched_and_ended(danlu, address: str, pictures: Path) -> None:
    danlu("remote", "upload", pictures, "--to", "Jobs", "--server", address)
    ran = danlu("remote", "crop", "Jobs", "--watch", "--server", address)
    assert ran.code == 0 and "cropping 'Jobs': done" in ran.out, ran.err
    order = ("remote", "train", "Jobs", "--server", address, "--name", "long", "--set", "previews.every=never")
    job = danlu(*order, "--set", "training.length=20000 steps").out.strip()
    other = danlu(*order, "--set", "training.length=2 steps").out.strip()
    assert re.search(rf"{other} +training +long \(2\) +waiting", danlu("remote", "queue", "--server", address).out)
    assert "cancelled" in danlu("remote", "cancel", other, "--server", address).out
    assert "stopping" in danlu("remote", "cancel", job, "--server", address).out
    watched = danlu("remote", "watch", job, "--server", address)
    assert watched.code == 1 and "cancelled" in watched.out
    assert danlu("remote", "queue", "--all", "--json", "--server", address).out.count(job) == 1


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs POSIX signals")
def test_ctrl_c_ends_the_watching_only(danlu, address: str, pictures: Path) -> None:
    danlu("remote", "upload", pictures, "--to", "Watched", "--server", address)
    setting = ("--set", "training.length=20000 steps")
    job = danlu("remote", "train", "Watched", "--server", address, *setting).out.strip()
    studio = Studio(address)
    command = [sys.executable, "-m", "danlu", "--lang", "en", "remote", "watch", job, "--server", address]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as watcher:
        try:
            assert watcher.stderr is not None and "training" in watcher.stderr.readline()
            watcher.send_signal(signal.SIGINT)
            said = watcher.communicate(timeout=20)[1]
            assert watcher.returncode == 1 and "It goes on" in said and "Traceback" not in said
            assert studio.job(job).ended_at is None
        finally:
            watcher.kill()
            studio.tell_job(job, "cancel")
    while studio.job(job).ended_at is None:
        time.sleep(0.2)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("train", "nobody"), "The studio has no dataset 'nobody'"),
        (("tag", "Wrong", "--tagger", "nothing"), "'nothing' isn't among those found here"),
        (("train", "Wrong", "--set", "optimizer.lr=-1"), "'optimizer.lr' must be more than 0"),
        (("crop", "Wrong", "--sizes", "512"), "'sizes.0'"),
        (("download", "nothing"), "The studio has no training"),
        (("watch", "zz"), "There is no such job"),
    ],
)
def test_a_mistake_is_one_sentence(danlu, address: str, pictures: Path, arguments, sentence: str) -> None:
    if not any(one.name == "Wrong" for one in Studio(address).datasets()):
        danlu("remote", "upload", pictures, "--to", "Wrong", "--server", address)
    ran = danlu("remote", *arguments, "--server", address)
    assert ran.code == 2 and sentence in ran.err.splitlines()[-1] and ran.err.count("Error: ") == 1, ran.err
    chinese = danlu("--lang", "zh", "remote", *arguments, "--server", address)
    assert chinese.code == 2 and re.search("[一-鿿]", chinese.err)


@pytest.mark.parametrize(
    ("server", "sentence"),
    [("http://127.0.0.1:{}", "No studio answers"), ("nonsense", "isn't the address"), ("ftp://x", "isn't the address")],
)
def test_no_studio_is_one_sentence(danlu, server: str, sentence: str) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    ran = danlu("--server", server.format(port), "queue")
    assert ran.code == 2 and sentence in ran.err and len(ran.err.splitlines()) == 1


def test_a_studio_that_starts_again_is_found(tmp_path: Path) -> None:
    """Between two questions; a job that was handed in before isn't made twice."""
    with studio_running(tmp_path / "s") as address:
        studio, port = Studio(address), int(address.rpartition(":")[2])
        dataset = studio.make_dataset("A")
        list(studio.upload(dataset.id, [SAMPLE / "01.png"]))
        connection, key = Connection(address), "the same key"
        order = {"kind": "crop", "dataset_id": dataset.id}
        first = connection.post("/api/jobs", dict, order, key=key)
    with studio_running(tmp_path / "s", port):
        assert studio.find_dataset("A").id == dataset.id
        assert connection.post("/api/jobs", dict, order, key=key)["id"] == first["id"]
        assert len(studio.jobs()) == 1


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_what_the_page_shows_is_what_works(address: str, tmp_path: Path) -> None:
    """Its commands and its Python, one after the other, in an empty folder with a few pictures."""
    (tmp_path / "pictures").mkdir()
    for number, picture in enumerate(sorted(SAMPLE.glob("*.png"))[:3], 1):
        shutil.copy(picture, tmp_path / "pictures" / f"0{number}.png")
    shell, python = blocks_of(PAGE)
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "danlu"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m danlu "$@"\n')
    program.chmod(0o755)
    path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "DANLU_SERVER": address, "DANLU_LANG": "en"}
    run = {"cwd": tmp_path, "env": environment, "capture_output": True, "text": True}
    done = subprocess.run(["sh", "-e", "-c", shell], check=False, **run)
    assert done.returncode == 0, done.stderr
    assert "3 pictures are new" in done.stdout and done.stdout.splitlines()[-3].endswith("succeeded")
    assert done.stdout.splitlines()[-1] == "name"
    with safe_open(tmp_path / "mei.safetensors", "np") as file:
        assert file.metadata()["ss_network_module"]
    script = python.replace("http://127.0.0.1:8288", address)
    told = subprocess.run([sys.executable, "-c", script], check=False, **run)
    assert told.returncode == 0 and "3 pictures" in told.stdout, told.stderr


def test_both_languages_show_the_same_commands() -> None:
    def without_comments(text: str) -> list[str]:
        return [line for line in text.splitlines() if not line.startswith("#")]

    english, chinese = blocks_of(PAGE), blocks_of(PAGE.with_suffix(".zh.md"))
    assert [without_comments(one) for one in english] == [without_comments(one) for one in chinese]


def blocks_of(page: Path) -> tuple[str, str]:
    """All shell commands, and all Python."""
    text = page.read_text("utf-8")
    return tuple("\n".join(re.findall(rf"^```{kind}\n(.*?)^```$", text, re.M | re.S)) for kind in ("sh", "python"))
