"""The database: its migrations, versions of datasets, jobs handed in once, leases."""

import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, text

from danlu.kit.errors import UserError
from danlu.store.database import Database, open_database
from danlu.store.datasets import (
    OutdatedError,
    add_dataset,
    advance_dataset,
    drop_dataset,
    find_dataset,
    list_datasets,
    new_dataset,
    rename_dataset,
)
from danlu.store.folder import StudioFolder, dataset_folder, folder_name
from danlu.store.jobs import KeyReusedError, add_job, change_job, find_job, list_jobs, move_job, requeue_job
from danlu.store.leases import claim, next_waiting, renew, take_over
from danlu.store.records import AT_WORK, LOCAL_OWNER, OVER, JobRecord
from danlu.store.runs import drop_run, find_run, run_of_job
from danlu.store.tables import Table


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return open_database(tmp_path / "studio.db")


def submit(database: Database, **others: object) -> JobRecord:
    return add_job(database, LOCAL_OWNER, "crop", {"kind": "crop"}, dataset_id=None, **others)  # type: ignore[arg-type]


def test_migrations_make_the_tables_that_the_code_has(tmp_path: Path) -> None:
    open_database(tmp_path / "studio.db").close()
    open_database(tmp_path / "studio.db").close()  # and opening it again changes nothing
    with create_engine(f"sqlite:///{tmp_path / 'studio.db'}").connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Table.metadata) == []
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("SELECT id FROM users")).scalars().all() == [LOCAL_OWNER]


def test_a_database_of_a_newer_danlu_is_refused(tmp_path: Path) -> None:
    open_database(tmp_path / "studio.db").close()
    with create_engine(f"sqlite:///{tmp_path / 'studio.db'}").begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(UserError, match="newer version of Danlu"):
        open_database(tmp_path / "studio.db")


def test_a_change_on_an_old_version_is_refused(database: Database) -> None:
    dataset = add_dataset(database, new_dataset(LOCAL_OWNER, "宁光"))
    assert advance_dataset(database, dataset.id, 1) == 2
    with pytest.raises(OutdatedError) as refused:
        advance_dataset(database, dataset.id, 1)
    assert refused.value.version == 2 and advance_dataset(database, dataset.id, None) == 3
    assert find_dataset(database, "somebody else", dataset.id) is None


def test_a_change_during_a_reading_is_known_afterwards(database: Database) -> None:
    """What is looked up while an older state is being read mustn't be kept as the newest."""
    dataset = add_dataset(database, new_dataset(LOCAL_OWNER, "old"))
    with database.reading():
        assert list_datasets(database, LOCAL_OWNER)[0].name == "old"
        elsewhere = threading.Thread(target=rename_dataset, args=(database, dataset.id, "new"))
        elsewhere.start()
        elsewhere.join()
        assert list_datasets(database, LOCAL_OWNER)[0].name == "old"
        find_dataset(database, LOCAL_OWNER, dataset.id)
    found = find_dataset(database, LOCAL_OWNER, dataset.id)
    assert found is not None and found.name == "new"


def test_of_many_at_once_one_wins(database: Database) -> None:
    dataset = add_dataset(database, new_dataset(LOCAL_OWNER, "a"))
    won: list[int] = []

    def change() -> None:
        with suppress(OutdatedError):
            won.append(advance_dataset(database, dataset.id, 1))

    threads = [threading.Thread(target=change) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert won == [2]


def test_a_job_handed_in_twice_is_one_job(database: Database) -> None:
    first = submit(database, key=("a key of mine", "hash"), run_name="my run")
    assert submit(database, key=("a key of mine", "hash"), run_name="my run").id == first.id
    assert len(list_jobs(database)) == 1
    with pytest.raises(KeyReusedError):
        submit(database, key=("a key of mine", "other hash"))
    run = run_of_job(database, first.id)
    assert run is not None and find_run(database, LOCAL_OWNER, run.id) == run
    assert not drop_run(database, run.id, OVER)  # it waits
    change_job(database, first.id, ("queued",), state="cancelled")
    assert drop_run(database, run.id, OVER)
    assert find_job(database, None, first.id) is None


def test_a_dataset_may_go_and_its_jobs_stay(database: Database) -> None:
    dataset = add_dataset(database, new_dataset(LOCAL_OWNER, "a"))
    job = add_job(database, LOCAL_OWNER, "crop", {"kind": "crop"}, dataset_id=dataset.id)
    drop_dataset(database, dataset.id)
    kept = find_job(database, LOCAL_OWNER, job.id)
    assert kept is not None and kept.dataset_id is None and list_datasets(database, LOCAL_OWNER) == []


def test_one_job_is_at_work_at_a_time(database: Database) -> None:
    first, second = submit(database), submit(database)
    assert next_waiting(database) == first and claim(database, second.id, "worker", 10) is None
    claimed = claim(database, first.id, "worker", 10)
    assert claimed is not None and claimed.id == first.id and claimed.state == "starting" and claimed.token == 1
    assert next_waiting(database) is None and claim(database, second.id, "worker", 10) is None
    change_job(database, first.id, AT_WORK, token=1, state="succeeded")
    assert next_waiting(database) == second and claim(database, second.id, "worker", 10) is not None


def test_a_worker_that_comes_back_too_late_can_write_nothing(database: Database) -> None:
    job = submit(database)
    mine = claim(database, job.id, "first", 0.05)
    assert mine is not None and take_over(database, "second", 10) is None  # the lease still runs
    time.sleep(0.1)
    theirs = take_over(database, "second", 10)
    assert theirs is not None and theirs.token == 2
    assert renew(database, mine, 10) is None
    assert change_job(database, job.id, AT_WORK, token=mine.token, state="failed") is None
    assert change_job(database, job.id, AT_WORK, token=theirs.token, state="succeeded") is not None
    assert requeue_job(database, job.id, ("failed",), {}) is None


@settings(max_examples=8)
@given(st.data())
def test_moving_a_job_moves_no_other(data: st.DataObject) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        database = open_database(Path(folder) / "studio.db")
        expected = [submit(database).id for _ in range(4)]
        for _ in range(data.draw(st.integers(1, 4))):
            moved, place = data.draw(st.sampled_from(expected)), data.draw(st.integers(0, 6))
            assert move_job(database, moved, place)
            expected.remove(moved)
            expected.insert(place, moved)
        assert [job.id for job in list_jobs(database, states=("queued",))] == expected
        database.close()


@given(st.text(max_size=300))
def test_names_become_folders_of_their_own(name: str) -> None:
    for made in (folder_name(name, "abc123"), *dataset_folder(name, "abc123").split("/")):
        assert made and len(made) < 80 and not set(made) & set('/\\:*?"<>|\0\n') and made.strip(" .") == made
    assert dataset_folder(name, "abc123").count("/") == 1


def test_names_say_nothing_by_their_form() -> None:
    assert dataset_folder("6_宁光", "abc").endswith("/6-宁光") and dataset_folder("reg", "abc") == "abc/dataset"
    assert StudioFolder(Path("/s")).dataset("abc/宁光") == Path("/s/datasets/abc/宁光")


def test_runs_of_one_name_are_told_apart(database: Database) -> None:
    def made(name: str) -> str:
        run = run_of_job(database, submit(database, run_name=name).id)
        assert run is not None
        return run.name

    assert [made("pro 1") for _ in range(3)] == ["pro 1", "pro 1 (2)", "pro 1 (3)"]
    assert made("pro 1 (2)") == "pro 1 (4)" and made("pro (7)") == "pro (7)" and made("pro") == "pro"
