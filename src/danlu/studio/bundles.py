"""A model as one zip to pass on to a friend: its adapter file, its card as a text in both languages, its pictures."""

import secrets
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile

from danlu.families.builds import tell_alone
from danlu.kit.language import Text
from danlu.studio.adapters import family_of, read_widths
from danlu.studio.cards import PICTURES, Card, read_card
from danlu.studio.licences import LICENCES

README = "README.txt"


def pack_model(name: str, folder: Path, aside: Path) -> Path:
    """Write the zip of a model's folder under `aside`; nothing is left there if that fails."""
    card = read_card(folder)
    aside.mkdir(parents=True, exist_ok=True)
    path = aside / f"{secrets.token_hex(8)}.zip"
    try:
        with ZipFile(path, "w", ZIP_STORED) as packed:
            packed.write(folder / card.file, card.file)
            packed.writestr(README, card_text(name, card, folder / card.file))
            for number, picture in enumerate(card.pictures, start=1):
                file = folder / PICTURES / picture.file
                packed.write(file, f"{PICTURES}/{number:02}{file.suffix}")
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path


def card_text(name: str, card: Card, file: Path) -> str:
    """What stands on the card, English then Chinese."""
    alone = read_widths(file).alone()
    words = ", ".join(card.triggers)
    loads = [one for one in ("A1111", "Forge") if card.facts.programs.get(one) != "refused"]
    prompt = ", ".join([f"<lora:{file.stem}:0.8>", *card.triggers])
    use = tell_alone(alone) if alone else Text(f"{', '.join(loads)}: {prompt}", f"{'、'.join(loads)}：{prompt}")
    lines = [
        (Text("Name", "名称"), Text(name, name)),
        (Text("File", "文件"), Text(card.file, card.file)),
        (Text("Trigger words", "触发词"), Text(words, words)),
        (Text("Use", "用法"), use if alone or loads else Text("", "")),
        *((Text("Note", "注意"), one) for one in card.facts.losses),
        (Text("Base model", "底模"), Text(*(family_of(file, card) or card.facts.base or "",) * 2)),
        (Text("Licence", "许可证"), LICENCES[card.licence].title),
        (Text("Licence text", "许可证内容"), Text(card.licence_text, card.licence_text)),
        (Text("About", "简介"), Text(card.description, card.description)),
        (Text("SHA-256", "SHA-256"), Text(card.sha256, card.sha256)),
    ]
    told = [(title, text) for title, text in lines if text.en]
    english = "\n".join(f"{title.en}: {text.en}" for title, text in told)
    return f"{english}\n\n" + "\n".join(f"{title.zh}：{text.zh}" for title, text in told) + "\n"
