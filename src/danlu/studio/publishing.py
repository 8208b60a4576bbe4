"""Models come to be: a run's checkpoint is published, or a LoRA file made elsewhere is brought in.

A model's folder is built aside and takes its place whole, before its row is written: no row is ever without its files.
"""

import secrets
import shutil
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from danlu.evaluation.concepts import TRIGGER, trigger_words
from danlu.kit.errors import UserError
from danlu.kit.files import file_sha256
from danlu.kit.language import Text
from danlu.pipeline.privacy import DESCRIPTION, LICENCE, OUTPUT_NAME, TITLE, publish_file
from danlu.rundir.layout import RunFolder
from danlu.store.database import new_id
from danlu.store.folder import file_stem, folder_name
from danlu.store.models import add_model
from danlu.store.records import ModelRecord, RunRecord
from danlu.studio.cards import Card, CardFacts, write_card
from danlu.studio.context import Studio, run_folder
from danlu.studio.journals import journal_of
from danlu.studio.licences import LicenceId, licence_text
from danlu.studio.problems import ProblemError
from danlu.studio.shapes.models import NewModel
from danlu.studio.show_pictures import keep_previews, previews_of
from danlu.studio.subprocesses import inspect_file
from danlu.weights.headers import read_header, require_no_pickle

SUFFIX = ".safetensors"


def publish(studio: Studio, run: RunRecord, order: NewModel) -> ModelRecord:
    """Copy a checkpoint and previews of a run into a model. Raises `ProblemError` or `UserError` for what can't be."""
    folder = run_folder(studio, run)
    name = require_name(order.name)
    source = checkpoint_of(folder, order.checkpoint)
    previews = previews_of(folder, order.previews)
    require_licence(order.licence, order.licence_text)
    if order.listed and not previews:
        raise unlistable()
    triggers = order.triggers if order.triggers is not None else trigger_words(read_header(source).metadata)
    triggers = tidy(triggers)
    with _built(studio) as place:
        stem = file_stem(name, "model")
        file = place / f"{stem}{SUFFIX}"
        stated = {
            TITLE: name,
            OUTPUT_NAME: stem,
            TRIGGER: ", ".join(triggers),
            DESCRIPTION: order.description,
            LICENCE: licence_text(order.licence, order.licence_text),
        }
        publish_file(source, file, order.privacy, stated)
        card = Card(
            source="run",
            **_known(file, inspect_file(file)),
            privacy=order.privacy,
            checkpoint=order.checkpoint,
            description=order.description,
            triggers=triggers,
            licence=order.licence,
            licence_text=order.licence_text,
            pictures=keep_previews(place, previews, stem),
        )
        write_card(place, card)
        return _settle(studio, place, _record(run.owner_id, name, run_id=run.id, listed=order.listed))


def bring_in(studio: Studio, owner: str, uploaded: Path) -> ModelRecord:
    """Make a model of a LoRA file made elsewhere, which stays as it is, byte for byte.

    Raises `UserError` if it isn't a whole safetensors file that holds an adapter of a kind that is read.
    """
    try:
        _require_suffix(uploaded)
        read_header(uploaded)
        found = inspect_file(uploaded)
    except UserError as error:
        plain = (one.replace(str(uploaded), uploaded.name) for one in error.text)
        raise UserError(*plain, field="file") from error
    if found["kind"] != "adapter":
        text = Text(
            f"'{uploaded.name}' is a whole base model, not a LoRA: put it into a folder of bases (settings).",
            f"“{uploaded.name}”是完整的底模，而不是 LoRA：请放入设置中的底模文件夹。",
        )
        raise ProblemError(422, "invalid", text, field="file")
    name = require_name(uploaded.stem)
    with _built(studio) as place:
        file = place / f"{file_stem(name, 'model')}{SUFFIX}"
        uploaded.replace(file)
        card = Card(source="imported", **_known(file, found), privacy=None, triggers=tidy(found["trigger_words"]))
        write_card(place, card)
        return _settle(studio, place, _record(owner, name))


def checkpoint_of(folder: RunFolder, name: str) -> Path:
    """The adapter file of a run that is called so. Raises `ProblemError` if there is none."""
    known = [folder.root / one.path for one in journal_of(folder).checkpoints.values()]
    for path in known:
        if path.name == name and path.is_file():
            return path
    text = Text(f"The training has no LoRA file '{name[:200]}'.", f"该训练没有 LoRA 文件“{name[:200]}”。")
    raise ProblemError(422, "invalid", text, field="checkpoint")


def require_name(name: str) -> str:
    """Raise `ProblemError` for a name that nobody could read."""
    shown = "".join(sign for sign in name if sign.isprintable()).strip()[:100]
    if not shown:
        raise ProblemError(422, "invalid", Text("Give the model a name.", "请为模型命名。"), field="name")
    return shown


def require_licence(licence: LicenceId, words: str) -> None:
    """Raise `ProblemError` if a licence and its own words don't go together."""
    if licence == "custom" and not words.strip():
        text = Text("Write what the licence allows, or choose another one.", "请填写授权内容，或选择其他许可证。")
        raise ProblemError(422, "invalid", text, field="licence_text")
    if licence != "custom" and words.strip():
        text = Text(
            "Own words have no effect with this licence: choose 'custom', or leave them out.",
            "所选许可证不使用自定义内容：请选择“自定义”，或删去该内容。",
        )
        raise ProblemError(422, "invalid", text, field="licence_text")


def unlistable() -> ProblemError:
    """A model without show pictures isn't listed."""
    text = Text(
        "A listed model needs at least one show picture: choose one, or save it unlisted.",
        "公开展示的模型至少需要一张展示图：请选择图片，或保存为不公开。",
    )
    return ProblemError(422, "invalid", text, field="listed")


def tidy(triggers: Sequence[str]) -> list[str]:
    """Trigger words as they are written in prompts, each once."""
    shown = (" ".join(word.replace("，", ",").strip(" ,").split()) for word in triggers)
    return list(dict.fromkeys(word for word in shown if word))


def _known(file: Path, found: dict[str, Any]) -> dict[str, Any]:
    """What a card says of its file."""
    facts = CardFacts(
        kind=found["adapter_kind"],
        layout=found["layout"],
        rank=found["rank"],
        alpha=found["alpha"],
        precision=found["precision"],
        family=found["family"],
        base=found["base"],
        programs=found.get("programs", {}),
        losses=found.get("losses", []),
    )
    return {"file": file.name, "sha256": file_sha256(file), "size_bytes": file.stat().st_size, "facts": facts}


def _require_suffix(uploaded: Path) -> None:
    if uploaded.suffix.lower() != SUFFIX:
        require_no_pickle(uploaded)
        raise UserError(
            f"'{uploaded}' is no .safetensors file: LoRAs are brought in as .safetensors only.",
            f"“{uploaded}”不是 .safetensors 文件：只能导入 .safetensors 格式的 LoRA。",
        )


@contextmanager
def _built(studio: Studio) -> Generator[Path]:
    """A folder aside in which a model is built; nothing is left of it if that fails."""
    place = studio.folder.uploads / secrets.token_hex(8)
    place.mkdir(parents=True)
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _record(owner: str, name: str, *, run_id: str | None = None, listed: bool = False) -> ModelRecord:
    now, made = time.time(), new_id()
    return ModelRecord(
        id=made,
        owner_id=owner,
        run_id=run_id,
        name=name,
        folder=folder_name(name, made),
        listed=listed,
        created_at=now,
        changed_at=now,
    )


def _settle(studio: Studio, place: Path, about: ModelRecord) -> ModelRecord:
    """The folder takes its place, then there is a row of it."""
    final = studio.folder.model(about.folder)
    final.parent.mkdir(parents=True, exist_ok=True)
    place.rename(final)
    try:
        return add_model(studio.database, about)
    except BaseException:
        shutil.rmtree(final, ignore_errors=True)
        raise
