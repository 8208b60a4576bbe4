"""Which files of a repository on the model hub Danlu needs: the weights once, in the smallest format, and what it takes
to read them; of a base, a WD14 tagger or a captioner. Never pickles, no second precision, no other program's formats.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

from danlu.kit.errors import UserError, nearest
from danlu.kit.quantities import format_bytes
from danlu.weights.folder import STEMS

COMPONENTS = ("unet", "vae", "text_encoder", "text_encoder_2")
SMALL = {
    "tokenizer": ("vocab.json", "merges.txt", "special_tokens_map.json", "tokenizer_config.json", "tokenizer.json"),
    "scheduler": ("scheduler_config.json",),
}
TAGGER = ("model.onnx", "selected_tags.csv")
PROCESSORS = ("preprocessor_config.json", "processor_config.json")
"""One of them marks a model of transformers that looks at pictures."""
PICKLES = (".ckpt", ".pt", ".pth", ".bin", ".pkl")
MOST_NAMED = 6
NAME = re.compile(r"(?!.*(--|\.\.))[A-Za-z0-9]([\w.-]*[A-Za-z0-9_])?/[A-Za-z0-9]([\w.-]*[A-Za-z0-9_])?", re.ASCII)

Holds = Literal["base", "vae", "file", "tagger", "captioner"]


@dataclass(frozen=True)
class HubName:
    """What a user writes: `owner/name`, or `owner/name:file.safetensors`."""

    repository: str
    file: str | None = None

    @classmethod
    def parse(cls, text: str) -> "HubName":
        """Read a name. Raises `UserError` if it is none."""
        repository, colon, file = text.strip().partition(":")
        inside = PurePosixPath(file)
        if not is_hub_name(repository) or (colon and (not file or inside.is_absolute() or ".." in inside.parts)):
            raise UserError(
                f"'{text}' is no name on the model hub: write owner/name, as in stable-diffusion-v1-5/"
                "stable-diffusion-v1-5, or owner/name:file.safetensors for one file.",
                f"“{text}”不是模型站上的名称：请写 作者/名称，例如 stable-diffusion-v1-5/stable-diffusion-v1-5，"
                "或用 作者/名称:文件.safetensors 表示单个文件。",
            )
        return cls(repository, file or None)

    @property
    def name(self) -> str:
        """The repository's name without its owner."""
        return self.repository.partition("/")[2]


@dataclass(frozen=True)
class Wanted:
    """The files of a repository that are needed, and what they amount to."""

    names: tuple[str, ...]
    holds: Holds


def is_hub_name(text: str) -> bool:
    """Whether a text has the form `owner/name`."""
    return bool(NAME.fullmatch(text)) and not text.endswith((".safetensors", *PICKLES))


def choose_files(name: HubName, sizes: Mapping[str, int]) -> Wanted:
    """What to get, from the names and sizes of all files of a repository. Raises `UserError` if nothing fits, or if it
    isn't clear what is meant.
    """
    sizes = {file: size for file, size in sizes.items() if _stays_inside(file)}
    if name.file is not None:
        return Wanted((_one_file(name, name.file, sizes),), "file")
    if any(file.startswith("unet/") for file in sizes):
        return Wanted(_folder_files(name, sizes), "base")
    if "config.json" in sizes and (weights := _weights("", sizes, STEMS[:1])):
        return Wanted(("config.json", *weights), "vae")
    if set(TAGGER) <= sizes.keys():
        return Wanted(TAGGER, "tagger")
    if captioner := _captioner_files(sizes):
        return Wanted(captioner, "captioner")
    singles = sorted(file for file in sizes if file.endswith(".safetensors") and "/" not in file)
    if len(singles) == 1:
        return Wanted((singles[0],), "file")
    if singles:
        raise _several(name, singles, sizes)
    raise _nothing(name, sizes)


def _stays_inside(file: str) -> bool:
    """Whether a name that a server tells lies within the folder that it is put into, on every system."""
    return (
        not PurePosixPath(file).is_absolute() and not {"..", ""} & set(file.split("/")) and not set("\\:") & set(file)
    )


def _one_file(name: HubName, file: str, sizes: Mapping[str, int]) -> str:
    if file.endswith(PICKLES):
        raise _pickle(f"{name.repository}:{file}")
    if file not in sizes or not file.endswith(".safetensors"):
        near = nearest(file, [one for one in sizes if one.endswith(".safetensors")] or ["–"])
        raise UserError(
            f"'{name.repository}' has no checkpoint '{file}': {near.en}",
            f"“{name.repository}”中没有底模文件“{file}”：{near.zh}",
        )
    return file


def _folder_files(name: HubName, sizes: Mapping[str, int]) -> tuple[str, ...]:
    """A base in diffusers layout: weights of each component, its config, tokenizers, the noise schedule."""
    chosen = [file for file in sizes if file == "model_index.json" or re.fullmatch(r"LICENSE[^/]*", file)]
    for component in COMPONENTS:
        if not any(file.startswith(f"{component}/") for file in sizes):
            continue
        weights = _weights(f"{component}/", sizes, STEMS)
        if not weights:
            raise _nothing(name, sizes)
        chosen += [f"{component}/config.json", *weights]
    for folder, files in SMALL.items():
        for copy in (folder, f"{folder}_2"):
            chosen += [f"{copy}/{file}" for file in files if f"{copy}/{file}" in sizes]
    return tuple(chosen)


def _captioner_files(sizes: Mapping[str, int]) -> tuple[str, ...]:
    """A model of transformers for images and text: weights, and all that describes it, in the repository's root."""
    plain = {file: size for file, size in sizes.items() if "/" not in file and ".fp16" not in file}
    weights = _weights("", plain, ("model",))
    if "config.json" not in plain or not weights or not any(file in plain for file in PROCESSORS):
        return ()
    about = [file for file in plain if file.endswith((".json", ".txt", ".jinja")) and ".index." not in file]
    return (*weights, *about)


def _weights(folder: str, sizes: Mapping[str, int], stems: Sequence[str]) -> list[str]:
    """The weights of one component: in half precision if it has them so; one file, or shards and their index."""
    for stem in stems:
        for variant in (".fp16", ""):
            single = f"{folder}{stem}{variant}.safetensors"
            if single in sizes:
                return [single]
            # Both ways in which releases of diffusers have named shards of a variant.
            number, mark = r"-\d+-of-\d+", re.escape(variant)
            shard = re.compile(rf"{re.escape(folder + stem)}({mark}{number}|{number}{mark})\.safetensors")
            indexes = (f"{stem}.safetensors.index{variant}.json", f"{stem}{variant}.safetensors.index.json")
            shards = sorted(file for file in sizes if shard.fullmatch(file))
            index = next((folder + one for one in indexes if folder + one in sizes), None)
            if shards and index is not None:
                return [index, *shards]
    return []


def _several(name: HubName, singles: Sequence[str], sizes: Mapping[str, int]) -> UserError:
    rows = [f"{file} ({format_bytes(sizes[file])})" for file in singles[:MOST_NAMED]]
    listed = ", ".join([*rows, "…"] if len(singles) > MOST_NAMED else rows)
    return UserError(
        f"'{name.repository}' holds several checkpoints: {listed}. Say which: danlu download "
        f"{name.repository}:{singles[0]}",
        f"“{name.repository}”中有多个底模：{listed}。请指定其中一个：danlu download {name.repository}:{singles[0]}",
    )


def _nothing(name: HubName, sizes: Mapping[str, int]) -> UserError:
    if any(file.endswith(PICKLES) for file in sizes):
        return _pickle(name.repository)
    return UserError(
        f"'{name.repository}' holds no base that Danlu can read: neither a diffusers folder with safetensors weights "
        "nor a .safetensors checkpoint. Look for another repository of this model.",
        f"“{name.repository}”中没有丹炉可读取的底模：既没有带 safetensors 权重的 diffusers 文件夹，"
        "也没有 .safetensors 底模文件。请寻找该模型的其他仓库。",
    )


def _pickle(what: str) -> UserError:
    return UserError(
        f"'{what}' has its weights as pickles only (.ckpt, .bin), which can run programs when they are opened, so "
        "Danlu doesn't fetch them: look for a repository of this model with .safetensors files.",
        f"“{what}”的权重只有 pickle 格式（.ckpt、.bin），打开时可能运行任意程序，因此丹炉不会下载："
        "请寻找该模型带 .safetensors 文件的仓库。",
    )
