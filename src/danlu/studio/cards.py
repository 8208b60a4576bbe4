"""A published model's folder: its file, its card, its show pictures. All of it is its own copy.

card.json              what its maker and its file say      NAME.safetensors   the adapter, as it is downloaded
pictures/              show pictures                         card.lock          held while the card is changed
"""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from danlu.kit.files import write_atomically
from danlu.kit.language import Text
from danlu.pipeline.privacy import Privacy
from danlu.studio.licences import LicenceId

PICTURES = "pictures"
_CARD, _LOCK = "card.json", "card.lock"
_WAIT_SECONDS = 30.0


class _Stored(BaseModel):
    model_config = ConfigDict(frozen=True)


class CardPicture(_Stored):
    """A show picture."""

    file: str
    """Its name in the folder of pictures."""
    prompt: str
    parameters: str
    """All that it was drawn with, as A1111 writes it; empty if its file didn't say."""
    width: int
    height: int


class CardFacts(_Stored):
    """What the file is, as `danlu inspect` finds it."""

    kind: str
    layout: str
    rank: list[int]
    alpha: list[float]
    precision: str | None
    family: str | None
    """The family's title."""
    base: str | None
    """The base that it was trained on, by the file's own words."""
    programs: dict[str, str] = {}
    """What each other program does with it: "whole", "partly" or "refused"; empty where that isn't known."""
    losses: list[Text] = []
    """What is lost there, in sentences."""


class Card(_Stored):
    """What is known of a model beside its row."""

    version: Literal[1] = 1
    source: Literal["run", "imported"]
    file: str
    sha256: str
    size_bytes: int
    facts: CardFacts
    privacy: Privacy | None
    """None: the file is as it came."""
    checkpoint: str | None = None
    """Its name in the run."""
    description: str = ""
    triggers: list[str] = []
    licence: LicenceId = "unstated"
    licence_text: str = ""
    pictures: list[CardPicture] = []


def read_card(folder: Path) -> Card:
    """The card of a model's folder."""
    return Card.model_validate_json((folder / _CARD).read_bytes())


def write_card(folder: Path, card: Card) -> None:
    """Write it, whole or not at all."""
    write_atomically(folder / _CARD, card.model_dump_json(indent=1))


@contextmanager
def changing(folder: Path) -> Generator[Card]:
    """Be the only one who changes a card; gives it as it is now."""
    from filelock import FileLock

    with FileLock(folder / _LOCK, timeout=_WAIT_SECONDS):
        yield read_card(folder)
