"""Options behind a prompt say what sd-scripts means by them, and no other words are taken for options, or options for
words.
"""

import pytest

from danlu.datasets.pictures import Size
from danlu.generation.prompt_options import with_options
from danlu.generation.prompts import Prompt
from danlu.kit.errors import UserError
from danlu.previews.config import PreviewConfig
from danlu.previews.prompts import prompts_of


def test_options_of_sd_scripts() -> None:
    found = with_options(Prompt("smile, (hat:1.2) --n low res --W 512 --h 768 --d 42 --s 28 --l 7.5 --ss euler_a"))
    assert found == Prompt("smile, (hat:1.2)", "low res", 42, Size(512, 768), 28, 7.5, "Euler a")
    assert with_options(Prompt("a --ss DPM++ 2M Karras")).sampler == "DPM++ 2M Karras"


@pytest.mark.parametrize("words", ["a - b", "a -- b", "well-known", "a--b", "--"])
def test_dashes_among_words(words: str) -> None:
    assert with_options(Prompt(words)).text == words


@pytest.mark.parametrize(
    "line", ["a --ar 2:3", "a --g 3.5", "a --w wide", "a --s 0", "a --l nan", "a --ss tea", "a --d -1", "a --w"]
)
def test_what_it_does_not_know_is_told(line: str) -> None:
    with pytest.raises(UserError, match="--") as caught:
        with_options(Prompt(line))
    assert "--" in caught.value.text.zh


def test_each_preview_has_its_own() -> None:
    config = PreviewConfig(prompts=("a --d 7 --w 640", "b"), size="512x768", seed=1, negative="bad")
    first, second = prompts_of(config, config.prompts, native_px=512)
    assert (first.text, first.seed, first.size, first.negative) == ("a", 7, Size(640, 768), "bad")
    assert (second.text, second.seed, second.size) == ("b", 2, Size(512, 768))
    with pytest.raises(ValueError, match="no option of a prompt"):
        PreviewConfig(prompts=("a --ar 2:3",))
    last, again = prompts_of(PreviewConfig(prompts=("a", "b"), seed=2**64 - 1), ("a", "b"), native_px=512)
    assert (last.seed, again.seed) == (2**64 - 1, 0)
    with pytest.raises(ValueError, match="seed"):
        PreviewConfig(seed=2**64)
    captions = prompts_of(PreviewConfig(), ["a caption --ar 2:3"], native_px=512)
    assert captions[0].text == "a caption --ar 2:3"
