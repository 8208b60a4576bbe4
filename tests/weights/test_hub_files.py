"""What is fetched of a repository: once, without pickles, in the smallest format; and what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from danlu.kit.errors import UserError
from danlu.weights.hub_files import HubName, choose_files, is_hub_name

SMALL = [
    "model_index.json",
    "scheduler/scheduler_config.json",
    *(f"tokenizer/{name}.json" for name in ("vocab", "special_tokens_map", "tokenizer_config")),
    "tokenizer/merges.txt",
    *(f"{part}/config.json" for part in ("unet", "vae", "text_encoder")),
]
PARTS = {"unet": "diffusion_pytorch_model", "vae": "diffusion_pytorch_model", "text_encoder": "model"}
FULL = [f"{part}/{stem}.safetensors" for part, stem in PARTS.items()]
HALF = [f"{part}/{stem}.fp16.safetensors" for part, stem in PARTS.items()]
OTHERS = [
    *(f"{part}/{stem}{kind}" for part, stem in PARTS.items() for kind in (".bin", ".fp16.bin", ".msgpack")),
    "unet/diffusion_pytorch_model.non_ema.safetensors",
    "safety_checker/model.safetensors",
    "feature_extractor/preprocessor_config.json",
    "v1-5-pruned.ckpt",
    "v1-5-pruned-emaonly.safetensors",
    "README.md",
    ".gitattributes",
]


def chosen(name: str, files: list[str]) -> tuple[set[str], str]:
    wanted = choose_files(HubName.parse(name), dict.fromkeys(files, 10))
    assert len(set(wanted.names)) == len(wanted.names)
    return set(wanted.names), wanted.holds


def test_a_folder_is_fetched_once_in_half_precision() -> None:
    assert chosen("a/b", [*SMALL, *FULL, *HALF, *OTHERS]) == ({*SMALL, *HALF}, "base")
    assert chosen("a/b", [*SMALL, *FULL, *OTHERS, "LICENSE.md"]) == ({*SMALL, *FULL, "LICENSE.md"}, "base")


def test_each_component_in_what_it_has() -> None:
    mixed = [*FULL[1:], *HALF[:1]]
    assert chosen("a/b", [*SMALL, *mixed, FULL[0]])[0] == {*SMALL, *mixed}


def test_sdxl_has_two_text_encoders_and_tokenizers() -> None:
    second = ["text_encoder_2/config.json", "text_encoder_2/model.fp16.safetensors", "tokenizer_2/merges.txt"]
    assert chosen("a/b", [*SMALL, *HALF, *second, "text_encoder_2/model.safetensors"])[0] == {*SMALL, *HALF, *second}


@pytest.mark.parametrize("shards", [["-00001-of-00002", "-00002-of-00002"]])
@pytest.mark.parametrize(
    ("index", "shard"),
    [
        ("unet/diffusion_pytorch_model.safetensors.index.json", "unet/diffusion_pytorch_model{}.safetensors"),
        ("unet/diffusion_pytorch_model.safetensors.index.fp16.json", "unet/diffusion_pytorch_model.fp16{}.safetensors"),
        ("unet/diffusion_pytorch_model.fp16.safetensors.index.json", "unet/diffusion_pytorch_model{}.fp16.safetensors"),
    ],
)
def test_shards_come_with_their_index(index: str, shard: str, shards: list[str]) -> None:
    sharded = [index, *(shard.format(one) for one in shards)]
    assert chosen("a/b", [*SMALL, *HALF[1:], *sharded])[0] == {*SMALL, *HALF[1:], *sharded}


def test_one_checkpoint_or_the_one_that_is_named() -> None:
    assert chosen("a/b", ["x.safetensors", "x.ckpt", "README.md"]) == ({"x.safetensors"}, "file")
    assert chosen("a/b:sub/y.safetensors", ["x.safetensors", "sub/y.safetensors"]) == ({"sub/y.safetensors"}, "file")


def test_a_vae_alone() -> None:
    files = ["config.json", "diffusion_pytorch_model.safetensors", "diffusion_pytorch_model.bin", "sd.ckpt"]
    assert chosen("a/b", files) == (set(files[:2]), "vae")


def test_a_wd14_tagger() -> None:
    files = ["model.onnx", "selected_tags.csv", "config.json", "model.safetensors", "sw_jax_cv_config.json"]
    assert chosen("a/wd-vit-tagger-v3", files) == ({"model.onnx", "selected_tags.csv"}, "tagger")


@pytest.mark.parametrize("sharded", [False, True])
def test_a_captioner(sharded: bool) -> None:
    whole = ["model.safetensors"]
    shards = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", "model.safetensors.index.json"]
    about = ["config.json", "preprocessor_config.json", "tokenizer.json", "vocab.txt", "chat_template.jinja"]
    others = ["README.md", "pytorch_model.bin", "tf_model.h5", "onnx/model.onnx", "pytorch_model.bin.index.json"]
    weights = shards if sharded else whole
    assert chosen("a/b", [*weights, *about, *others]) == ({*weights, *about}, "captioner")


@pytest.mark.parametrize(
    ("name", "files", "said"),
    [
        ("a/b", ["x.safetensors", "y.safetensors"], "holds several checkpoints: x.safetensors"),
        ("a/b", [*SMALL, *(name for name in OTHERS if name.endswith(".bin"))], "as pickles only"),
        ("a/b", ["x.ckpt"], "as pickles only"),
        ("a/b", ["README.md", "gguf/model.gguf"], "holds no base"),
        ("a/b:x.ckpt", ["x.ckpt"], "as pickles only"),
        ("a/b:x.safetensor", ["x.safetensors"], "did you mean 'x.safetensors'"),
    ],
)
def test_what_cannot_be_fetched_is_told(name: str, files: list[str], said: str) -> None:
    with pytest.raises(UserError, match=said) as caught:
        chosen(name, files)
    assert caught.value.text.zh


@pytest.mark.parametrize("evil", ["../x.safetensors", "/x.safetensors", "..\\x.safetensors", "C:x.safetensors"])
def test_names_that_lead_elsewhere_are_not_followed(evil: str) -> None:
    assert chosen("a/b", [evil, "good.safetensors"])[0] == {"good.safetensors"}


@pytest.mark.parametrize(
    "text", ["a", "a/b/c", "../b", "a/..", "a b/c", "a--b/c", "a/b:", "a/b:../x.safetensors", "a/-b"]
)
def test_what_is_no_name_is_told(text: str) -> None:
    with pytest.raises(UserError, match="no name on the model hub"):
        HubName.parse(text)


@given(st.from_regex(r"[a-z0-9]{1,8}/[a-z0-9]{1,8}([._-][a-z0-9]{1,8})?", fullmatch=True))
def test_names_are_names(text: str) -> None:
    assert HubName.parse(text) == HubName(text)
    assert is_hub_name(text)
    assert not is_hub_name(f"{text}.safetensors")
