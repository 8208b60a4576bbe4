"""The trigger word: offered traits, setting, renaming, absorbing; what speaks against a word; what can't be done."""

from collections.abc import Callable

import pytest

from captioned import texts
from danlu.datasets.history import undo
from danlu.datasets.manifest import read_manifest
from danlu.datasets.pictures import Dataset
from danlu.datasets.scan import scan_dataset
from danlu.editing.conflicts import trigger_conflicts
from danlu.editing.trigger import look_at_triggers, set_trigger, tags_to_absorb
from danlu.encoders.vocabulary import is_common, token_number
from danlu.kit.errors import UserError

Make = Callable[..., Dataset]
CAPTIONS = {
    "2_cat/a.png": "smile, Red_Hair, hat, solo",
    "2_cat/b.png": "red hair, hat, solo\nred hair, hat",
    "2_cat/c.png": "red hair, hat, solo, x",
    "2_cat/d.png": "red hair, hat, solo",
    "2_cat/e.png": "red hair, A cat with a hat sits in a park.",
    "3_dog/a.png": "zq, dog",
    "reg/1_pet/a.png": "pet",
}
MANIFEST = '# mine\n[concepts.dog]\ntrigger = "zq"\nrepeats = 9\n'


def captions(dataset: Dataset) -> dict[str, str | None]:
    return {picture.name: picture.caption for picture in scan_dataset(dataset.root).pictures}


def test_tags_of_nearly_all_pictures_are_offered(make_dataset: Make) -> None:
    cat, dog = look_at_triggers(make_dataset(CAPTIONS, MANIFEST))
    assert (cat.concept, cat.trigger, cat.led, cat.pictures) == ("cat", None, 0, 5)
    assert [(one.tag, one.pictures) for one in cat.offered] == [("red hair", 5), ("hat", 4)]  # solo is framing
    assert (dog.trigger, dog.led, dog.pictures, dog.offered) == ("zq", 1, 1, ())


def test_a_trigger_comes_first_everywhere_and_takes_tags_over(make_dataset: Make) -> None:
    dataset = make_dataset(CAPTIONS, MANIFEST)
    before = texts(dataset.root)
    edits = set_trigger(dataset, "cat", word="Ohwx", absorb=["RED_hair", "hat"])
    assert texts(dataset.root) == before
    edits.apply()
    assert captions(dataset) == {
        "2_cat/a.png": "Ohwx, smile, solo",
        "2_cat/b.png": "Ohwx, solo\nOhwx",
        "2_cat/c.png": "Ohwx, solo, x",
        "2_cat/d.png": "Ohwx, solo",
        "2_cat/e.png": "Ohwx, A cat with a hat sits in a park.",
        "3_dog/a.png": "zq, dog",
        "reg/1_pet/a.png": "pet",
    }
    cat = read_manifest(dataset.root).concepts["cat"]
    assert (cat.trigger, cat.traits) == ("Ohwx", ("red hair", "hat"))
    assert (dataset.root / "danlu.toml").read_text("utf-8").startswith(MANIFEST)
    about = look_at_triggers(scan_dataset(dataset.root), "cat")[0]
    assert (about.led, about.traits, about.offered) == (5, ("red hair", "hat"), ())
    assert set_trigger(scan_dataset(dataset.root), "cat", word="Ohwx", absorb=["hat"]).apply() is None
    undo(dataset.root)
    assert texts(dataset.root) == before


def test_a_new_name_takes_the_place_of_the_old_one(make_dataset: Make) -> None:
    written = {
        "a.png": "smile, Old;;;b ||| c",
        "b.png": "A photo of OLD sitting in a bold park.",
        "c.png": None,
        "d.png": "bold",
    }
    manifest = '[concepts."before it was renamed"]\ntrigger = "old"\ntraits = ["t"]\nrepeats = 3\n'
    dataset = make_dataset({**written, "e.png": "old is sitting in a park."}, manifest)
    set_trigger(dataset, word="new").apply()
    assert captions(dataset) == {
        "a.png": "new, smile, b ||| c",
        "b.png": "new, A photo of new sitting in a bold park.",
        "c.png": "new",
        "d.png": "new, bold",
        "e.png": "new is sitting in a park.",
    }
    (concept,) = scan_dataset(dataset.root).concepts
    assert (concept.trigger, concept.traits, concept.repeats) == ("new", ("t",), 3)


def test_traits_can_follow_later_and_add_up(make_dataset: Make) -> None:
    dataset = make_dataset(CAPTIONS)
    set_trigger(dataset, "cat", word="ohwx", absorb=["x"]).apply()
    dataset = scan_dataset(dataset.root)
    (about,) = look_at_triggers(dataset, "cat")
    set_trigger(dataset, "cat", absorb=tags_to_absorb(about, ["all"], [])).apply()
    assert read_manifest(dataset.root).concepts["cat"].traits == ("x", "red hair", "hat")
    assert "hat" not in (captions(dataset)["2_cat/a.png"] or "")


def test_what_is_meant_by_all_and_by_keep(make_dataset: Make) -> None:
    about = look_at_triggers(make_dataset(CAPTIONS), "cat")[0]
    assert tags_to_absorb(about, ["all"], []) == ["red hair", "hat"]
    assert tags_to_absorb(about, [], ["Hat"]) == ["red hair"]
    assert tags_to_absorb(about, ["smile"], []) == ["smile"]
    with pytest.raises(UserError, match="'hta' isn't among the offered tags: did you mean 'hat'"):
        tags_to_absorb(about, [], ["hta"])


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"concept": "cat", "word": "a, b"}, "'a, b' can't be a trigger word"),
        ({"concept": "cat", "word": " "}, "can't be a trigger word"),
        ({"concept": "cat", "word": "a;;;b"}, "can't be a trigger word"),
        ({"word": "ohwx"}, r"2 concepts \(cat, dog\).*--concept"),
        ({"concept": "pet", "word": "ohwx"}, "'pet' holds regularization pictures"),
        ({"concept": "cat"}, "'cat' has no trigger word that could take tags over"),
        ({"concept": "cat", "word": "ohwx", "absorb": ["hut"]}, "has the tag 'hut': did you mean 'hat'"),
        ({"concept": "dog", "absorb": ["zq"]}, "'zq' is the trigger word itself"),
    ],
)
def test_what_cannot_be_done(make_dataset: Make, arguments: dict[str, object], told: str) -> None:
    with pytest.raises(UserError, match=told):
        set_trigger(make_dataset(CAPTIONS, MANIFEST), **arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("concept", "word", "told"),
    [
        ("cat", "qqwz", []),
        ("cat", "park", ["common word"]),
        (
            "cat",
            "ZQ",
            ["trigger word of 'dog' too", r"stands in 1 captions of other concepts, as that of '3_dog/a.png'"],
        ),
        ("dog", "hat", ["common word", "stands in 5 captions of other concepts"]),
        ("cat", "hair", ["common word", "part of the tag 'red hair'"]),
    ],
)
def test_what_speaks_against_a_word(make_dataset: Make, concept: str, word: str, told: list[str]) -> None:
    conflicts = [text.en for text in trigger_conflicts(make_dataset(CAPTIONS, MANIFEST), concept, word)]
    assert len(conflicts) >= len(told) and (told or not conflicts)
    for expected in told:
        assert any(expected in conflict for conflict in conflicts), conflicts


@pytest.mark.parametrize("word", ["girl", "Miku", "anime style", "ghibli", "girl2", "blue_knight", "39"])
def test_words_that_the_base_knows(word: str) -> None:
    assert is_common(word)


@pytest.mark.parametrize("word", ["ohwx", "sks", "ningguang", "ohwx girl", "zwx_style", "宁光", "phol9"])
def test_words_that_are_free(word: str) -> None:
    assert not is_common(word)


def test_the_vocabulary_says_what_the_tokenizer_does() -> None:
    """A word with a token of its own is read as that token, and any other word in pieces."""
    from danlu.encoders.clip import load_tokenizer

    tokenizer = load_tokenizer(None)
    for word in ("girl", "Ghibli", "sks", "ohwx", "ningguang", "hatsune", "watercolor", "zwx", "lyricist"):
        ids = tokenizer(word, add_special_tokens=False).input_ids
        assert (ids[0] if len(ids) == 1 else None) == token_number(word), word
