"""kohya's settings about pictures that don't go over one by one: which parts of them count, which are held out."""

from danlu.interop.kohya.facts.values import truth, whole
from danlu.interop.kohya.incoming.settings import OFF, Settings
from danlu.kit.language import Text


def take_masks(settings: Settings) -> None:
    """Masked loss and alpha masks. kohya takes a mask's folder before the transparency, and the folder only if the loss
    is masked.
    """
    folder = settings.take("conditioning_data_dir")
    masked, alpha = (
        settings.meaning(key, value, truth, False) if (value := settings.take(key)) is not None else False
        for key in ("masked_loss", "alpha_mask")
    )
    if masked and folder and folder not in OFF:
        settings.put("masked_loss", True, "dataset.masks.source", "files")
        settings.put("conditioning_data_dir", folder, "dataset.masks.folder", str(folder))
        if alpha:
            settings.drop("alpha_mask", True, Text("the masks' folder comes before it", "优先使用蒙版文件夹"))
        return
    if alpha:
        settings.put("alpha_mask", True, "dataset.masks.source", "alpha")
    elif masked:
        settings.drop(
            "masked_loss",
            True,
            Text(
                "it has no effect without conditioning_data_dir or alpha_mask",
                "没有 conditioning_data_dir 或 alpha_mask 时不起作用",
            ),
        )
    if folder:
        settings.drop(
            "conditioning_data_dir", folder, Text("it has no effect without masked_loss", "没有 masked_loss 时不起作用")
        )


def take_validation(settings: Settings) -> None:
    """The validation split. kohya's GUI saves the rest of it even if nothing is held out."""
    share = settings.number("validation_split")
    keys = ("validation_seed", "validate_every_n_epochs", "validate_every_n_steps")
    given = {key: value for key in keys if (value := settings.take(key)) is not None}
    if not share:
        for key, value in given.items():
            if value not in OFF:
                idle = Text("it has no effect without validation_split", "没有 validation_split 时不起作用")
                settings.drop(key, value, idle)
        return
    settings.put("validation_split", share, "validation.share", share)
    for key, value in given.items():
        found = settings.meaning(key, value, whole, 0)
        if key == "validation_seed":
            settings.put(key, value, "validation.seed", found)
        elif found:
            settings.put(key, value, "validation.every", f"{found} {key.removeprefix('validate_every_n_')}")
