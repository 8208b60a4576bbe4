"""The licences that LoRAs are usually given, and one's own words."""

from typing import Literal, NamedTuple

from danlu.kit.language import Text

LicenceId = Literal[
    "unstated",
    "creativeml-openrail-m",
    "openrail++",
    "faipl-1.0-sd",
    "cc0-1.0",
    "cc-by-4.0",
    "cc-by-sa-4.0",
    "cc-by-nc-4.0",
    "cc-by-nc-sa-4.0",
    "custom",
]


class Licence(NamedTuple):
    """A licence by its usual name."""

    title: Text
    url: str | None = None


def _named(title: str, url: str) -> Licence:
    return Licence(Text(title, title), url)


LICENCES: dict[LicenceId, Licence] = {
    "unstated": Licence(Text("Not stated (all rights reserved)", "未声明（保留所有权利）")),
    "creativeml-openrail-m": _named(
        "CreativeML OpenRAIL-M", "https://huggingface.co/spaces/CompVis/stable-diffusion-license"
    ),
    "openrail++": _named(
        "CreativeML Open RAIL++-M",
        "https://huggingface.co/stabilityai/stable-diffusion-xl-base-1.0/blob/main/LICENSE.md",
    ),
    "faipl-1.0-sd": _named("Fair AI Public License 1.0-SD", "https://freedevproject.org/faipl-1.0-sd/"),
    "cc0-1.0": _named("CC0 1.0", "https://creativecommons.org/publicdomain/zero/1.0/"),
    "cc-by-4.0": _named("CC BY 4.0", "https://creativecommons.org/licenses/by/4.0/"),
    "cc-by-sa-4.0": _named("CC BY-SA 4.0", "https://creativecommons.org/licenses/by-sa/4.0/"),
    "cc-by-nc-4.0": _named("CC BY-NC 4.0", "https://creativecommons.org/licenses/by-nc/4.0/"),
    "cc-by-nc-sa-4.0": _named("CC BY-NC-SA 4.0", "https://creativecommons.org/licenses/by-nc-sa/4.0/"),
    "custom": Licence(Text("Own words", "自定义")),
}


def licence_text(licence: LicenceId, own: str) -> str:
    """What stands in the file's metadata: a name, one's own words, or nothing."""
    return {"unstated": "", "custom": own}.get(licence, LICENCES[licence].title.en)
