"""Portraits as data: which options a picture is drawn with and which tags are therefore true.

In: the vocabulary and a seeded generator. Out: `Portrait`s (one JSON line each for `render/render.mjs`).
Combinations of hair and clothes are split by hash: reserved ones never occur in training pictures, so that a
character made of one is new to the base.
"""

import hashlib
import random
from dataclasses import asdict, dataclass

from embedded.vocabulary import ALWAYS, Row, Style, colours, in_caption_order, styles

RESERVED_SHARE = 10
HIDES_EYES = {"sunglasses", "eyepatch"}


@dataclass(frozen=True)
class Identity:
    """What stays the same in every picture of one character: a row of each constant part and its colours."""

    style: str
    rows: dict[str, Row]
    hair_colour: str
    clothes_colour: str
    skin: str


@dataclass(frozen=True)
class Framing:
    """Size in pixels and where the figure stands: scale 1 fills the shorter side; shifts are shares of it."""

    width: int
    height: int
    scale: float
    dx: float
    dy: float


@dataclass(frozen=True)
class Portrait:
    """One picture to draw, with the tags that are true of it, in caption order."""

    style: str
    options: dict[str, str | int]
    background: str
    framing: Framing
    tags: list[str]

    def line(self) -> dict[str, object]:
        """The picture as a JSON-able mapping."""
        return asdict(self)


CONSTANT_PARTS = ("hair", "glasses", "earrings", "beard", "clothes")


def draw_identity(rng: random.Random, style: Style) -> Identity:
    """A random character of a style; beard, glasses and the like as often as `styles.toml` says."""
    rows = {part: _pick(rng, style.parts[part]) for part in CONSTANT_PARTS if part in style.parts}
    skin = rng.choice(list(style.skin))
    hair = list(colours("hair"))
    if skin == "dark":
        hair.remove("brown")
    return Identity(style.name, rows, rng.choice(hair), rng.choice(list(colours("clothes"))), skin)


def is_reserved(identity: Identity) -> bool:
    """True for the tenth of hair × clothes combinations that training pictures never show."""
    seen = "clothes" if "clothes" in identity.rows else "glasses"
    colour = identity.clothes_colour if seen == "clothes" else ""
    row = sorted(identity.rows[seen].tags) if seen in identity.rows else []
    key = repr((identity.style, sorted(identity.rows["hair"].tags), identity.hair_colour, row, colour))
    return hashlib.sha256(key.encode()).digest()[0] % RESERVED_SHARE == 0


def allowed_backgrounds(identity: Identity) -> list[str]:
    """Background colours on which neither hair nor clothes vanish."""
    taken = {identity.hair_colour, identity.clothes_colour}
    if identity.hair_colour == "blonde":
        taken.add("yellow")
    return [name for name in colours("background") if name not in taken]


def draw_portrait(
    rng: random.Random,
    identity: Identity,
    framing: Framing,
    *,
    background: str | None = None,
    expression: Row | None = None,
    eyes: Row | None = None,
) -> Portrait:
    """One picture of a character; expression, eyes and background are drawn when not given."""
    style = styles()[identity.style]
    rows = dict(identity.rows)
    rows["expression"] = expression or _pick(rng, style.parts["expression"])
    if "eyes" in style.parts and "eyes" not in rows:
        rows["eyes"] = eyes or _pick(rng, style.parts["eyes"])
    if "eyes" in rows["expression"].set:  # big-smile's moods are drawn by the eyes
        rows.pop("eyes", None)
    background = background or rng.choice(allowed_backgrounds(identity))
    found = {style.tag, *ALWAYS, f"{identity.skin} skin", f"{background} background"}
    options: dict[str, str | int] = dict(style.fixed)
    for row in rows.values():
        options |= row.set
        found |= set(row.tags)
    options[style.skin_option] = style.skin[identity.skin]
    hair_hex = colours("hair")[identity.hair_colour]
    shows_colour = rows["hair"].coloured
    for option in style.colour_options:
        options[option] = hair_hex if shows_colour or option == "hairColor" else colours("hair")["black"]
    if shows_colour:
        found.add(f"{identity.hair_colour} hair")
    if style.clothes_option is not None:
        options[style.clothes_option] = colours("clothes")[identity.clothes_colour]
        found.add(f"{identity.clothes_colour} clothes")
    if found & HIDES_EYES:
        found -= {"closed eyes", "wink"}
    return Portrait(style.name, options, colours("background")[background], framing, in_caption_order(found))


def draw_framing(rng: random.Random, width: int, height: int) -> Framing:
    """A framing with slight jitter: scale ±8 %, shift ±4 %; tall pictures show the figure a little larger."""
    scale = rng.uniform(0.92, 1.08)
    reach = 0.04
    if height > width:
        scale *= 1.12
    if width > height:
        reach = 0.12
    return Framing(width, height, scale, rng.uniform(-reach, reach), rng.uniform(0.0, 0.04))


def _pick(rng: random.Random, rows: tuple[Row, ...]) -> Row:
    return rng.choices(rows, weights=[row.weight for row in rows])[0]
