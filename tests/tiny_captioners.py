"""Captioners of a few thousand weights that have learnt one thing: to name the colour of a picture.

BLIP goes on from its picture by itself; Qwen2-VL is asked in a chat. Both lie in folders as transformers saves them.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import (
    BlipConfig,
    BlipForConditionalGeneration,
    PreTrainedTokenizerFast,
    Qwen2VLConfig,
    Qwen2VLForConditionalGeneration,
)
from transformers.models.blip.image_processing_pil_blip import BlipImageProcessorPil
from transformers.models.blip.processing_blip import BlipProcessor
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

from danlu.tagging.captioner import load_processor

COLOURS = ("red", "blue", "green")
STEPS, RATE = 60, 0.02
CHAT = (
    "{% for message in messages %}<|im_start|>{{ message.role }} {% for part in message.content %}"
    "{% if part.type == 'image' %}<|vision_start|><|image_pad|><|vision_end|>{% else %}{{ part.text }}{% endif %}"
    "{% endfor %}<|im_end|>{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant{% endif %}"
)


def picture(colour: str, width: int = 40, height: int = 32) -> Image.Image:
    """A picture of one colour."""
    return Image.new("RGB", (width, height), colour)


def _learn(model: Any, losses: Callable[[], Any]) -> None:
    optimizer = torch.optim.Adam(model.parameters(), RATE)
    for _ in range(STEPS):
        optimizer.zero_grad()
        losses().backward()
        optimizer.step()


def make_blip(folder: Path) -> Path:
    """Says "a picture of red" of a red picture."""
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[DEC]", "a", "the", "picture", "of", *COLOURS]
    numbers = {word: number for number, word in enumerate(words)}
    plain = Tokenizer(models.WordPiece(numbers, unk_token="[UNK]"))
    plain.normalizer, plain.pre_tokenizer = normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer()
    ends = [("[CLS]", numbers["[CLS]"]), ("[SEP]", numbers["[SEP]"])]
    plain.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=ends)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=plain,
        unk_token="[UNK]",
        pad_token="[PAD]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        additional_special_tokens=["[DEC]"],
    )
    sizes = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    tokens = {"bos_token_id": 4, "eos_token_id": 3, "sep_token_id": 3, "pad_token_id": 0}
    text = {**sizes, **tokens, "vocab_size": len(words), "encoder_hidden_size": 16, "max_position_embeddings": 32}
    torch.manual_seed(0)
    config = BlipConfig(text_config=text, vision_config={**sizes, "image_size": 16, "patch_size": 8}, projection_dim=16)
    model = BlipForConditionalGeneration(config).eval()
    processor = BlipProcessor(BlipImageProcessorPil(size={"height": 16, "width": 16}), tokenizer)
    texts = [f"a picture of {colour}" for colour in COLOURS]
    inputs = processor(images=[picture(colour) for colour in COLOURS], text=texts, return_tensors="pt")
    _learn(model, lambda: model(**inputs, labels=inputs["input_ids"]).loss)
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


def make_qwen(folder: Path, asked: Sequence[str]) -> Path:
    """Answers with the colour, whichever of the questions it is asked."""
    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>", "<|image_pad|>"]
    special.append("<|video_pad|>")
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    numbers = {word: number for number, word in enumerate([*letters, *COLOURS, *special])}
    plain = Tokenizer(models.BPE(numbers, []))
    plain.pre_tokenizer, plain.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    plain.add_tokens(list(COLOURS))
    plain.add_special_tokens(special)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=plain, pad_token="<|endoftext|>", eos_token="<|im_end|>", additional_special_tokens=special
    )
    tokenizer.chat_template = CHAT
    rope = {"rope_type": "default", "mrope_section": [1, 1, 2], "rope_theta": 10000.0}
    text = {"vocab_size": len(numbers), "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1}
    text |= {"num_attention_heads": 2, "num_key_value_heads": 2, "rope_parameters": rope}
    text |= {"eos_token_id": numbers["<|im_end|>"], "pad_token_id": 0, "bos_token_id": 0}
    vision = {"depth": 1, "embed_dim": 16, "hidden_size": 16, "num_heads": 2, "patch_size": 4, "mlp_ratio": 2}
    places = {"image": "<|image_pad|>", "video": "<|video_pad|>"}
    places |= {"vision_start": "<|vision_start|>", "vision_end": "<|vision_end|>"}
    config = Qwen2VLConfig(
        text_config=text, vision_config=vision, **{f"{name}_token_id": numbers[token] for name, token in places.items()}
    )
    torch.manual_seed(0)
    model = Qwen2VLForConditionalGeneration(config).eval()
    model.generation_config.eos_token_id = numbers["<|im_end|>"]
    model.generation_config.pad_token_id = 0
    size = {"shortest_edge": 64, "longest_edge": 1024}
    tokenizer.save_pretrained(folder)
    Qwen2VLImageProcessorPil(patch_size=4, size=size).save_pretrained(folder)
    model.save_pretrained(folder)
    processor = load_processor(folder, "qwen2_vl")
    pairs = [(question, colour) for question in asked for colour in COLOURS]
    texts = [f"{_chat(processor, question)}{colour}<|im_end|>" for question, colour in pairs]
    pictures = [[picture(colour)] for _, colour in pairs]
    inputs = processor(images=pictures, text=texts, return_tensors="pt", padding=True)
    labels = inputs["input_ids"].clone()
    for row, (_, colour) in zip(labels, pairs, strict=True):
        end = int((row != 0).nonzero().max()) + 1
        row[: end - 1 - len(processor.tokenizer(colour)["input_ids"])] = -100
        row[end:] = -100
    _learn(model, lambda: model(**inputs, labels=labels).loss)
    model.save_pretrained(folder)
    return folder


def _chat(processor: Any, question: str) -> str:
    content = [{"type": "image"}, {"type": "text", "text": question}]
    chat = [{"role": "user", "content": content}]
    return processor.apply_chat_template(chat, add_generation_prompt=True, tokenize=False)
