"""`danlu studio`, as far as it doesn't serve."""

from pathlib import Path

from danlu.store.lock import held_alone


def test_a_second_studio_on_a_folder_names_the_first(danlu, tmp_path: Path) -> None:
    with held_alone(tmp_path) as tell_address:
        tell_address("http://127.0.0.1:8299")
        ran = danlu("studio", "--data", tmp_path, "--no-browser", "--port", "0")
    assert ran.code == 2 and "http://127.0.0.1:8299" in ran.err and len(ran.err.splitlines()) == 1
