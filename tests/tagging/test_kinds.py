"""What every kind of tagger must keep; a new file in `kinds/` is tested as soon as it is there."""

from pathlib import Path

import pytest

from danlu.kit.errors import UserError
from danlu.kit.language import both
from danlu.kit.variants import kind_name, kinds_of
from danlu.tagging.base import Tagger

KINDS = kinds_of(Tagger)


@pytest.mark.parametrize("name", KINDS)
def test_module_and_kind_have_one_name(name: str) -> None:
    assert KINDS[name].__module__.rpartition(".")[2] == kind_name(KINDS[name]) == name


@pytest.mark.parametrize("name", KINDS)
def test_settings_have_help_in_both_languages(name: str) -> None:
    for field, about in KINDS[name].model_fields.items():
        if field != "kind":
            english, chinese = both(about.description)
            assert english
            assert chinese != english


@pytest.mark.parametrize("name", KINDS)
def test_a_folder_without_files_is_the_users_mistake(name: str, tmp_path: Path) -> None:
    assert not KINDS[name].recognises(tmp_path)
    tagger = KINDS[name].model_validate({"path": tmp_path})
    for read in (lambda: tagger.tags, lambda: tagger.key, lambda: tagger.scores([])):
        with pytest.raises(UserError) as told:
            read()
        assert str(tmp_path) in told.value.text.zh
