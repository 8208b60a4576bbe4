"""How much an adapter file that is passed on says of itself and of the machine that it was made on.

full        all that it said
shareable   without paths, without names of folders, without prompts of previews; other programs' notes are left out
minimal     what it takes to load and to call it: family, network, trigger words, licence

Whatever the level, the tensors stay as they are, byte for byte, and both hashes are right.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from danlu.evaluation.concepts import METADATA_KEY, TRIGGER
from danlu.kit.parsing import parse_json
from danlu.weights.headers import read_header
from danlu.weights.labels import relabel

Privacy = Literal["full", "shareable", "minimal"]
TITLE, DESCRIPTION, LICENCE = "modelspec.title", "modelspec.description", "modelspec.license"
OUTPUT_NAME = "ss_output_name"
_FREQUENCY, _RECIPE = "ss_tag_frequency", "danlu_recipe"
_MINIMAL = frozenset(
    {
        "ss_v2",
        "ss_base_model_version",
        "ss_network_module",
        "ss_network_dim",
        "ss_network_alpha",
        "ss_network_args",
        "ss_clip_skip",
        "modelspec.sai_model_spec",
        "modelspec.architecture",
        "modelspec.implementation",
        "modelspec.prediction_type",
        "modelspec.resolution",
        "danlu_kind",
    }
)
"""By which programs load it, beside what its maker states."""
_OURS = ("ss_", "sshs_", "modelspec.", "danlu_")
_TELLING = frozenset(
    {
        "ss_dataset_dirs",
        "ss_reg_dataset_dirs",
        "ss_datasets",
        "ss_train_data_dir",
        "ss_session_id",
        "ss_training_comment",
        "ss_training_started_at",
        "ss_training_finished_at",
        "modelspec.author",
        "modelspec.date",
        "modelspec.thumbnail",
    }
)
"""Of kohya's keys those that hold folders, times and whatever somebody noted."""
_ROOT = re.compile(r"(?:[A-Za-z]:[\\/]|\\\\|/|~[\\/])[^\n]*[\\/]?")
_FOLDERS = re.compile(r"(?<![\w.:/\\])(?:[A-Za-z]:[\\/]|\\\\|/|~[\\/])(?:[^\\/:*?\"<>|\s,;'()]+[\\/])+")
_NUMBERED = re.compile(r"^(\d+)_")


def publish_file(source: Path, target: Path, privacy: Privacy, stated: Mapping[str, str]) -> str:
    """Write an adapter file as it is to be passed on; `stated` is what its maker says of it (title, trigger words,
    description, licence), whose empty values are left out. Returns its model hash.

    Raises `UserError` as `read_header` does, and when the disk is full.
    """
    kept = kept_metadata(read_header(source).metadata, privacy)
    whole = {key: value for key, value in {**kept, **stated}.items() if value or key not in stated}
    return relabel(source, target, whole)


def kept_metadata(metadata: Mapping[str, str], privacy: Privacy) -> dict[str, str]:
    """What a level leaves of a file's metadata; the hashes aren't among them, as they are written anew."""
    known = {key: value for key, value in metadata.items() if not key.startswith("sshs_")}
    if privacy == "full":
        return known
    if privacy == "minimal":
        stated = {TITLE, TRIGGER, DESCRIPTION, LICENCE, OUTPUT_NAME}
        return {key: _without_paths(value) for key, value in known.items() if key in _MINIMAL | stated}
    open_to_all = {key: value for key, value in known.items() if key.startswith(_OURS) and key not in _TELLING}
    return {key: _shareable(key, value) for key, value in open_to_all.items()}


def _shareable(key: str, text: str) -> str:
    try:
        value: Any = parse_json(text)
    except ValueError:
        return _without_paths(text)
    if not isinstance(value, dict | list):
        return text
    if key == _FREQUENCY and isinstance(value, dict):
        value = {_numbered(folder, number): tags for number, (folder, tags) in enumerate(value.items(), 1)}
    elif key == METADATA_KEY and isinstance(value, list):
        value = [
            {**one, "name": f"concept-{number}"} if isinstance(one, dict) else one
            for number, one in enumerate(value, 1)
        ]
    elif key == _RECIPE and isinstance(value, dict):
        value = {key: one for key, one in value.items() if key not in ("name", "previews")}
    return json.dumps(_walk(value), ensure_ascii=False)


def _walk(value: Any) -> Any:
    if isinstance(value, str):
        return _without_paths(value)
    if isinstance(value, dict):
        return {_without_paths(str(key)): _walk(one) for key, one in value.items()}
    return [_walk(one) for one in value] if isinstance(value, list) else value


def _without_paths(text: str) -> str:
    """A path becomes its last part; of a path within a sentence the folders go."""
    if _ROOT.fullmatch(text):
        return re.split(r"[\\/]", text.rstrip("\\/"))[-1]
    return _FOLDERS.sub("", text)


def _numbered(folder: str, number: int) -> str:
    """kohya's `REPEATS_NAME` without the name."""
    repeats = _NUMBERED.match(folder)
    return f"{repeats[1] if repeats else 1}_concept-{number}"
