"""Which pictures are held out for validation, stored in the dataset: the same in every run, whatever its recipe."""

from danlu.composition.named import changed_pictures
from danlu.datasets.history import Contents
from danlu.datasets.manifest import PictureFacts
from danlu.datasets.pictures import Dataset
from danlu.datasets.split import held_out_by


def stored_names(dataset: Dataset) -> list[str]:
    """The image files whose pictures are held out."""
    return [one.file_name for one in dataset.files if one.held_out]


def choose_names(dataset: Dataset, *, count: int, seed: int) -> list[str]:
    """The image files of about `count` pictures and views, chosen by content: whole groups of near-duplicates.

    Raises `UserError` if nothing can be held out, or a picture can't be decoded.
    """
    chosen = held_out_by(dataset, count=count, seed=seed)
    return sorted({dataset.pictures[index].file_name for index in chosen})


def set_held_out(dataset: Dataset, names: list[str]) -> Contents:
    """What the manifest is to hold so that these image files, and no others, are held out."""
    facts = {
        one.name: PictureFacts(held_out=True if one.name in names else None)
        for one in dataset.files
        if one.held_out or one.name in names
    }
    return changed_pictures(dataset, facts)
