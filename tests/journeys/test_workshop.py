"""A newcomer's zip of mixed pictures becomes a LoRA by five commands (docs/prepare-a-dataset.md); all can be undone."""

import hashlib
from pathlib import Path

from danlu.datasets.formats import PICTURE_SUFFIXES
from danlu.datasets.history import history
from danlu.datasets.scan import scan_dataset
from mixed_pictures import CORRUPT, NEAR_TWINS, NOTE, TRUNCATED, TWINS, make_mixed_zip

SHORT = ("--set", "training.length=2 steps", "--set", "previews.every=never", "--set", "training.precision=fp32")


def files_of(folder: Path, *, pictures: bool) -> dict[str, str]:
    """SHA-256 of the pictures, or of the other files but what Danlu notes for itself."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".danlu" not in path.parts and (path.suffix.lower() in PICTURE_SUFFIXES) == pictures
    }


def test_five_commands_from_a_zip_to_a_lora_and_back(danlu, tmp_path: Path) -> None:
    archive, folder = make_mixed_zip(tmp_path), tmp_path / "图 片"

    imported = danlu("dataset", "import", archive, "--to", folder)
    assert imported.returncode == 0, imported.stderr
    for name in (CORRUPT, TRUNCATED, NOTE, *(Path(twin).name for twin in TWINS)):
        assert imported.stdout.count(f"{name}'") == 1, name
    assert imported.stderr.count("GB18030") == 1
    arrived, texts = files_of(folder, pictures=True), files_of(folder, pictures=False)
    assert len(arrived) == 36

    fixed = danlu("dataset", "fix", folder)
    assert fixed.returncode == 0, fixed.stderr
    for name in NEAR_TWINS:
        assert fixed.stdout.count(name) <= 1
    assert fixed.stdout.count("(duplicates)") >= 1
    cropped = danlu("crop", folder, "--sheet", tmp_path / "crops.html")
    assert cropped.returncode == 0, cropped.stderr
    tagged = danlu("tag", folder, "--trigger", "zwx")
    assert tagged.returncode == 0, tagged.stderr
    trained = danlu("train", folder, "--run", tmp_path / "run", *SHORT)
    assert trained.returncode == 0, trained.stderr
    assert (tmp_path / "run/checkpoints/zwx.safetensors").is_file()

    for result in (imported, fixed, cropped, tagged, trained):
        assert "Traceback" not in result.stderr
    dataset = scan_dataset(folder)
    assert 30 <= len(dataset.pictures) < 36
    assert all((picture.caption or "").startswith("zwx") and picture.crop for picture in dataset.pictures)
    assert files_of(folder, pictures=True) == arrived

    while history(folder):
        undone = danlu("dataset", "undo", folder)
        assert undone.returncode == 0, undone.stderr
    assert files_of(folder, pictures=False) == texts
    assert files_of(folder, pictures=True) == arrived
