"""Sentences about pictures, by a model for images and text through transformers: BLIP, GIT, Florence-2, Qwen-VL, LLaVA…

The model lies in a folder as transformers saves it (config.json, safetensors, tokenizer, processor). What it is told
depends on what it is: models with a chat template are asked a question, Florence-2 gets its task, the others begin the
sentence by themselves or go on from the prompt. Decoding is greedy: the same picture gets the same sentence.
"""

import hashlib
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from danlu.datasets.pictures import Picture
from danlu.kit.errors import UserError
from danlu.kit.hashes import known_sha256
from danlu.kit.parsing import parse_json
from danlu.tagging.stored import Found, OnPicture, Reader, find_out

if TYPE_CHECKING:
    from PIL.Image import Image

QUESTION = "Describe this picture in one sentence."
TASKS = {"florence2": "<DETAILED_CAPTION>"}
"""What models that know tasks are given to do."""
LONGEST_TOKENS = 120
LARGEST_PX = 1536
"""Larger pictures are scaled down: no captioner looks closer, and many of them wait in memory."""


class Captioner(Reader[str]):
    """A captioner with its prompt."""

    batch, suffix = 4, ".txt"

    def __init__(self, folder: Path, prompt: str | None = None) -> None:
        self.folder, self.prompt = folder, prompt
        self.place = f"sentences/{self.key[:16]}"

    @property
    def key(self) -> str:
        """Changes with the model's files, the prompt and how sentences are made. Known without loading the model."""
        names = sorted(path for path in self.folder.iterdir() if path.suffix in (".json", ".safetensors", ".jinja"))
        files = " ".join(f"{path.name}:{known_sha256(path)}" for path in names)
        return hashlib.sha256(f"{files} {self.prompt!r} {LONGEST_TOKENS} {LARGEST_PX}".encode()).hexdigest()

    def prepare(self, image: "Image") -> "Image":
        """The picture, not larger than need be."""
        if max(image.size) > LARGEST_PX:
            image = image.copy()
            image.thumbnail((LARGEST_PX, LARGEST_PX))
        return image

    def run(self, prepared: "Sequence[Image]") -> list[str]:
        """A sentence for each picture, on one line."""
        import torch

        model, processor = self._loaded
        texts, is_chat = self._texts(processor, model.config.model_type, len(prepared))
        # A list for each picture: processors for chats would take a flat list for the pictures of one question.
        images = [[image] for image in prepared] if is_chat else list(prepared)
        inputs = processor(images=images, text=texts, return_tensors="pt", padding=True).to(model.device)
        inputs = {name: value.to(model.dtype) if value.is_floating_point() else value for name, value in inputs.items()}
        with torch.no_grad():
            tokens = model.generate(**inputs, max_new_tokens=LONGEST_TOKENS, do_sample=False)
        if is_chat:
            tokens = tokens[:, inputs["input_ids"].shape[1] :]
        return [" ".join(text.split()) for text in processor.tokenizer.batch_decode(tokens, skip_special_tokens=True)]

    def from_bytes(self, content: bytes) -> str:
        """A stored sentence."""
        return content.decode()

    def to_bytes(self, value: str) -> bytes:
        """Store a sentence."""
        return value.encode()

    def _texts(self, processor: Any, model_type: str, count: int) -> tuple[list[str] | None, bool]:
        """What the model is told beside each picture, and whether that is a chat."""
        if getattr(processor, "chat_template", None):
            question = {"type": "text", "text": self.prompt or QUESTION}
            chat = [{"role": "user", "content": [{"type": "image"}, question]}]
            return [processor.apply_chat_template(chat, add_generation_prompt=True, tokenize=False)] * count, True
        told = self.prompt or TASKS.get(model_type)
        return None if told is None else [told] * count, False

    @cached_property
    def _loaded(self) -> tuple[Any, Any]:
        """Model and processor; loaded for the first picture that has no sentence yet."""
        import torch
        from transformers import AutoModelForImageTextToText
        from transformers.utils.logging import disable_progress_bar

        disable_progress_bar()  # of the weights; that of the pictures is told by the caller
        device = "cuda" if torch.cuda.is_available() else "cpu"
        dtype = torch.bfloat16 if device == "cuda" else torch.float32
        try:
            model: Any = AutoModelForImageTextToText.from_pretrained(
                self.folder, local_files_only=True, use_safetensors=True, trust_remote_code=False, dtype=dtype
            )
            processor = load_processor(self.folder, model.config.model_type)
        except _loading_errors() as error:
            reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
            raise UserError(
                f"'{self.folder}' can't be loaded as a captioner ({reason}): it must be a model for images and text "
                "as transformers saves it, with .safetensors weights.",
                f"无法将“{self.folder}”作为描述模型加载（{reason}）：需要 transformers 格式的图文模型，"
                "权重为 .safetensors。",
            ) from error
        processor.tokenizer.padding_side = "left"  # the answer goes on where the question ends
        return model.eval().to(device), processor


def find_captioner(name_or_path: str, prompt: str | None = None) -> Captioner:
    """The captioner in a folder, or one that was fetched from the hub before, by its name.

    Raises `UserError` if it isn't there, or obviously no such model.
    """
    folder = Path(name_or_path).expanduser()
    if not folder.is_dir():
        folder = _fetched_before(name_or_path)
    config = folder / "config.json"
    try:
        is_model = "model_type" in parse_json(config.read_text("utf-8")) and any(folder.glob("*.safetensors"))
    except (OSError, ValueError):
        is_model = False
    if not is_model:
        raise UserError(
            f"'{folder}' is no captioner: the folder needs config.json and .safetensors weights as transformers saves "
            "them; pickles (.bin) aren't opened.",
            f"“{folder}”不是描述模型：文件夹中需要 transformers 格式的 config.json 和 .safetensors 权重；"
            "不会打开 pickle（.bin）文件。",
        )
    return Captioner(folder, prompt or None)


def describe_pictures(
    captioner: Captioner, pictures: Sequence[Picture], on_picture: OnPicture | None = None
) -> Found[str]:
    """A sentence for each picture as it is cropped; stored as they come, so an interruption loses at most a batch."""
    return find_out(captioner, pictures, on_picture)


def _fetched_before(name: str) -> Path:
    """The folder of a model that lies in the hub library's own cache. Nothing is fetched here."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(name, local_files_only=True))
    except (HFValidationError, LocalEntryNotFoundError) as error:
        raise UserError(
            f"captioner '{name}' isn't on this machine: `danlu download {name}` gets it, then give its folder.",
            f"本机没有描述模型“{name}”：先用 `danlu download {name}` 下载，然后给出其文件夹。",
        ) from error


def _loading_errors() -> tuple[type[Exception], ...]:
    """What the library raises for folders that hold something else, or half of it."""
    from huggingface_hub.errors import StrictDataclassError
    from safetensors import SafetensorError

    plain = (OSError, ValueError, KeyError, TypeError, AttributeError, RuntimeError, ImportError)
    return (*plain, StrictDataclassError, SafetensorError)


def load_processor(folder: Path, model_type: str) -> Any:
    """What turns pictures and texts into the model's inputs.

    Models that know videos too have a processor whose video part wants torchvision; without it, the processor is put
    together without that part.
    """
    from transformers import AutoImageProcessor, AutoProcessor, AutoTokenizer

    try:
        return AutoProcessor.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except ImportError:
        from transformers.models.auto import processing_auto

        auto: Any = processing_auto
        found: Any = auto.processor_class_from_name(auto.PROCESSOR_MAPPING_NAMES[model_type])

        class PicturesOnly(found):
            def check_argument_for_proper_class(self, argument_name: str, argument: Any) -> Any:
                """The library's check would look for the class of the missing part."""
                return type(argument)

        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        images = AutoImageProcessor.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        return PicturesOnly(images, tokenizer, None, chat_template=tokenizer.chat_template)
