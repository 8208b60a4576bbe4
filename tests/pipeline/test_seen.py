"""`danlu dataset show`: the same pixels, captions and portions that training sees."""

import json
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from danlu.cache.latents import LatentSource
from danlu.cli.main import run
from danlu.datasets.augmentation import Rendition, render_picture
from danlu.datasets.manifest import PictureFacts, ViewFacts, update_manifest
from danlu.datasets.pictures import Box
from danlu.encoders.clip import PORTION, load_tokenizer, split_portions
from danlu.encoders.emphasis import Piece, read_pieces
from danlu.families.find import find_base
from danlu.kit.errors import UserError
from danlu.pipeline.assembly import SampleSource
from danlu.pipeline.seen import see_picture, write_page
from danlu.pipeline.survey import survey_recipe
from small_world import make_dataset, make_recipe

FOLDER = "2_小 猫🐱"
CHANGES = {
    "dataset": {"captions": {"shuffle": True, "caption_dropout": 0.2}, "augmentation": {"flip": True, "colours": 2}},
    "training": {"length": "4 epochs"},
}


class Asked(dict[tuple[int, Rendition], object]):
    """Takes the place of latents."""

    def __missing__(self, key: tuple[int, Rendition]) -> object:
        self[key] = key
        return key


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = make_dataset(tmp_path / "d", pictures=3)
    (folder / FOLDER / "图 0.txt").write_text("zq, a, b, c, d, e", encoding="utf-8")
    views = {"face": ViewFacts(crop=Box(4, 4, 24, 36)), "other": ViewFacts(mirror="always")}
    update_manifest(folder, pictures={f"{FOLDER}/图 0.png": PictureFacts(views=views)})
    return folder


@pytest.mark.parametrize("name", ["图 0.png", "图 0.png#face", "图 0.png#other"])
def test_what_is_shown_is_what_training_shows(root: Path, base_folder: Path, name: str) -> None:
    recipe = make_recipe(root, base_folder, CHANGES)
    survey = survey_recipe(recipe)
    samples_of = SampleSource(survey, cast(LatentSource, Asked()))
    trained = [
        (planned.epoch, planned.number, sample.caption, cast(tuple[int, Rendition], sample.latents)[1])
        for planned in survey.order.steps_after(0)
        for index, sample in zip(planned.group.items, samples_of(planned), strict=True)
        if survey.dataset.pictures[index].name == f"{FOLDER}/{name}"
    ]
    seen = see_picture(recipe, name)
    told = [(one.epoch, one.step, "".join(text for text, _ in one.portions), one.rendition) for one in seen.captions]
    assert told == trained[:5] and len(told) == 5
    assert len({caption for _, _, caption, _ in told}) > 1
    assert {one.rendition for one in seen.captions} <= set(seen.renditions)
    assert seen.render(seen.renditions[0]).size == seen.bucket
    index = [one.name for one in survey.dataset.pictures].index(f"{FOLDER}/{name}")
    assert seen.bucket == survey.arrangement.buckets[index]
    for one in seen.renditions:
        expected = render_picture(survey.dataset.pictures[index], seen.bucket, one)
        assert seen.render(one).tobytes() == expected.tobytes()


def test_a_page_holds_all_of_it(root: Path, base_folder: Path, tmp_path: Path) -> None:
    (root / FOLDER / "图 0.txt").write_text("zq, " + ", ".join(f"<tag{n}>" for n in range(60)), encoding="utf-8")
    seen = see_picture(make_recipe(root, base_folder, CHANGES), "图 0.png#face")
    write_page(seen, tmp_path / "seen.html")
    page = (tmp_path / "seen.html").read_text("utf-8")
    assert page.count("data:image/png;base64,") == len(seen.renditions) == 6
    assert page.count('class="caption"') == 5 and "&lt;tag1&gt;" in page and "<tag1>" not in page
    assert "⟨75 cut⟩" in page and 'class="portion cut"' in page
    assert "http" not in page.replace("http://www.w3.org", "")


def test_held_out_and_unknown_pictures(root: Path, base_folder: Path) -> None:
    update_manifest(root, pictures={f"{FOLDER}/图 1.png": PictureFacts(held_out=True)})
    recipe = make_recipe(root, base_folder, CHANGES)
    seen = see_picture(recipe, "图 1.png")
    assert seen.held_out and seen.renditions == (Rendition(),) and len(seen.captions) == 1
    with pytest.raises(UserError, match=r"no picture 'x\.png'"):
        see_picture(recipe, "x.png")


@given(
    st.lists(
        st.sampled_from(["1girl", ", ", " ", "don't", "你好世界", "naïve", "blue_hair", "(", "12345"]), max_size=120
    )
)
def test_portions_are_the_caption_in_pieces_of_75_tokens(words: list[str]) -> None:
    tokenizer = load_tokenizer(None)
    text = "".join(words)
    portions = split_portions(tokenizer, [Piece(text, 1.0)])
    assert "".join(one.text for one in portions) == text
    assert all(one.tokens <= PORTION for one in portions) and all(one.tokens == PORTION for one in portions[:-1])
    whole = tokenizer(text, add_special_tokens=False, verbose=False).input_ids
    # A word cut in two may need a token more; a character is never cut.
    assert len(whole) <= sum(one.tokens for one in portions) <= len(whole) + 3 * len(portions)


def test_portions_count_what_the_plan_counts(base_folder: Path) -> None:
    family, facts = find_base(str(base_folder))
    captions = ["a (b:1.3), c", ", ".join(["red hair"] * 60), ""]
    split = family.split_captions(facts, captions, "scaled")
    assert [sum(count for _, count in one) for one in split] == family.count_tokens(facts, captions, "scaled")
    assert split[0][0][0] == "".join(piece.text for piece in read_pieces(captions[0], "scaled"))


def test_the_command(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["dataset", "show", str(root), "图 0.png#face"]
    assert run(arguments) == 0
    said = capsys.readouterr().out
    assert "4,0 – 24,36" not in said and "epoch 1, step" in said and "tokens:" in said
    assert run([*arguments, "--json", "--count", "2"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["name"] == f"{FOLDER}/图 0.png#face" and len(told["captions"]) == 2
    assert run([*arguments, "--html", str(tmp_path / "a.html")]) == 0 and (tmp_path / "a.html").exists()
    assert run([*arguments, "--base", "x", "--recipe", "y"]) == 2
