"""The table of tags."""

from collections.abc import Callable

from danlu.datasets.pictures import Dataset
from danlu.editing.counts import count_tags
from danlu.editing.expressions import parse_expression

CAPTIONS = {
    "1_cat/a.png": "zq, red hair, smile, smile",
    "1_cat/b.png": "zq, Red_hair\nsmile ||| x",
    "2_dog/a.png": "red hair, A dog sits in a park, and it rains.",
    "2_dog/b.png": None,
}


def test_tags_are_counted_once_a_picture_and_across_spellings(make_dataset: Callable[..., Dataset]) -> None:
    dataset = make_dataset(CAPTIONS)
    table = count_tags(dataset, dataset.pictures)
    assert [(one.tag, one.pictures) for one in table.tags] == [("red hair", 3), ("smile", 2), ("zq", 2), ("x", 1)]
    assert table.tags[0].shares == {"cat": 1.0, "dog": 0.5}
    assert (table.pictures, table.without_caption, table.with_sentences) == (4, 1, 1)


def test_only_some_tags_of_some_pictures(make_dataset: Callable[..., Dataset]) -> None:
    dataset = make_dataset(CAPTIONS)
    table = count_tags(dataset, dataset.pictures[2:], parse_expression("*hair AND NOT x"))
    assert [(one.tag, one.pictures, one.shares) for one in table.tags] == [("red hair", 1, {"dog": 0.5})]
