"""One studio at a time on a data folder."""

from pathlib import Path

import pytest

from danlu.kit.errors import UserError
from danlu.store.lock import held_alone


def test_the_second_is_told_where_the_first_is(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "文件夹"
    with held_alone(folder) as tell_address:
        tell_address("http://127.0.0.1:9000")
        with pytest.raises(UserError) as told, held_alone(folder):
            pass
        assert "http://127.0.0.1:9000" in told.value.text.en and "http://127.0.0.1:9000" in told.value.text.zh
        assert f"“{folder}”" in told.value.text.zh
    with held_alone(folder), pytest.raises(UserError, match="another studio"), held_alone(folder):
        pass


def test_what_a_killed_one_left_stands_in_nobodys_way(tmp_path: Path) -> None:
    (tmp_path / "studio.lock").touch()
    (tmp_path / "studio.json").write_text("{}")
    with held_alone(tmp_path):
        pass
    assert not (tmp_path / "studio.json").exists()


def test_a_place_where_no_folder_can_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="can't be written"), held_alone(tmp_path / "file"):
        pass
